"""A model in Ollama, which stays loaded: every request says keep_alive=-1.

Ollama forgets that wish with the first request that does not repeat it, and the next caller
would wait for the disk.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib.util import find_spec
from typing import Any

from inference.engines import chat
from inference.engines.base import (
    After,
    EngineChoice,
    EngineUnavailable,
    Knowledge,
    Utterance,
)

HOST = "http://127.0.0.1:11434"
FOR_EVER = -1
MAX_TOKENS = 300


def missing() -> str:
    if find_spec("ollama") is None:
        return "the ollama library is not installed here; run ./run setup"
    return ""


def load(choice: EngineChoice) -> "Ollama":
    if problem := missing():
        raise EngineUnavailable(problem)
    model = choice.option("model")
    if not model:
        raise EngineUnavailable("Ollama: name a model, one that `ollama list` shows")
    return Ollama(
        choice.option("host") or HOST,
        model,
        chat.temperature(choice.option("temperature")),
        chat.parallel(choice.option("parallel")),
    )


class Ollama:
    def __init__(self, host: str, model: str, temperature: float, parallel: int) -> None:
        import httpx

        self.slots = parallel
        self._tls = httpx.create_ssl_context()
        self._host = host
        self._model = model
        self._options = {"temperature": temperature, "num_predict": MAX_TOKENS}
        self._clients: chat.PerLoop[Any] = chat.PerLoop(self._new_client)

    def _new_client(self) -> Any:
        import httpx
        import ollama

        return ollama.AsyncClient(
            self._host,
            timeout=httpx.Timeout(chat.PIECE_SECONDS, connect=chat.CONNECT_SECONDS),
            transport=chat.bounded_transport(httpx, self._tls),
        )

    def warm(self) -> None:
        """Blocking. Loads the model into memory and has it say one word."""
        import httpx
        import ollama

        client: Any = ollama.Client(
            self._host, timeout=httpx.Timeout(chat.WARM_SECONDS, connect=chat.CONNECT_SECONDS),
            transport=httpx.HTTPTransport(),
        )  # fmt: skip
        try:
            client.chat(
                model=self._model,
                messages=[{"role": "user", "content": "Say yes."}],
                options={"num_predict": 1},
                keep_alive=FOR_EVER,
                think=False,
            )
        except ConnectionError:
            raise EngineUnavailable(
                f"Ollama does not answer at {self._host}; start it, or correct the address"
            ) from None
        except Exception as error:
            raise EngineUnavailable(
                f"Ollama at {self._host} cannot load {self._model!r} ({chat.trouble(error)});"
                f" try ./run manage models pull ollama {self._model}"
            ) from None
        finally:
            client.close()

    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncGenerator[str | After, None]:
        messages = chat.messages(history, knowledge)
        request = chat.Request("Ollama", lambda: self._pieces(messages), _is_lost)
        async with aclosing(chat.spoken(request, knowledge)) as parts:
            async for part in parts:
                yield part

    async def _pieces(self, messages: list[dict[str, str]]) -> AsyncGenerator[Any, None]:
        stream = await self._clients.get().chat(
            model=self._model,
            messages=messages,
            options=self._options,
            keep_alive=FOR_EVER,
            think=False,
            stream=True,
        )
        async with aclosing(stream):
            async for part in stream:
                if part.message.content:
                    yield part.message.content
                if part.message.tool_calls:
                    yield chat.TOOL_CALL


def _is_lost(error: Exception) -> bool:
    """The library turns refused connections into its own error, but not those of streams."""
    import httpx

    return isinstance(error, ConnectionError | httpx.NetworkError | httpx.RemoteProtocolError)
