"""Which engines a call gets, and which begin it where a first choice cannot be loaded.

Engines are loaded once a process, by whoever comes first, and that may take minutes. Where
there is another one a call does not wait for that: it begins with the other, and the loading
goes on for later calls. What could not be loaded is tried again by the next call.
"""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from agents.spec import AgentSpec
from inference.conversation import Engines
from inference.engines import registry
from inference.engines.base import EngineChoice, EngineUnavailable, TurnEnd, VoiceChoice
from inference.journal import Stage
from inference.phrases import SilentVoice
from inference.voicing import Voice
from telephony import phrasebook

log = logging.getLogger(__name__)

BACKUP_VOICE = EngineChoice("espeak")
LOAD_DEADLINE_S = 2.0  # telephony/live.py gives all engines together 3 s


def load_engines(spec: AgentSpec) -> Engines:
    """Blocking. Raises EngineUnavailable.

    That it does, too, where no voice can speak and the number has a person who can.
    """
    begun = _Begun(spec)
    transcriber, second_transcriber = begun.both("stt", spec.transcriber, spec.second_transcriber)
    model, second_model = begun.both("llm", spec.language_model, spec.second_language_model)
    voice, *others = (_voice(begun, choice, stand_in) for choice, stand_in in _voices(spec))
    languages = (other.language for other in spec.script.others)
    engines = Engines(
        vad=registry.load("vad", spec.vad).stream(),
        transcriber=transcriber,
        model=model,
        voice=voice,
        backup_voice=_backup_voice(spec),
        turn_end=_turn_end(spec.turn_end),
        voices=dict(zip(languages, others, strict=True)),
        second_transcriber=second_transcriber,
        second_model=second_model,
        gone=frozenset(begun.gone),
    )
    if spec.has_human and _is_mute(engines):
        raise EngineUnavailable("no voice can be loaded, and the number has a person who can talk")
    phrasebook.maker().make(spec, engines)
    return engines


def hurried(spec: AgentSpec) -> Iterator[tuple[Stage, EngineChoice]]:
    """What a call waits for LOAD_DEADLINE_S at most: something else can do its work."""
    if spec.second_transcriber:
        yield "stt", spec.transcriber
        yield "stt", spec.second_transcriber
    if spec.second_language_model:
        yield "llm", spec.language_model
        yield "llm", spec.second_language_model
    for voice, stand_in in _voices(spec):
        if stand_in:
            yield "tts", stand_in.engine
        if stand_in or _has_backup(spec):
            yield "tts", voice.engine


class _Begun:
    """Engines on their way, each in a thread that no stopping process waits for.

    `gone`: stages whose first choice could not be loaded in time.
    """

    def __init__(self, spec: AgentSpec) -> None:
        self.gone: set[Stage] = set()
        self._by_s = time.monotonic() + LOAD_DEADLINE_S
        self._engines = {each: _in_thread(*each) for each in hurried(spec)}

    def both(self, kind: Stage, first: EngineChoice, second: EngineChoice | None) -> Any:
        """The engine to begin with, and the one to go on with when it fails, or None."""
        if second is None:
            return registry.load(kind, first), None
        engines = [self._unless_missing(kind, choice) for choice in (first, second)]
        able = [engine for engine in engines if engine is not None]
        if not able:
            raise EngineUnavailable(f"neither {kind} engine can be loaded; the log says why")
        if engines[0] is None:
            self.gone.add(kind)
        return able[0], able[1] if len(able) > 1 else None

    def voice(self, choice: VoiceChoice) -> Voice | None:
        engine = self._unless_missing("tts", choice.engine)
        return Voice(engine, choice) if engine is not None else None

    def _unless_missing(self, kind: Stage, choice: EngineChoice) -> Any | None:
        try:
            return self._engine(kind, choice)
        except Exception as error:  # its text names files and models, nothing of a call
            why = str(error) or type(error).__name__
            log.error("%s engine %s cannot be loaded: %s", kind, choice.key, why)
            return None

    def _engine(self, kind: Stage, choice: EngineChoice) -> Any:
        loading = self._engines.get((kind, choice))
        if loading is None:
            return registry.load(kind, choice)
        try:
            return loading.result(max(0.0, self._by_s - time.monotonic()))
        except TimeoutError:
            raise EngineUnavailable("it is still being loaded") from None


def _in_thread(kind: Stage, choice: EngineChoice) -> Future[Any]:
    loading: Future[Any] = Future()

    def load() -> None:
        try:
            loading.set_result(registry.load(kind, choice))
        except BaseException as error:
            loading.set_exception(error)

    threading.Thread(target=load, name=f"load {choice.key}", daemon=True).start()
    return loading


def _voices(spec: AgentSpec) -> Iterator[tuple[VoiceChoice, VoiceChoice | None]]:
    return zip((spec.voice, *spec.voices), spec.stand_ins, strict=True)


def _voice(begun: _Begun, choice: VoiceChoice, stand_in: VoiceChoice | None) -> Voice:
    """Without its engine it is silent: what was made before is still said."""
    other = begun.voice(stand_in) if stand_in else None
    loaded = begun.voice(choice) or Voice(SilentVoice(), choice)
    return Voice(loaded.synthesizer, choice, other)


def _is_mute(engines: Engines) -> bool:
    voice = engines.voice
    can_speak = voice.stand_in or engines.backup_voice
    return isinstance(voice.synthesizer, SilentVoice) and not can_speak


def _turn_end(choice: EngineChoice | None) -> TurnEnd | None:
    """A hint: without it, words and silence decide."""
    if choice is None:
        return None
    try:
        return registry.load("turn", choice)
    except EngineUnavailable as error:
        log.error("turns end by words and silence alone: %s", error)
        return None


def _has_backup(spec: AgentSpec) -> bool:
    return spec.voice.engine.key != BACKUP_VOICE.key and not registry.missing(
        "tts", BACKUP_VOICE.key
    )


def _backup_voice(spec: AgentSpec) -> Voice | None:
    if not _has_backup(spec):
        return None
    choice = VoiceChoice(BACKUP_VOICE, language=spec.voice.language)
    return Voice(registry.load("tts", BACKUP_VOICE), choice)
