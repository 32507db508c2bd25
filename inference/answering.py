"""Having a reply written: by the model or, where it fails before its first word, by the next."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from inference.choices import Choices
from inference.engines.base import After, EngineFailed, Knowledge, LanguageModel, Utterance
from inference.journal import Stage

log = logging.getLogger(__name__)

FIRST_WORD_DEADLINE_S = 1.5  # for a model with a next one, which can be heard before 3 s are over


class Answering:
    """One call's models."""

    def __init__(self, models: Choices[LanguageModel]) -> None:
        self.models = models

    async def written(
        self,
        told: tuple[Utterance, ...],
        knowledge: Knowledge,
        is_waited_for: Callable[[], bool],
        stood_in: set[Stage],
    ) -> AsyncGenerator[str | After, None]:
        """The pieces of the reply. Raises what the last model raised.

        A reply that nobody waits for when its model fails is given up: it was begun ahead.
        `stood_in` is told when another than the first choice writes.
        """
        *before, last = self.models.in_order()
        for model in before:
            has_begun = False
            tried = self._tried(model, told, knowledge, is_waited_for)
            async with aclosing(tried) as pieces:
                async for piece in pieces:
                    if not has_begun:
                        has_begun = True
                        self._note(model, stood_in)
                    yield piece
            if has_begun:
                return
        self._note(last, stood_in)
        reply = last.reply(told, knowledge)
        async with aclosing(reply) as pieces:  # type: ignore[type-var]  # closes the server's work
            async for piece in pieces:
                yield piece

    async def _tried(
        self,
        model: LanguageModel,
        told: tuple[Utterance, ...],
        knowledge: Knowledge,
        is_waited_for: Callable[[], bool],
    ) -> AsyncGenerator[str | After, None]:
        """The pieces of the reply; none where the next model shall write it."""
        reply, has_begun = model.reply(told, knowledge), False
        try:
            async with aclosing(reply) as pieces:  # type: ignore[type-var]
                async with asyncio.timeout(FIRST_WORD_DEADLINE_S):
                    begun = await _first_words(pieces)
                has_begun = True
                self.models.worked(model)
                for piece in begun:
                    yield piece
                async for piece in pieces:
                    yield piece
        except Exception as error:
            if not is_waited_for():
                raise
            self.models.failed(model)
            if has_begun:
                raise
            log.warning("a model failed (%s), the next one answers", type(error).__name__)

    def _note(self, model: LanguageModel, stood_in: set[Stage]) -> None:
        if self.models.stands_in(model):
            stood_in.add("llm")


async def _first_words(pieces: AsyncIterator[str | After]) -> list[str | After]:
    begun: list[str | After] = []
    async for piece in pieces:
        begun.append(piece)
        if isinstance(piece, After) or any(map(str.isalnum, piece)):
            return begun
    raise EngineFailed("the model wrote no word")
