"""What an Ollama server holds, and bringing it more.

Blocking, for a person at a terminal. A pull that breaks off is gone on with by the next one:
Ollama keeps what it has.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

ANSWER_SECONDS = 10.0
PROGRESS_SECONDS = 120.0  # between two signs of life; checking a large model's sum takes a while


class OllamaTrouble(Exception):
    """The text says what went wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    what: str  # in Ollama's words
    part: str = ""  # the digest of what is being fetched, or ""
    done_bytes: int = 0
    of_bytes: int = 0


def sizes(host: str) -> dict[str, int]:
    """Name and bytes of each model that is there. Raises OllamaTrouble."""
    with _client(host, ANSWER_SECONDS) as client:
        return {each.model: int(each.size or 0) for each in client.list().models if each.model}


def licence(host: str, name: str) -> str:
    """The first line of the model's licence, or "". Raises OllamaTrouble."""
    with _client(host, ANSWER_SECONDS) as client:
        text = client.show(name).license or ""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def pull(host: str, name: str) -> Generator[Progress]:
    """How it goes, until the model is there. Closing it stops the pull. Raises OllamaTrouble."""
    with _client(host, PROGRESS_SECONDS) as client:
        is_done = False
        for each in client.pull(name, stream=True):
            is_done = each.status == "success"
            yield Progress(
                each.status or "", each.digest or "", each.completed or 0, each.total or 0
            )
        if not is_done:
            raise OllamaTrouble(f"Ollama at {host} broke off; the same command goes on with it")


@contextmanager
def _client(host: str, seconds: float) -> Iterator[Any]:
    import httpx
    import ollama

    client: Any = ollama.Client(
        host,
        timeout=httpx.Timeout(seconds, connect=ANSWER_SECONDS),
        transport=httpx.HTTPTransport(),  # no proxy: it is our own server
    )
    try:
        yield client
    except ollama.ResponseError as error:
        raise OllamaTrouble(f"Ollama at {host} refused: {error.error}") from None
    except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout):
        raise OllamaTrouble(
            f"Ollama does not answer at {host}; start it, or correct the address"
        ) from None
    except httpx.TransportError as error:
        raise OllamaTrouble(
            f"Ollama at {host} broke off ({type(error).__name__}); the same command goes on with it"
        ) from None
    except ValueError:  # what it sent is not what Ollama sends
        raise OllamaTrouble(f"what answers at {host} is not Ollama") from None
    finally:
        client.close()
