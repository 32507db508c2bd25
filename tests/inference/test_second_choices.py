"""What the caller hears when a first choice fails and there is a second: docs/faults.md.

Times are from the end of the caller's turn. Nobody hears an apology for what another engine can do.
"""

import asyncio
from collections.abc import Iterator

import pytest

from inference.choices import Choices
from inference.engines.base import Knowledge, Transcript
from inference.journal import Ending
from inference.turns.tuning import Tuning
from tests.inference.test_faults import (
    DEAD,
    FILLER,
    SAY_AGAIN,
    TROUBLE,
    Faulty,
    asking,
    calling,
    dead,
    half_a_sample,
    no_sound,
)

pytestmark = pytest.mark.filterwarnings("error")

QUESTION = "when are you open"
AHEAD = Tuning(done_ms=600, early_ms=200, partial_ms=400, drafts=2)


def second_hears(talk: Faulty, text: str = QUESTION) -> None:
    talk.second_recogniser.says.append(text)
    talk.work_newest()


def second_writes(talk: Faulty, text: str = "At eight.") -> None:
    for piece in (text, None):
        talk.second_model.says.put_nowait(piece)
        talk.loop.settle()


def answers(talk: Faulty, text: str = "Yes.") -> None:
    """The first model and the first voice, and it is heard to its end."""
    talk.says(text, None)
    talk.work_all()
    talk.later(1_000)


def second_answers(talk: Faulty) -> None:
    second_writes(talk)
    talk.work_all()
    talk.later(1_000)


def asks_again(talk: Faulty) -> None:
    talk.ask()
    talk.recognised(QUESTION)


def stood_in(talk: Faulty) -> list[tuple[str, ...]]:
    """Of the caller's last turn and the answer to it."""
    return [record.stood_in for record in talk._in_order()[-2:]]


# The recogniser


def test_a_recogniser_that_is_dead_and_another_that_is_not():
    with calling(has_second=True) as talk:
        talk.recognised(DEAD)
        second_hears(talk)
        answers(talk)
        assert talk.heard == [(0, "Yes.")]
        assert talk.turns[-2] == ("caller", QUESTION)
        assert stood_in(talk) == [("stt",), ()]
        assert talk.second_recogniser.heard == talk.recogniser.heard  # the same audio


def test_a_recogniser_that_never_answers_and_another_that_does():
    with calling(has_second=True) as talk:
        talk.later(1_400)
        assert len(talk.threads.waiting) == 1
        talk.later(100)
        second_hears(talk)
        answers(talk)
        assert talk.plays == [1_200]  # and the answer follows on it
        assert talk.heard == [(1_500, f"{FILLER} Yes.")]
        assert stood_in(talk) == [("stt",), ()]


class Distant:
    """A recogniser on a machine that froze."""

    slots = 1

    def __init__(self) -> None:
        self.asked = self.cancelled = 0

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        raise NotImplementedError

    async def recognise(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        self.asked += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1
        raise AssertionError


def test_a_recogniser_elsewhere_that_never_answers_is_told_to_stop():
    distant = Distant()
    with Faulty(has_second=True) as talk:
        recognition = talk.conversation._recognition
        recognition._transcribers = Choices(distant, talk.second_recogniser)
        talk.begins()
        talk.ask()
        talk.later(1_400)
        assert (distant.asked, distant.cancelled) == (1, 0)
        talk.later(100)
        assert (distant.asked, distant.cancelled) == (1, 1)
        second_hears(talk)
        answers(talk)
        assert talk.heard == [(1_500, f"{FILLER} Yes.")]


def test_no_words_are_an_answer_and_nobody_else_is_asked():
    with calling(has_second=True) as talk:
        talk.recognised("")
        talk.later(1_000)
        assert talk.heard == [(0, SAY_AGAIN)]
        assert talk.second_recogniser.heard == []


def test_a_recogniser_that_could_not_be_loaded():
    with calling(gone=frozenset({"stt"})) as talk:
        talk.recognised(QUESTION)
        answers(talk)
        assert talk.heard == [(0, "Yes.")]
        assert stood_in(talk) == [("stt",), ()]


def test_two_recognisers_that_are_dead():
    """Asked again, only the second is: the first has failed in this turn."""
    with calling(has_second=True) as talk:
        talk.recognised(DEAD)
        for _ in range(2):
            talk.second_recogniser.says.append(DEAD)
            talk.work()
        talk.later(1_000)
        assert talk.heard == [(0, SAY_AGAIN)]
        assert len(talk.recogniser.heard) == 1


def test_who_failed_in_two_turns_in_a_row_is_not_asked_again():
    with calling(has_second=True) as talk:
        for _ in range(2):
            talk.recognised(DEAD)
            second_hears(talk)
            answers(talk)
            talk.ask()
        second_hears(talk)
        answers(talk)
        assert talk.heard == [(0, "Yes.")]
        assert len(talk.recogniser.heard) == 2


def test_who_works_in_between_is_asked_again():
    with calling(has_second=True) as talk:
        for heard in (DEAD, QUESTION, DEAD, QUESTION):
            talk.recognised(heard)
            if heard is DEAD:
                second_hears(talk)
            answers(talk)
            assert stood_in(talk) == [("stt",) if heard is DEAD else (), ()]
            talk.ask()
        talk.recognised(QUESTION)
        assert len(talk.recogniser.heard) == 5


def test_what_is_recognised_while_the_caller_talks_is_nobody_elses():
    with Faulty(has_second=True, tuning=AHEAD) as talk:
        talk.begins()
        talk.speak(900)
        talk.recognised(DEAD)
        assert talk.second_recogniser.heard == []
        assert not talk.recogniser_waits


def test_what_is_recognised_in_a_pause_is_heard_by_the_second_before_the_turn_is_over():
    with Faulty(has_second=True, tuning=AHEAD) as talk:
        talk.begins()
        talk.speak(300)
        talk.wait(200)
        talk.recognised(DEAD)
        second_hears(talk)
        assert talk.model.asked  # and the reply is begun
        assert len(talk.recogniser.heard) == 1


# The language model


def test_a_model_that_is_dead_and_another_that_is_not():
    with asking(has_second=True) as talk:
        talk.says(DEAD)
        second_answers(talk)
        assert talk.heard == [(0, "At eight.")]
        assert stood_in(talk) == [(), ("llm",)]
        assert talk.second_model.asked == talk.model.asked  # the same talk
        assert talk.second_model.knowledge == talk.model.knowledge
        assert talk.second_model.closed == 1


def test_a_model_that_never_writes_and_another_that_does():
    with asking(has_second=True) as talk:
        talk.later(1_500)
        assert talk.model.closed == 1  # the server is told to stop
        second_answers(talk)
        assert talk.plays == [1_200]
        assert talk.heard == [(1_500, f"{FILLER} At eight.")]
        assert stood_in(talk) == [(), ("llm",)]


def test_a_model_that_could_not_be_loaded():
    with asking(gone=frozenset({"llm"})) as talk:
        answers(talk)
        assert stood_in(talk) == [(), ("llm",)]


@pytest.mark.parametrize("written", [[], [" ", "\n"], ["**", "\n- "], ["🙂"]])
def test_a_model_that_writes_nothing_to_say_and_another_that_does(written):
    with asking(has_second=True) as talk:
        talk.says(*written, None)
        second_answers(talk)
        assert talk.heard == [(0, "At eight.")]


def test_a_model_that_dies_halfway_leaves_the_second_for_the_next_try():
    """Two halves of two answers are none."""
    with asking(has_second=True) as talk:
        talk.says("We are open. ", "On Sun")
        talk.work()
        talk.later(1_000)
        talk.says(DEAD)
        talk.later(1_000)
        assert talk.heard == [(0, "We are open."), (1_000, SAY_AGAIN)]
        assert talk.second_model.asked == []


def test_to_die_halfway_is_to_fail_too():
    with asking(has_second=True) as talk:
        talk.says("We are open. ", DEAD)
        talk.work_all()
        talk.later(1_500)
        asks_again(talk)
        talk.says(DEAD)
        second_answers(talk)
        asks_again(talk)
        second_answers(talk)
        assert talk.heard == [(0, "At eight.")]
        assert len(talk.model.asked) == 2


def test_a_model_that_works_in_between_is_asked_again_even_if_that_was_ahead():
    with drafting() as talk:
        for piece in (DEAD, "Yes. ", DEAD):
            if piece is DEAD:
                talk.later(400)  # the turn is over
                talk.says(piece)
                second_writes(talk)
            else:
                talk.says(piece, None)
                talk.later(400)
            talk.work_all()
            talk.later(1_500)
            talk.speak(300)
            talk.wait(200)
            talk.recognised(QUESTION)
        assert len(talk.model.asked) == 4


def test_a_model_that_dies_before_its_first_sentence_is_not_asked_again():
    with asking(has_second=True) as talk:
        talk.says("We are op", DEAD)
        second_answers(talk)
        assert talk.heard == [(0, "At eight.")]
        assert len(talk.model.asked) == 1


def test_two_models_that_are_dead():
    with asking(has_second=True) as talk:
        for line, ending in ((SAY_AGAIN, None), (TROUBLE, Ending.TROUBLE)):
            talk.says(DEAD)
            for _ in range(2):
                talk.second_model.says.put_nowait(DEAD)
                talk.loop.settle()
            talk.later(1_000)
            assert talk.heard == [(0, line)]
            assert talk.ending is ending
            if ending is None:
                asks_again(talk)
        assert (len(talk.model.asked), len(talk.second_model.asked)) == (2, 4)


def test_a_model_that_failed_in_two_turns_in_a_row_is_not_asked_again():
    with asking(has_second=True) as talk:
        for _ in range(2):
            talk.says(DEAD)
            second_answers(talk)
            asks_again(talk)
        second_answers(talk)
        assert talk.heard == [(0, "At eight.")]
        assert len(talk.model.asked) == 2


def drafting() -> Faulty:
    """The caller has paused, and the reply to that is begun ahead."""
    talk = Faulty(has_second=True, tuning=AHEAD)
    talk.begins()
    talk.speak(300)
    talk.wait(200)
    talk.recognised(QUESTION)
    assert len(talk.model.asked) == 1
    return talk


def test_a_reply_begun_ahead_that_fails_is_nobody_elses():
    with drafting() as talk:
        talk.says(DEAD)
        assert talk.second_model.asked == []
        talk.later(400)  # the turn is over, and it is asked anew
        assert len(talk.model.asked) == 2
        talk.says(DEAD)
        second_writes(talk)
        assert len(talk.second_model.asked) == 1


def test_a_reply_begun_ahead_that_is_waited_for_is_written_by_the_second():
    with drafting() as talk:
        talk.later(400)
        assert len(talk.model.asked) == 1
        talk.says(DEAD)
        second_writes(talk)
        talk.work_all()
        talk.later(100)
        assert talk.last.stood_in == ("llm",)
        assert talk.last.was_ahead


# The voice


@pytest.mark.parametrize("pieces", [no_sound, half_a_sample, dead])
def test_a_voice_that_fails_and_one_that_stands_in(pieces):
    with asking(has_second=True, has_backup=True) as talk:
        talk.voice_says(pieces)
        answers(talk)
        assert talk.heard == [(0, "Yes.")]
        assert talk.stand_in.said == ["Yes."]
        assert talk.backup.said == []
        assert stood_in(talk) == [(), ("tts",)]


def test_a_voice_that_never_begins_and_one_that_stands_in():
    with asking(has_second=True) as talk:
        talk.says("Yes.", None)
        talk.later(2_500)
        talk.work_newest()
        talk.later(500)
        assert talk.plays == [1_200, 2_500]
        assert talk.heard == [(2_500, f"{FILLER} Yes.")]
        assert talk.stand_in.said == ["Yes."]


def test_two_voices_that_are_dead_and_the_backup():
    with asking(has_second=True, has_backup=True) as talk:
        talk.voice.fails = talk.stand_in.fails = DEAD
        answers(talk)
        assert talk.heard == [(0, "Yes.")]
        assert talk.backup.said == ["Yes."]
        assert stood_in(talk) == [(), ("tts",)]


def test_a_voice_that_failed_in_two_turns_in_a_row_is_not_asked_again():
    with asking(has_second=True) as talk:
        talk.voice.fails = DEAD
        for _ in range(3):
            answers(talk)
            asks_again(talk)
        assert len(talk.voice.said) == 2
        assert talk.stand_in.said == ["Yes."] * 3


def test_a_voice_that_works_in_between_is_asked_again():
    with asking(has_second=True) as talk:
        for fails in (DEAD, None, DEAD, None):
            talk.voice.fails = fails
            answers(talk)
            asks_again(talk)
        assert len(talk.voice.said) == 4
        assert talk.stand_in.said == ["Yes."] * 2


def test_a_sentence_without_a_word_makes_no_voice_fail():
    with asking(has_second=True) as talk:
        asked = []

        def silent() -> Iterator[bytes]:
            asked.append(1)
            return no_sound()

        talk.voice_says(silent)
        for _ in range(3):
            talk.loop.create_task(_spoken(talk, "– –"))
            talk.loop.settle(40)
            talk.work_all()
        assert len(asked) == 3


async def _spoken(talk: Faulty, sentence: str) -> None:
    voicing = talk.conversation._voicing
    async for _ in voicing.spoken(sentence, "en", is_line=False, stood_in=set()):
        pass
    voicing.next_turn()


# Several at once


def test_a_machine_that_froze_with_the_recogniser_and_the_voice_on_it():
    """At 3 s the voice is stuck, too; the second try is not made to wait for it."""
    with calling(has_second=True) as talk:
        talk.later(1_500)
        second_hears(talk)
        talk.says("Yes.", None)
        assert len(talk.threads.waiting) == 2  # nobody came back
        talk.later(1_500)
        talk.says("Yes.", None)
        talk.work_newest()
        talk.later(600)
        assert talk.heard == [(3_000, f"{FILLER} Yes.")]
        assert talk.stand_in.said == ["Yes."]
        assert stood_in(talk) == [("stt",), ("tts",)]


def test_everything_at_once_still_ends_before_the_caller_hears_nothing_for_six_seconds():
    with calling(has_second=True) as talk:
        talk.later(1_500)
        second_hears(talk)
        talk.later(1_500)  # the model was stuck
        second_writes(talk)
        talk.later(2_500)  # and now the voice is
        talk.work_newest()
        talk.later(500)
        assert [at_ms for at_ms, _ in talk.heard] == [5_500]
        assert stood_in(talk) == [("stt",), ("llm", "tts")]


# The rule


def test_the_last_choice_is_always_asked():
    choices = Choices("first", "second", None)
    for _ in range(3):
        choices.failed("first")
        choices.failed("second")
        assert choices.in_order() == ("second",)
        choices.next_turn()


def test_two_faults_in_one_turn_count_once():
    choices = Choices("first", "second")
    choices.failed("first")
    choices.failed("first")
    choices.next_turn()
    assert choices.in_order() == ("first", "second")


def test_who_is_stuck_is_left_out_for_this_turn_alone():
    choices = Choices("voice", "stand-in", "backup")
    choices.skip()
    assert choices.in_order() == ("stand-in", "backup")
    for _ in range(3):
        choices.next_turn()
        choices.skip()
    choices.next_turn()
    assert choices.in_order() == ("voice", "stand-in", "backup")
