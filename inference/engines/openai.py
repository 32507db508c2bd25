"""A model behind any server that speaks OpenAI's chat completions: vLLM, llama.cpp, LM Studio…

"OpenAI" is the name of the protocol here. Nothing leaves the machine unless the address does.
"""

import logging
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

MAX_TOKENS = 300
_NO_KEY = "none"  # the library wants one, most own servers do not


def missing() -> str:
    if find_spec("openai") is None:
        return "the openai library is not installed here; run ./run setup"
    return ""


def load(choice: EngineChoice) -> "OpenAi":
    if problem := missing():
        raise EngineUnavailable(problem)
    logging.getLogger("openai").setLevel(logging.WARNING)  # below this it tells what was said
    base_url, model = choice.option("base_url"), choice.option("model")
    if not base_url.startswith(("http://", "https://")):
        raise EngineUnavailable(
            "OpenAI-compatible server: give its address, such as http://127.0.0.1:8080/v1"
        )
    if not model:
        raise EngineUnavailable("OpenAI-compatible server: name a model that it serves")
    return OpenAi(
        base_url,
        model,
        choice.option("api_key") or _NO_KEY,
        chat.temperature(choice.option("temperature")),
        chat.parallel(choice.option("parallel")),
    )


class OpenAi:
    def __init__(
        self, base_url: str, model: str, api_key: str, temperature: float, parallel: int
    ) -> None:
        import httpx2

        self.slots = parallel
        self._tls = httpx2.create_ssl_context()
        self._base_url = base_url
        self._model = model
        self._api_key = api_key
        self._temperature = temperature
        self._clients: chat.PerLoop[Any] = chat.PerLoop(self._new_client)

    def _new_client(self) -> Any:
        import httpx2
        import openai

        timeout = httpx2.Timeout(chat.PIECE_SECONDS, connect=chat.CONNECT_SECONDS)
        return openai.AsyncOpenAI(
            base_url=self._base_url,
            api_key=self._api_key,
            timeout=timeout,
            max_retries=0,  # the library pauses in between, and asks where there is no hope
            http_client=httpx2.AsyncClient(
                timeout=timeout, transport=chat.bounded_transport(httpx2, self._tls)
            ),
        )

    def warm(self) -> None:
        """Blocking. Has the model say one word."""
        import httpx2
        import openai

        timeout = httpx2.Timeout(chat.WARM_SECONDS, connect=chat.CONNECT_SECONDS)
        with openai.OpenAI(
            base_url=self._base_url,
            api_key=self._api_key,
            timeout=timeout,
            max_retries=0,
            http_client=httpx2.Client(timeout=timeout, transport=httpx2.HTTPTransport()),
        ) as client:
            try:
                client.chat.completions.create(
                    model=self._model,
                    messages=[{"role": "user", "content": "Say yes."}],
                    max_tokens=1,
                )
            except openai.APIConnectionError:
                raise EngineUnavailable(
                    f"no server answers at {self._base_url}; start it, or correct the address"
                ) from None
            except Exception as error:
                raise EngineUnavailable(
                    f"the server at {self._base_url} does not serve {self._model!r}"
                    f" ({chat.trouble(error)}); look at its list of models and its log"
                ) from None

    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncGenerator[str | After, None]:
        messages = chat.messages(history, knowledge)
        request = chat.Request("the model server", lambda: self._pieces(messages), _is_lost)
        async with aclosing(chat.spoken(request, knowledge)) as parts:
            async for part in parts:
                yield part

    async def _pieces(self, messages: list[dict[str, str]]) -> AsyncGenerator[Any, None]:
        stream = await self._clients.get().chat.completions.create(
            model=self._model,
            messages=messages,
            max_tokens=MAX_TOKENS,
            temperature=self._temperature,
            stream=True,
        )
        async with stream:
            async for chunk in stream:
                delta = chunk.choices[0].delta if chunk.choices else None
                if delta and delta.content:
                    yield delta.content
                if delta and delta.tool_calls:
                    yield chat.TOOL_CALL


def _is_lost(error: Exception) -> bool:
    """The library turns trouble with connections into its own error, but not within streams."""
    import httpx2
    import openai

    if isinstance(error, openai.APITimeoutError):  # which counts as a connection's error
        return False
    return isinstance(
        error, openai.APIConnectionError | httpx2.NetworkError | httpx2.RemoteProtocolError
    )
