"""The recogniser in processes of its own: what goes wrong there ends one turn, not the server."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from select import select

import pytest

from inference.engines import pocketsphinx_process, registry
from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Entry,
    Knowledge,
)
from inference.engines.pocketsphinx_process import PocketSphinxProcesses
from telephony import human_voice

SAID = {
    "vm-msgsaved": "your message has been saved",
    "conf-getpin": "please enter the conference pin number",
    "number-not-answering": "the number is not answering",
}
ASKED = Knowledge("en", entries=tuple(Entry((said,), name) for name, said in SAID.items()))
DEADLINE_S = 10


@pytest.fixture
def engine():
    engine = PocketSphinxProcesses(1)
    engine.prepare(ASKED)
    return engine


def pid_of(engine: PocketSphinxProcesses) -> int:
    process = engine._take()
    engine._idle.put(process)
    return process._process.pid


@contextmanager
def its_end(pid: int) -> Iterator[None]:
    """Waits, after what is done inside, for the process to be over."""
    process = os.pidfd_open(pid)
    try:
        yield
        assert select([process], [], [], DEADLINE_S)[0]
    finally:
        os.close(process)


def test_the_registry_keeps_the_library_out_of_the_media_process():
    assert isinstance(registry.load("stt", EngineChoice("pocketsphinx")), PocketSphinxProcesses)


def test_a_person_is_understood_through_the_process(engine):
    assert engine.transcribe(human_voice.speak("vm-msgsaved"), ASKED).text == SAID["vm-msgsaved"]


def test_a_process_that_died_fails_one_turn_and_is_started_again(engine):
    os.kill(pid_of(engine), signal.SIGKILL)
    with pytest.raises(EngineFailed, match="died"):
        engine.transcribe(human_voice.speak("vm-msgsaved"), ASKED)
    assert engine.transcribe(human_voice.speak("vm-msgsaved"), ASKED).text == SAID["vm-msgsaved"]


def test_a_process_that_hangs_is_given_up_and_replaced(engine, monkeypatch):
    monkeypatch.setattr(pocketsphinx_process, "ANSWER_S", 0.2)
    frozen = pid_of(engine)
    os.kill(frozen, signal.SIGSTOP)
    with its_end(frozen), pytest.raises(EngineFailed, match="did not answer"):
        engine.transcribe(human_voice.speak("vm-msgsaved"), ASKED)
    monkeypatch.undo()
    assert engine.transcribe(human_voice.speak("vm-msgsaved"), ASKED).text == SAID["vm-msgsaved"]


def test_no_process_is_left_when_the_engine_is_dropped():
    engine = PocketSphinxProcesses(1)
    engine.prepare(ASKED)
    with its_end(pid_of(engine)):
        del engine


def test_a_language_it_does_not_know_is_refused_with_the_way_out(engine):
    with pytest.raises(EngineUnavailable, match="choose faster-whisper"):
        engine.transcribe(bytes(32_000), Knowledge("de"))


def test_calls_at_once_understand_as_one_does():
    engine = PocketSphinxProcesses(2)
    names = list(SAID) * 2  # more callers than processes: they wait their turn
    spoken = {name: human_voice.speak(name) for name in SAID}
    with ThreadPoolExecutor(len(names)) as callers:
        texts = callers.map(lambda name: engine.transcribe(spoken[name], ASKED).text, names)
        assert list(texts) == [SAID[name] for name in names]


def test_a_caller_who_finds_every_process_busy_gives_up_at_the_deadline(engine, monkeypatch):
    monkeypatch.setattr(pocketsphinx_process, "WAIT_S", 0.05)
    busy = engine._take()
    with pytest.raises(EngineFailed, match="free"):
        engine.transcribe(bytes(6400), ASKED)
    engine._idle.put(busy)
    assert engine.transcribe(bytes(6400), ASKED).text == ""
