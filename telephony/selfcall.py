"""One real call to ourselves: dial, ask aloud, listen, hang up, and judge what came of it.

The caller is a telephone like any other, outside Asterisk. What it heard is compared with what
the agent's voice makes of the right words, so a wrong answer does not pass for a right one, and
the rows in the database are read through the same door as everybody's.
"""

import asyncio
import io
import re
import secrets
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from channels.db import database_sync_to_async
from django.conf import settings

from agents.demo import NUMBER
from agents.spec import AgentSpec
from agents.specs import NumberNotInService, spec_for
from inference.audio import resample
from inference.engines import registry
from inference.engines.base import SAMPLE_HZ, EngineChoice, EngineUnavailable, VoiceChoice
from inference.engines.questions import Questions
from inference.phrases import pieces
from inference.sentences import pieces_of
from inference.wording.spoken import spoken_form
from records import access
from records.models import Call, Recording, Turn
from telephony import asterisk, human_voice
from telephony.likeness import likeness
from telephony.phone import CallEnded, CallRefused, NoAnswer, NothingHeard, Phone, PhoneCall

QUESTION = "hours today"  # a question of the demo clinic that the prompts can ask
PROMPTS = ("hours", "digits/today")
READER = "self-call"

HEARD = 0.8  # share of the expected audio; another answer's is below 0.1
REPEATABLE = ("espeak",)  # voices that say the same words the same way every time
GREETING_S = 40.0
ANSWER_S = 20.0
QUIET_MS = 900  # longer than the pause between two sentences
ROWS_S = 30.0
LOOK_EVERY_S = 0.2

Tell = Callable[[str], None]


class SelfCallImpossible(Exception):
    """There is nothing to call or nothing to say. The text says why and the way out."""


@dataclass(slots=True)
class SelfCallResult:
    """What the caller heard and what was kept. Shares are 0 to 1; None was not reached."""

    call_id: UUID | None = None
    answered_ms: int | None = None
    greeting_heard: float | None = None
    answer_heard: float | None = None  # None too where the voice never says it twice the same
    response_gap_ms: int | None = None  # last speech sent to first reply received
    turns: int = 0
    recording_ms: int | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.problems

    def verdict(self) -> str:
        """One line with the figures."""
        if not self.passed:
            return f"FAILED: {'; '.join(self.problems)}"
        parts = [f"answered after {self.answered_ms} ms", _heard("greeting", self.greeting_heard)]
        parts += [_heard("right answer", self.answer_heard)]
        parts += [f"response gap {self.response_gap_ms} ms", f"{self.turns} turns kept"]
        if self.recording_ms is not None:
            parts.append(f"{self.recording_ms / 1000:.1f} s recorded")
        return f"PASSED: {', '.join(parts)}"


def _heard(what: str, share: float | None) -> str:
    return f"{what} given" if share is None else f"{what} heard ({share:.0%})"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the call should bring, and what it should sound like where that can be known."""

    greeting: str
    answer: str  # "" where only the agent can know
    greeting_audio: bytes | None
    answer_audio: bytes | None
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class Question:
    text: str  # as the agent's list of questions would have it
    pcm: bytes  # 16 kHz


def human_question() -> Question | None:
    """The demo's question in a human voice, where Asterisk's prompts are at hand."""
    if not human_voice.has(PROMPTS):
        return None
    return Question(QUESTION, human_voice.speak(*PROMPTS))


def spoken_question(text: str) -> Question:
    """Any question in the synthetic voice. Raises SelfCallImpossible."""
    choice = EngineChoice("espeak")
    if problem := registry.missing("tts", choice.key):
        raise SelfCallImpossible(f"nothing to ask with: {problem}")
    return Question(text, _voiced([text], VoiceChoice(choice)))


def _default_question() -> Question:
    return human_question() or spoken_question("what are your opening hours")


async def place(
    *,
    number: str = NUMBER,
    question: Question | None = None,
    codec: str = "g722",
    tell: Tell = lambda _: None,
) -> SelfCallResult:
    """Call the number, ask, and judge. Raises SelfCallImpossible before anything was dialled."""
    if question is None:
        question = await asyncio.to_thread(_default_question)
    expected = await _expectations(number, question)
    result = SelfCallResult()
    caller = f"selfcall{secrets.token_hex(4)}"  # the row of this call is found by it
    watching = asyncio.create_task(_tell_turns(caller, tell))
    try:
        heard, asked_ms = await _talk(number, caller, question, codec, result, tell)
        if heard is not None:
            await asyncio.to_thread(_judge_heard, result, expected, heard, asked_ms)
        await _judge_rows(caller, result, expected, question)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return result


# --- what should come of it -----------------------------------------------------------


async def _expectations(number: str, question: Question) -> Expected:
    try:
        spec = await database_sync_to_async(spec_for)(number)
    except NumberNotInService as error:
        raise SelfCallImpossible(str(error)) from error
    return await asyncio.to_thread(_expected, spec, question)


def _expected(spec: AgentSpec, question: Question) -> Expected:
    answer = ""
    if spec.language_model.key == "questions":
        knowledge = spec.script.knowledge
        entry = Questions().find(question.text, knowledge)
        answer = entry.answer if entry else knowledge.fallback_sentence
    greeting_audio = answer_audio = None
    if spec.voice.engine.key in REPEATABLE:
        script, names = spec.script, spec.script.pronunciations
        greeting_audio = _voiced(pieces(script.greeting), spec.voice, names)
        answer_audio = _voiced(pieces_of(answer, script.language), spec.voice, names) or None
    return Expected(spec.script.greeting, answer, greeting_audio, answer_audio, spec.record_audio)


def _voiced(
    pieces: Sequence[str],
    voice: VoiceChoice,
    pronunciations: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """As the conversation cuts and speaks them: a voice sounds different at every cut."""
    try:
        synthesizer = registry.load("tts", voice.engine)
    except EngineUnavailable as error:
        raise SelfCallImpossible(str(error)) from error
    said = (spoken_form(piece, voice.language, pronunciations) for piece in pieces)
    return b"".join(
        resample(b"".join(synthesizer.synthesize(words, voice)), synthesizer.hz, SAMPLE_HZ)
        for words in said
    )


# --- the call -------------------------------------------------------------------------


async def _talk(
    number: str, caller: str, question: Question, codec: str, result: SelfCallResult, tell: Tell
) -> tuple[bytes | None, int]:
    """What was heard, and where in it the question ended, in ms."""
    host = asterisk.from_here(settings.SIP_HOST)
    host = "127.0.0.1" if host == "localhost" else host
    async with Phone(host, user=caller) as phone:
        tell(f"Dialling {number} ...")
        try:
            call = await phone.dial(f"sip:{number}@{host}:{settings.SIP_PORT}", codec=codec)
        except (CallRefused, NoAnswer) as error:
            result.problems.append(str(error))
            return None, 0
        result.answered_ms = round((call.answered_ms or 0) - call.dialled_ms)
        tell(f"Answered after {result.answered_ms} ms.")
        asked_ms = 0
        try:
            asked_ms = await _ask(call, question, result)
        except NothingHeard as error:
            where = "to the question" if asked_ms else "as a greeting"
            result.problems.append(f"{where}: {error}")
        except CallEnded as error:
            result.problems.append(f"the agent hung up: {error}")
        await call.hang_up()
        return call.heard(), asked_ms


async def _ask(call: PhoneCall, question: Question, result: SelfCallResult) -> int:
    await call.wait_quiet(QUIET_MS, GREETING_S)
    spoken = await call.say(question.pcm)
    ended_ms = spoken.speech_ended_ms
    first_ms = await call.wait_loud(ended_ms, ANSWER_S)
    result.response_gap_ms = round(first_ms - ended_ms)
    await call.wait_quiet(QUIET_MS, GREETING_S, after_ms=ended_ms)
    return round(ended_ms - call.opened_ms)


def _judge_heard(result: SelfCallResult, expected: Expected, heard: bytes, asked_ms: int) -> None:
    at = asked_ms * SAMPLE_HZ // 1000 * 2
    for what, audio, part in (
        ("greeting", expected.greeting_audio, heard[:at] or heard),
        ("answer", expected.answer_audio, heard[at:] if at else b""),
    ):
        if audio is None:
            continue
        share = likeness(part, audio).share
        setattr(result, f"{what}_heard", share)
        if share < HEARD:
            result.problems.append(f"the right {what} was not heard ({share:.0%} of it)")


# --- what was kept --------------------------------------------------------------------


async def _tell_turns(caller: str, tell: Tell) -> None:
    """Each turn once, when all of it has been heard. Until cancelled."""
    told: set[int] = set()
    while True:
        call = await database_sync_to_async(_find)(caller)
        if call is not None:
            for turn in await database_sync_to_async(_turns)(call):
                if turn.index not in told and turn.text:
                    told.add(turn.index)
                    tell(f"  {turn.get_speaker_display() + ':':8}{turn.text}")
        await asyncio.sleep(LOOK_EVERY_S)


def _find(caller: str) -> Call | None:
    return Call.objects.filter(caller=caller).first()


def _turns(call: Call) -> tuple[Turn, ...]:
    return access.open_transcript(call, READER).turns


async def _judge_rows(
    caller: str, result: SelfCallResult, expected: Expected, question: Question
) -> None:
    call = await database_sync_to_async(_finished)(caller)
    if call is None:
        result.problems.append("no call was recorded in the database")
        return
    result.call_id = call.pk
    await database_sync_to_async(_judge_call)(call, result, expected, question)


def _finished(caller: str) -> Call | None:
    """The call's row, once it is complete or there is no more hope. Blocking."""
    give_up = time.monotonic() + ROWS_S
    while True:
        call = _find(caller)
        if (call and call.finished_at) or time.monotonic() > give_up:
            return call
        if call is None and time.monotonic() > give_up - ROWS_S + 3:
            return None
        time.sleep(LOOK_EVERY_S)


def _judge_call(call: Call, result: SelfCallResult, expected: Expected, question: Question) -> None:
    problems = result.problems
    if call.ended_at is None:
        problems.append("the call's row was never closed")
    elif call.finished_at is None:
        problems.append("the call was not finished; is the worker running? (manage.py rqworker)")
    turns = _turns(call)
    result.turns = len(turns)
    said = [(turn.speaker, _words(turn.text)) for turn in turns]
    if (Turn.Speaker.AGENT, _words(expected.greeting)) not in said:
        problems.append("the transcript lacks the greeting")
    if not any(speaker == Turn.Speaker.CALLER and words for speaker, words in said):
        problems.append("the transcript lacks the question")
    answers = [words for speaker, words in said[1:] if speaker == Turn.Speaker.AGENT]
    if expected.answer and _words(expected.answer) not in answers:
        problems.append("the transcript lacks the right answer")
    if not any(answers):
        problems.append("the transcript has no answer")
    if expected.is_recorded:
        _judge_recording(call, result, expected, question)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _judge_recording(
    call: Call, result: SelfCallResult, expected: Expected, question: Question
) -> None:
    """The recording must hold the question on the left and the answer on the right."""
    try:
        recording = access.open_recording(call, READER)
    except access.NothingRecorded as error:
        result.problems.append(f"recording: {error}")
        return
    row = Recording.objects.get(call=call)
    result.recording_ms = row.duration_ms
    left, right = _sides(recording.read(0, recording.size_bytes))
    if likeness(left, question.pcm).share < HEARD:
        result.problems.append("the recording lacks the question")
    if expected.answer_audio and likeness(right, expected.answer_audio).share < HEARD:
        result.problems.append("the recording lacks the right answer")


def _sides(wav: bytes) -> tuple[bytes, bytes]:
    """Caller and agent of a stereo recording."""
    with wave.open(io.BytesIO(wav)) as file:
        stereo = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return stereo[:, 0].tobytes(), stereo[:, 1].tobytes()
