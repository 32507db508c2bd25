"""Engines in processes of their own: how jobs reach them, and what becomes of trouble."""

import asyncio
import os
import signal
import sys
from contextlib import aclosing, contextmanager
from pathlib import Path
from select import select

import pytest

from inference.engines.base import EngineFailed, EngineUnavailable, VoiceChoice
from inference.host import memory, pool, wire
from inference.host.engine_process import Deadlines, EngineProcess
from inference.host.memory import Memory
from inference.host.stages import EngineBusy
from tests.inference.host.scripted import DEADLINE_S, audio_of, house

pytestmark = pytest.mark.asyncio


@contextmanager
def its_end(pid):
    """Waits, after what is done inside, for the process to be over."""
    process = os.pidfd_open(pid)
    try:
        yield
        assert select([process], [], [], DEADLINE_S)[0]
    finally:
        os.close(process)


async def test_an_engine_is_loaded_once_and_says_what_it_can(tmp_path):
    async with house(tmp_path) as it:
        choice = it.choice("parrot")
        first, second = await asyncio.gather(
            it.stages.load("tts", choice), it.stages.load("tts", choice)
        )
        assert first == second
        assert (first.slots, first.speakers, first.languages) == (1, ("Polly",), ("en", "de"))
        assert await it.say("good morning") == audio_of("good morning")
        assert len(it.pids()) == 1


async def test_an_engines_threads_do_not_spin_on_processors_that_calls_need(tmp_path):
    async with house(tmp_path) as it:
        await it.stages.load("tts", it.choice("parrot", processes="2"))
        (pid, _) = it.pids()
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert b"OMP_WAIT_POLICY=PASSIVE" in environment
        threads = max(1, os.cpu_count() // 2)
        assert f"OMP_NUM_THREADS={threads}".encode() in environment


async def test_an_engine_that_does_not_load_says_why_and_is_tried_again(tmp_path):
    async with house(tmp_path) as it:
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="no model at /nowhere"):
                await it.say("hello", missing="yes")
        assert it.stages.states() == ()


async def test_no_process_outlives_the_host(tmp_path):
    async with house(tmp_path) as it:
        await it.say("hello")
        (pid,) = it.pids()
        with its_end(pid):
            await it.stages.close()


HOST = """
import asyncio, sys
from pathlib import Path
from tests.inference.host.scripted import house

async def main():
    async with house(Path(sys.argv[1])) as it:
        await it.say("hang")

asyncio.run(main())
"""


async def test_a_process_ends_when_the_host_is_killed_even_in_the_middle_of_work(tmp_path):
    async with house(tmp_path) as it:
        host = await asyncio.create_subprocess_exec(sys.executable, "-c", HOST, str(tmp_path))
        await it.until_written("says hang")
        (pid,) = it.pids()
        with its_end(pid):
            host.kill()
        await host.wait()


async def test_a_voice_speaks_for_one_at_a_time_in_the_order_they_came(tmp_path):
    async with house(tmp_path) as it:
        first = asyncio.create_task(it.say("wait one"))
        await it.until_written("says wait one")
        others = [asyncio.create_task(it.say(word)) for word in ("two", "three")]
        await it.until(lambda: it.state().waiting == 2)
        it.open_gate()
        assert await asyncio.gather(first, *others) == list(
            map(audio_of, ("wait one", "two", "three"))
        )
        told = [line for line in it.journal() if not line.startswith("loaded")]
        assert told[1:] == ["ends wait one", "says two", "ends two", "says three", "ends three"]


async def test_two_processes_speak_at_once_and_nobody_hears_the_other(tmp_path):
    async with house(tmp_path) as it:
        loaded = await it.stages.load("tts", it.choice("parrot", processes="2"))
        assert loaded.slots == 2
        both = ["wait " + "left " * 40, "wait " + "right " * 40]
        speaking = [asyncio.create_task(it.say(text, processes="2")) for text in both]
        for text in both:
            await it.until_written(f"says {text}")
        it.open_gate()
        assert await asyncio.gather(*speaking) == [audio_of(text) for text in both]


async def test_utterances_that_wait_go_together_and_are_not_mixed(tmp_path):
    async with house(tmp_path) as it:
        first = asyncio.create_task(it.hear(1, "wait"))
        await it.until_written("hears 1")
        others = [asyncio.create_task(it.hear(number)) for number in range(2, 8)]
        await it.until(lambda: it.state().working == 7)
        it.open_gate()
        heard = await asyncio.gather(first, *others)
        assert [transcript.text for transcript in heard] == [str(n) for n in range(1, 8)]
        assert it.journal()[1:] == ["hears 1", "hears 4", "hears 2"]
        assert (it.state().done, it.state().batches) == (7, 3)


async def test_one_utterance_does_not_wait_for_company(tmp_path):
    async with house(tmp_path) as it:
        assert (await it.hear(5)).text == "5"
        assert it.journal()[1:] == ["hears 1"]


async def test_a_recogniser_without_batches_works_all_the_same(tmp_path):
    async with house(tmp_path) as it:
        heard = await asyncio.gather(*(it.hear(n, key="one by one") for n in (1, 2)))
        assert [transcript.text for transcript in heard] == ["1", "2"]


async def test_a_job_that_nobody_wants_any_more_is_never_begun(tmp_path):
    async with house(tmp_path) as it:
        first = asyncio.create_task(it.say("wait one"))
        await it.until_written("says wait one")
        second = asyncio.create_task(it.say("two"))
        await it.until(lambda: it.state().waiting == 1)
        second.cancel()
        await it.until(lambda: it.state().waiting == 0)
        it.open_gate()
        await first
        assert await it.say("three") == audio_of("three")
        assert "says two" not in it.journal()
        assert it.state().cancelled == 1


async def test_an_utterance_in_the_processs_own_queue_is_dropped_there(tmp_path):
    async with house(tmp_path) as it:
        first = asyncio.create_task(it.hear(1, "wait"))
        await it.until_written("hears 1")
        second = asyncio.create_task(it.hear(2))
        await it.until(lambda: it.state().working == 2)
        second.cancel()
        await it.until(lambda: it.state().working == 1)  # though the process is still at work
        it.open_gate()
        assert (await first).text == "1"
        assert (await it.hear(3)).text == "3"
        assert it.journal()[1:] == ["hears 1", "hears 1"]


async def test_speech_that_is_cut_off_stops_and_the_voice_is_free(tmp_path):
    async with house(tmp_path) as it:
        voice = VoiceChoice(it.choice("parrot"))
        async with aclosing(it.stages.speak("one wait two", voice)) as pieces:
            assert await anext(pieces)
        await it.until(lambda: it.state().working == 0)
        assert "ends one wait two" in it.journal()
        assert await it.say("three") == audio_of("three")
        assert (it.state().cancelled, it.state().done) == (1, 1)


async def test_who_waits_too_long_is_told_that_the_engine_is_busy(tmp_path):
    async with house(tmp_path, Deadlines(queue_s=0.05, silent_s=DEADLINE_S)) as it:
        first = asyncio.create_task(it.say("wait one"))
        await it.until_written("says wait one")
        with pytest.raises(EngineBusy, match="parrot"):
            await it.say("two")
        it.open_gate()
        assert await first == audio_of("wait one")


async def test_more_than_can_ever_be_done_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "MOST_WAITING", 1)
    async with house(tmp_path) as it:
        first = asyncio.create_task(it.say("wait one"))
        await it.until_written("says wait one")
        second = asyncio.create_task(it.say("two"))
        await it.until(lambda: it.state().waiting == 1)
        with pytest.raises(EngineBusy):
            await it.say("three")
        it.open_gate()
        assert await asyncio.gather(first, second) == [audio_of("wait one"), audio_of("two")]


@pytest.mark.parametrize("trouble", ["die", "poison"])
async def test_what_a_dying_process_held_is_tried_once_more_by_the_next(tmp_path, trouble):
    async with house(tmp_path) as it:
        assert await it.say(f"once-{trouble}") == audio_of(f"once-{trouble}")
        assert len(it.pids()) == 2
        assert (it.state().retried, it.state().restarts, it.state().done) == (1, 1, 1)


async def test_a_process_that_hangs_is_killed_and_its_job_tried_again(tmp_path):
    async with house(tmp_path, Deadlines(queue_s=DEADLINE_S, silent_s=0.3)) as it:
        assert (await it.hear(4, "once-hang")).text == "4"
        first, second = it.pids()
        assert first != second
        assert not os.path.exists(f"/proc/{first}")  # noqa: PTH110


async def test_callers_who_come_and_go_do_not_hide_that_a_process_hangs(tmp_path):
    async with house(tmp_path, Deadlines(queue_s=DEADLINE_S, silent_s=0.3)) as it:
        stuck = asyncio.create_task(it.hear(4, "once-hang"))
        await it.until_written("hears 1")
        while len(it.pids()) == 1:
            left = asyncio.create_task(it.hear(9))
            await asyncio.wait([left], timeout=0.05)
            left.cancel()
        assert (await stuck).text == "4"


async def test_a_job_that_kills_every_process_is_given_up(tmp_path):
    async with house(tmp_path) as it:
        with pytest.raises(EngineFailed, match="died"):
            await it.say("die")
        await it.until(lambda: it.state().ready == 1)
        assert await it.say("hello") == audio_of("hello")
        assert len(it.pids()) == 3


async def test_what_was_half_spoken_is_not_spoken_again(tmp_path):
    async with house(tmp_path) as it:
        voice = VoiceChoice(it.choice("parrot"))
        async with aclosing(it.stages.speak("one once-die two", voice)) as pieces:
            assert await anext(pieces) == audio_of("one")
            with pytest.raises(EngineFailed):
                await anext(pieces)
        assert it.state().retried == 0


async def test_trouble_in_one_process_is_none_of_the_others(tmp_path):
    async with house(tmp_path) as it:
        speaking = asyncio.create_task(it.say("wait one", processes="2"))
        await it.until_written("says wait one")
        with pytest.raises(EngineFailed):
            await it.say("die", processes="2")
        it.open_gate()
        assert await speaking == audio_of("wait one")


async def test_a_killed_process_takes_only_its_own_job_along(tmp_path):
    async with house(tmp_path) as it:
        await it.say("hello")
        (pid,) = it.pids()
        os.kill(pid, signal.SIGKILL)
        assert await it.say("again") == audio_of("again")


async def test_a_failure_tells_its_kind_and_not_what_was_said(tmp_path):
    async with house(tmp_path) as it:
        with pytest.raises(EngineFailed) as caught:
            await it.say("fail")
        assert "ValueError" in str(caught.value)
        assert "said" not in str(caught.value)
        assert it.state().failed == 1
        assert len(it.pids()) == 1


async def test_failures_in_a_row_are_no_reason_to_end_where_the_engine_still_works(tmp_path):
    async with house(tmp_path) as it:
        for _ in range(4):
            with pytest.raises(EngineFailed):
                await it.say("fail")
        assert await it.say("hello") == audio_of("hello")
        assert len(it.pids()) == 1


async def test_an_engine_that_fails_and_no_longer_works_is_replaced(tmp_path):
    async with house(tmp_path) as it:
        for _ in range(3):
            with pytest.raises(EngineFailed):
                await it.say("break")
        await it.until(lambda: len(it.pids()) == 2)
        assert await it.say("hello") == audio_of("hello")


async def test_a_withdrawn_voice_is_forgotten_by_every_process(tmp_path):
    async with house(tmp_path) as it:
        await it.stages.load("tts", it.choice("parrot", processes="2"))
        await it.hear(1)
        await it.stages.forget_voice("/samples/anna.wav")
        assert it.journal().count("forgets /samples/anna.wav") == 2


async def test_a_voice_is_forgotten_behind_the_sentence_that_is_spoken(tmp_path):
    async with house(tmp_path) as it:
        speaking = asyncio.create_task(it.say("wait one"))
        await it.until_written("says wait one")
        forgetting = asyncio.create_task(it.stages.forget_voice("/samples/anna.wav"))
        it.open_gate()
        await asyncio.gather(speaking, forgetting)
        assert it.journal()[-2:] == ["ends wait one", "forgets /samples/anna.wav"]


async def test_nobody_waits_for_a_host_that_closes(tmp_path):
    async with house(tmp_path) as it:
        speaking = [asyncio.create_task(it.say("wait one")) for _ in range(2)]
        await it.until(lambda: bool(it.stages.states()) and it.state().waiting == 1)
        await it.stages.close()
        for answer in await asyncio.gather(*speaking, return_exceptions=True):
            assert isinstance(answer, EngineFailed)


async def test_an_engine_slow_by_nature_is_given_time():
    def silent_s(turn_ms):
        ready = wire.Ready(batch=1, turn_ms=turn_ms, own_bytes=0, free_bytes=0)
        return EngineProcess(None, None, ready, Deadlines(silent_s=6), lambda: None)._silent_s

    assert silent_s(50) == 6
    assert silent_s(2_000) == 20


async def test_the_pool_is_as_large_as_memory_allows():
    gib = 1 << 30
    first = Memory(own_bytes=2 * gib, free_bytes=10 * gib)
    kept = memory.KEPT_FREE_BYTES
    assert memory.processes_that_fit(first, 16) == 1 + (10 * gib - kept) // (2 * gib)
    assert memory.processes_that_fit(first, 2) == 2
    assert memory.processes_that_fit(Memory(2 * gib, gib), 16) == 1
    assert memory.measure("cpu").own_bytes > 10 << 20
    assert memory.measure("cpu").free_bytes > 10 << 20
