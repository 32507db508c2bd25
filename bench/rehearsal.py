"""A call with our own conversation, line and playout, in time that is turned by hand.

Only the ends are stood in for: Asterisk plays a frame of ours each 20 ms, the recogniser gives
the words that were spoken by then after its cost, the voice says one sentence. Nothing sleeps,
so a call of ten seconds takes a tenth of that, and always goes the same way.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.acoustics import hiss
from bench.sounds import LINE_DB, Echo, OverEcho, Sound, agents_voice
from inference.ahead import Ahead
from inference.conversation import Conversation, Engines
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_HZ,
    After,
    EngineChoice,
    Knowledge,
    Transcript,
    Utterance,
    VoiceActivity,
    VoiceChoice,
)
from inference.journal import Speaker, TurnRecord
from inference.phrases import Phrases
from inference.script import Script
from inference.turns.machine import State
from inference.turns.tuning import Tuning
from inference.voicing import Voice
from telephony.line import MediaLine
from telephony.media import FlushMedia, Format, encode
from telephony.playout import Playout
from tests.inference.by_hand import HandLoop

SENTENCE = (
    "We are open from Monday to Friday, from eight in the morning until six in the evening,"
    " and on Saturday until noon, but never on a holiday."
)
ANSWER = "Certainly."
STEP_MS = 10
COST_MS = 170  # of a decode
SOUND_AT_MS = 1_500  # into the sentence
AFTER_MS = 3_000
LEAST_GAP_MS = 40  # without a frame of ours: we were silent
_FLUSH = encode(FlushMedia(), Format.JSON)


@dataclass
class Outcome:
    """What became of the sentence. Times in ms; mutes from the sound's beginning."""

    sound: Sound | Echo | OverEcho
    mutes: list[tuple[int, int]] = field(default_factory=list)  # when, and for how long
    is_stopped: bool = False  # for good
    words: tuple[str, ...] = ()  # the caller's turns, as kept
    has_floor: bool = False  # the caller, in the end, or the answer to what the caller said

    @property
    def muted_ms(self) -> int | None:
        return self.mutes[0][0] if self.mutes else None


class Rehearsal:
    def __init__(self, sound: Sound | Echo | OverEcho, vad: VoiceActivity, tuning: Tuning) -> None:
        self._sound = sound
        self._loop = HandLoop()
        self._queue: deque[bytes] = deque()  # Asterisk's
        self._flushed_ms: list[int] = []
        self._played_ms: list[int] = []  # the frames of ours that were heard
        self._records: dict[int, TurnRecord] = {}
        asyncio.set_event_loop(self._loop)
        playout = Playout(FRAME_BYTES, FRAME_MS)
        self._line = self._loop.run_until_complete(self._open(playout))
        voice = Voice(_Voice(), VoiceChoice(EngineChoice("one sentence")))
        self._conversation = Conversation(
            _script(tuning),
            Engines(vad, _Recogniser(self._words_by_now), _Model(), voice),
            self._line,
            self,
            self._now_ms,
            _Threads(self._loop),
            Phrases(Path("/nonexistent")),
            Ahead(self._now_ms),
        )
        self._line.on_heard = self._conversation.played

    async def _open(self, playout: Playout) -> MediaLine:
        return MediaLine(self._send, playout, self._now_ms, Format.JSON, None)

    def _now_ms(self) -> int:
        return self._loop.now_ms

    def turn(self, record: TurnRecord) -> None:
        """The journal."""
        self._records[record.index] = record

    def run(self) -> Outcome:
        pump = self._loop.create_task(self._line.pump())
        self._loop.call_soon(self._conversation.start)
        while not self._played_ms:
            self._frame(hiss(FRAME_MS, LINE_DB))
        audio = self._sound.over(agents_voice(SENTENCE), SOUND_AT_MS)
        audio += hiss(AFTER_MS, LINE_DB)
        for start in range(0, len(audio) - FRAME_BYTES, FRAME_BYTES):
            self._frame(audio[start : start + FRAME_BYTES])
        outcome = self._outcome()
        self._line.on_heard = None
        pump.cancel()
        self._loop.run_until_complete(self._conversation.close())
        self._loop.settle()
        self._loop.close()
        return outcome

    def _frame(self, from_caller: bytes) -> None:
        for _ in range(0, FRAME_MS, STEP_MS):
            self._loop.now_ms += STEP_MS
            self._loop.settle()
        if self._queue:
            self._queue.popleft()
            self._played_ms.append(self._now_ms())
        self._loop.call_soon(self._conversation.hear, from_caller)
        self._loop.settle()

    async def _send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            whole = range(0, len(message), FRAME_BYTES)
            self._queue.extend(message[at : at + FRAME_BYTES] for at in whole)
        elif message == _FLUSH:
            self._queue.clear()
            self._flushed_ms.append(self._now_ms())

    # What is to be seen

    @property
    def _sound_at_ms(self) -> int:
        return self._played_ms[0] + (0 if isinstance(self._sound, Echo) else SOUND_AT_MS)

    def _words_by_now(self) -> str:
        return self._sound.words_at(self._now_ms() - self._sound_at_ms)

    def _outcome(self) -> Outcome:
        records = [self._records[index] for index in sorted(self._records)]
        ours = next(record for record in records if record.speaker is Speaker.AGENT)
        said = tuple(record.text for record in records if record.speaker is Speaker.CALLER)
        state = self._conversation.machine.state
        is_stopped = bool(ours.unheard_text)
        return Outcome(
            self._sound,
            list(self._gaps()),
            is_stopped,
            said,
            has_floor=is_stopped and (any(said) or state is State.LISTENING),
        )

    def _gaps(self) -> Iterator[tuple[int, int]]:
        """From a flush on to the next frame of ours; the caller's own turn has no end."""
        for at_ms in self._flushed_ms:
            again_ms = next((ms for ms in self._played_ms if ms > at_ms), at_ms)
            if again_ms - at_ms >= LEAST_GAP_MS or again_ms == at_ms:
                yield at_ms - self._sound_at_ms, again_ms - at_ms


def _script(tuning: Tuning) -> Script:
    own = (ANSWER, ANSWER)
    return Script(SENTENCE, Knowledge("en"), own, *(ANSWER,) * 4, tuning=tuning)


class _Threads(Executor):
    """Each job is done at once, and known after COST_MS."""

    def __init__(self, loop: HandLoop) -> None:
        self._loop = loop

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        result = fn(*args, **kwargs)
        self._loop.call_later(COST_MS / 1000, self._finish, future, result)
        return future

    @staticmethod
    def _finish(future: Future[Any], result: object) -> None:
        if not future.done():
            future.set_result(result)


class _Recogniser:
    def __init__(self, words: Callable[[], str]) -> None:
        self._words = words

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        return Transcript(self._words())


class _Model:
    async def reply(
        self,
        history: tuple[Utterance, ...],
        knowledge: Knowledge,
    ) -> AsyncIterator[str | After]:
        yield ANSWER


class _Voice:
    hz = SAMPLE_HZ

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        yield agents_voice(text)
