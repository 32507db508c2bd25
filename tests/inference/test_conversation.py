"""Whole conversations: engines answer on cue, the clock is turned by hand."""

import pytest

from inference.conversation import PACE_MS
from inference.engines.base import FRAME_BYTES, After, EngineFailed, Speaker
from inference.hearing import RING_FRAMES
from inference.journal import Ending
from inference.recognition import DEADLINE_S as STT_DEADLINE_S
from inference.turns.machine import State
from inference.turns.tuning import Tuning
from inference.voicing import FIRST_PIECE_DEADLINE_S
from tests.inference.talks import LETTER_MS, SILENCE, SPEECH, Talk, asked, listening

pytestmark = pytest.mark.filterwarnings("error")

ANSWER = "We are open on Monday. On Sunday we are closed."


def heard_by_model(talk: Talk) -> list[tuple[str, str]]:
    return [(said.speaker.value, said.text) for said in talk.model.asked[-1]]


# A turn each


def test_a_question_is_answered():
    with asked() as talk:
        talk.spoken(ANSWER)
        talk.wait(5_000)
        assert talk.turns == [
            ("agent", "Hello."),
            ("caller", "when are you open"),
            ("agent", ANSWER),
        ]
        assert talk.conversation.machine.state is State.LISTENING


def test_the_model_is_told_what_was_said_so_far():
    with asked("when are you open") as talk:
        assert heard_by_model(talk) == [("agent", "Hello."), ("caller", "when are you open")]


def test_the_first_sentence_is_spoken_while_the_second_is_being_written():
    with asked() as talk:
        talk.says("We are open on Monday. ", "On Sun")
        talk.work()
        assert talk.voice.said[-1] == "We are open on Monday."
        assert talk.conversation.machine.state is State.SPEAKING


def test_the_recogniser_is_given_the_whole_utterance_and_a_little_before():
    with listening() as talk:
        talk.pause(1_000)
        talk.speak(1_000)
        talk.pause(600)
        talk.recognised("hello")
        frames = [
            talk.recogniser.heard[0][at : at + FRAME_BYTES]
            for at in range(0, len(talk.recogniser.heard[0]), FRAME_BYTES)
        ]
        assert frames.count(SPEECH) == 50
        assert frames[:15] == [SILENCE] * 15  # preroll_ms
        assert frames[15] == SPEECH


def test_audio_that_comes_in_odd_portions_is_heard_the_same():
    with listening() as talk:
        for _ in range(3):
            talk.wait(20)
            talk._do(talk.conversation.hear, SPEECH + SPEECH[:100])
        talk.wait(20)
        talk._do(talk.conversation.hear, SPEECH[100:])
        talk.wait(600)
        talk.recognised("hello")
        assert len(talk.recogniser.heard[0]) == 4 * FRAME_BYTES


def test_a_silent_line_does_not_fill_the_memory():
    with listening() as talk:
        talk.pause(7_000)
        assert len(talk.conversation._hearing._frames) <= RING_FRAMES + 1


def test_keys_are_answered_like_words():
    with listening() as talk:
        talk.press("1")
        talk.wait(1_500)
        assert heard_by_model(talk)[-1] == ("caller", "[1]")
        talk.spoken("Yes.")
        assert talk.last.response_ms == 1_500


# Timings


def test_each_stage_of_an_answer_is_timed():
    with listening() as talk:
        talk.speak(1_000)
        spoken_until_ms = talk.loop.now_ms
        talk.wait(600)
        talk.wait(300)
        talk.recognised("when are you open")
        talk.wait(200)
        talk.says("Yes. ", None)
        talk.wait(50)
        talk.work()
        record = talk.last
        assert (record.endpointing_ms, record.stt_ms, record.llm_ms, record.tts_ms) == (
            600,
            300,
            200,
            50,
        )
        assert record.response_ms == 1_150
        assert record.started_ms == spoken_until_ms + 1_150


def test_our_own_lines_have_no_timings():
    with listening() as talk:
        assert talk.last.response_ms is None
        assert talk.last.stt_ms is None


def test_a_turn_has_the_times_of_its_speech():
    with listening() as talk:
        began_at_ms = talk.loop.now_ms
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("hello")
        assert (talk.last.started_ms, talk.last.ended_ms) == (began_at_ms - 300, began_at_ms + 1000)


# Cut short


def test_a_reply_cut_off_is_kept_up_to_the_cut():
    with asked() as talk:
        talk.spoken(ANSWER)
        talk.wait(10 + 23 * LETTER_MS)  # the first sentence
        talk.says_over("no I meant tuesday")
        assert talk.line.flushed == 1
        assert talk.last.was_interrupted
        assert talk.last.text == "We are open on Monday. On"
        assert talk.last.unheard_text == "Sunday we are closed."


def test_the_model_is_told_only_what_was_heard():
    with asked() as talk:
        talk.spoken(ANSWER)
        talk.wait(2_000)
        talk.says_over("and what on tuesday")
        talk.wait(600)
        assert heard_by_model(talk)[-2:] == [
            ("agent", "We are open on Monday. On Sunday we are"),
            ("caller", "and what on tuesday"),
        ]


def test_a_reply_cut_off_is_written_no_further():
    with asked() as talk:
        talk.says("We are open on Monday. ")
        talk.work()
        talk.says_over("no I meant tuesday")
        assert talk.model.closed == 1
        talk.says("On Sunday we are closed. ")
        assert talk.voice.said == ["Hello.", "We are open on Monday."]


def test_a_caller_who_hangs_up_has_heard_a_part():
    with asked() as talk:
        talk.spoken(ANSWER)
        talk.wait(10 + 23 * LETTER_MS)
        talk.hangs_up()
        assert talk.last.text == "We are open on Monday."
        assert not talk.last.was_interrupted
        assert talk.line.ended == (Ending.CALLER_HUNG_UP, "")


def test_a_turn_is_kept_as_it_begins_in_case_we_do_not_see_its_end():
    with asked() as talk:
        talk.spoken(ANSWER)
        record = talk.last
        assert (record.speaker, record.text) == (Speaker.AGENT, "")
        assert record.unheard_text.startswith("We are open")


# The pause that was only a pause


def test_a_turn_that_goes_on_overwrites_its_beginning():
    with asked("I'd like an appointment") as talk:
        talk.speak(800)
        talk.wait(1_500)
        talk.recognised("I'd like an appointment with you")
        assert talk.turns == [("agent", "Hello."), ("caller", "I'd like an appointment with you")]
        assert heard_by_model(talk) == talk.turns
        assert talk.model.closed == 1


def test_a_turn_that_goes_on_is_recognised_whole():
    with asked("I'd like an appointment") as talk:
        talk.speak(800)
        talk.wait(1_500)
        talk.recognised("I'd like an appointment with you")
        assert talk.recogniser.heard[1].count(SPEECH) == (1_000 + 800) // 20


def test_keys_do_not_take_back_what_was_said():
    with asked("hello there") as talk:
        talk.press("1")
        talk.wait(1_500)
        assert talk.turns[1:] == [("caller", "hello there"), ("caller", "[1]")]
        assert heard_by_model(talk) == talk.turns


def test_what_is_said_after_keys_does_not_take_them_back():
    with listening() as talk:
        talk.press("#")
        talk.press("1")
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("hello")
        assert talk.turns[1:] == [("caller", "[#]"), ("caller", "hello")]
        assert heard_by_model(talk) == talk.turns


def test_every_turn_has_an_index_of_its_own():
    with asked() as talk:
        talk.spoken(ANSWER)
        talk.wait(2_000)
        talk.says_over("and what on tuesday")
        talk.wait(600)
        talk.spoken("Yes.")
        talk.wait(1_000)
        assert sorted(talk.notes.records) == [0, 1, 2, 3, 4]
        assert [speaker for speaker, _ in talk.turns] == [
            "agent",
            "caller",
            "agent",
            "caller",
            "agent",
        ]


def test_what_could_not_be_recognised_is_kept_without_words_and_not_told_to_the_model():
    with listening() as talk:
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("")
        talk.work()  # the voice says it
        talk.wait(1_000)
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("hello")
        assert talk.turns[1:] == [("caller", ""), ("agent", "Say again?"), ("caller", "hello")]
        assert ("caller", "") not in heard_by_model(talk)


def test_a_long_speech_is_made_only_a_few_seconds_ahead_of_what_is_heard():
    sentence = "b" * 58 + ". "
    with asked() as talk:
        talk.spoken(sentence * 10)
        made = talk.voice.said.count(sentence.strip())
        assert made * 59 * LETTER_MS < PACE_MS + 59 * LETTER_MS
        for _ in range(200):
            talk.wait(200)
            while talk.threads.waiting:
                talk.work()
        assert ("agent", (sentence * 10).strip()) in talk.turns


# What fails


def test_a_failing_recogniser_is_told_to_the_caller():
    with listening() as talk:
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised(EngineFailed("out of memory"))
        talk.recognised(EngineFailed("out of memory"))  # asked once more
        talk.work()
        assert talk.voice.said[-1] == "Say again?"


def test_a_recogniser_that_hangs_is_given_up():
    with listening(tuning=Tuning(first_audio_ms=20_000, retry_ms=0)) as talk:
        talk.speak(1_000)
        talk.wait(600)
        talk.loop.now_ms += int(STT_DEADLINE_S * 1000)
        talk.loop.settle()
        talk.recogniser.says.append(EngineFailed())  # asked once more
        while talk.threads.waiting:
            talk.work()
        assert talk.voice.said[-1] == "Say again?"
        assert talk.model.asked == []


def test_a_failing_model_is_told_to_the_caller():
    with asked() as talk:
        talk.says(EngineFailed("no connection"))
        talk.says(EngineFailed("no connection"))  # asked once more
        talk.work()
        assert len(talk.model.asked) == 2
        assert talk.voice.said[-1] == "Say again?"


def test_a_model_that_says_nothing_is_told_to_the_caller():
    with asked() as talk:
        talk.spoken(" ")
        talk.spoken(" ")
        assert talk.voice.said[-1] == "Say again?"


def test_a_model_that_hangs_is_asked_again_then_the_caller_is_handed_over():
    with asked() as talk:
        talk.wait(3_000)
        assert len(talk.model.asked) == 2
        assert heard_by_model(talk)[1:] == [("caller", "when are you open")]
        talk.wait(3_000)
        talk.work()
        assert talk.voice.said[-1] == "Sorry."
        assert talk.model.closed == 2


def test_a_failure_names_its_kind_and_never_what_was_said():
    with listening() as talk:
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised(EngineFailed("my number is 12345"))
        talk.recognised(EngineFailed("my number is 12345"))
        talk.voice.fails = EngineFailed("Say again?")
        talk.work()
        talk.work()
        assert talk.line.ended == (Ending.TROUBLE, "EngineFailed")


def test_after_two_failures_the_caller_is_handed_over():
    with asked() as talk:
        talk.says(EngineFailed())
        talk.says(EngineFailed())
        talk.work()
        talk.wait(1_000)
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("when are you open")
        talk.says(EngineFailed())
        talk.says(EngineFailed())
        talk.work()
        talk.wait(1_000)
        assert talk.turns[-1] == ("agent", "Sorry.")
        assert talk.line.ended == (Ending.TROUBLE, "EngineFailed")


def test_a_voice_that_fails_halfway_does_not_leave_the_caller_in_silence():
    with asked() as talk:
        talk.voice.fails, talk.voice.fails_after = EngineFailed(), 3
        talk.says("We are open. ")
        talk.work()
        talk.voice.fails = None
        talk.work()
        assert talk.line.flushed == 1
        assert talk.voice.said[-1] == "Say again?"


# The backup voice


def test_the_backup_speaks_when_the_voice_fails():
    with asked(has_backup=True) as talk:
        talk.voice.fails = EngineFailed()
        talk.spoken("We are open.")
        talk.wait(1_000)
        assert talk.backup.said == ["We are open."]
        assert talk.turns[-1] == ("agent", "We are open.")


def test_the_backup_speaks_when_the_voice_is_too_slow():
    with asked(has_backup=True) as talk:
        talk.says("We are open.", None)
        talk.loop.now_ms += int(FIRST_PIECE_DEADLINE_S * 1000)
        talk.loop.settle()
        while talk.threads.waiting:
            talk.work()
        assert talk.backup.said == ["We are open."]


def test_the_backup_does_not_say_again_what_the_voice_began():
    with asked(has_backup=True) as talk:
        talk.voice.fails, talk.voice.fails_after = EngineFailed(), 3
        talk.says("We are open.", None)
        talk.work()
        assert talk.backup.said == []


def test_the_backup_says_even_the_greeting():
    with Talk(has_backup=True) as talk:
        talk.voice.fails = EngineFailed()
        talk.start()
        talk.work()
        talk.work()
        assert talk.backup.said == ["Hello."]
        assert talk.line.ended is None


def test_when_no_voice_can_greet_the_call_ends_at_once():
    with Talk(has_backup=True) as talk:
        talk.voice.fails = talk.backup.fails = EngineFailed()
        talk.start()
        for _ in range(3):  # the greeting by both, that there is trouble by the last
            talk.work()
        assert talk.line.ended == (Ending.TROUBLE, "EngineFailed")


# The end


@pytest.mark.parametrize(
    ("after", "ending"),
    [(After.HAND_OVER, Ending.HANDED_OVER), (After.HANG_UP, Ending.AGENT_HUNG_UP)],
)
def test_the_call_ends_when_the_last_words_have_been_heard(after, ending):
    with asked() as talk:
        talk.says(after)
        talk.spoken("One moment.")
        talk.wait(500)
        assert talk.line.ended is None
        talk.wait(500)
        assert talk.line.ended == (ending, "")
        assert talk.turns[-1] == ("agent", "One moment.")


def test_a_model_that_only_hands_over_is_obeyed():
    with asked() as talk:
        talk.says(After.HAND_OVER, None)
        talk.wait(20)
        assert talk.line.ended == (Ending.HANDED_OVER, "")


def test_a_line_that_was_held_up_still_says_the_last_words():
    with asked() as talk:
        talk.says(After.HANG_UP)
        talk.spoken("Goodbye.")
        talk.wait(300)
        talk.line.is_held_up(500)
        talk.wait(300)
        assert talk.line.ended is None
        talk.wait(400)
        assert talk.line.ended == (Ending.AGENT_HUNG_UP, "")


def test_a_silent_caller_hears_the_prompts_in_their_order():
    with listening() as talk:
        for _ in range(3):
            talk.wait(8_000)
            talk.work()
            talk.wait(2_000)
        assert talk.voice.said == ["Hello.", "Are you there?", "I can't hear you.", "Goodbye."]
        assert talk.line.ended == (Ending.IDLE, "")


def test_work_that_is_done_after_the_end_is_for_nobody():
    with asked() as talk:
        talk.says("We are open on Monday. ")
        talk.hangs_up()
        talk.work()
        assert talk.turns[-1] == ("caller", "when are you open")
        assert talk.line.pieces == 1  # the greeting


def test_a_call_that_is_closed_leaves_nothing_running():
    talk = asked()
    talk.says("We are open on Monday. ")
    with talk:
        pass  # leaving checks it
    assert talk.model.closed == 1


def test_work_that_is_decided_against_at_once_is_not_even_begun():
    with listening() as talk:
        talk.loop.call_soon(talk.conversation.press, "#")
        talk.loop.call_soon(talk.conversation.press, "1")
        talk.loop.settle()
        assert talk.model.asked == []


def test_a_model_that_ignores_being_stopped_is_not_heard():
    with listening() as talk:
        talk.model.is_stubborn = True
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("I'd like an appointment")
        talk.speak(400)
        assert talk.model.closed == 1
        assert talk.voice.said == ["Hello."]
        assert not talk.threads.waiting
