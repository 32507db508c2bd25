"""Calls, decided by the turn machine. No sleep, no asyncio: the clock is turned by hand."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engines.base import After
from inference.journal import Ending
from inference.turns.events import (
    AllHeard,
    CallerGone,
    Cancel,
    Command,
    Draft,
    End,
    EndHeard,
    Failed,
    Fill,
    Flush,
    Heard,
    KeyPressed,
    Line,
    Mute,
    Queued,
    Reply,
    ReplyMade,
    Resume,
    Say,
    Started,
    TakeFailed,
    Tick,
    Transcribe,
    Transcribed,
)
from inference.turns.machine import (
    JUDGE_MS,
    MISHEARD_LIMIT,
    NOISE_MS,
    TAKE_BACK_MS,
    State,
    TurnMachine,
)
from inference.turns.meaning import NOTHING, understand
from inference.turns.tuning import Tuning
from tests.inference.calls import (
    Call,
    agent_speaking,
    answered,
    listening,
    thinking,
    transcribe_of,
)

TUNING = Tuning()

# The greeting


def test_the_agent_greets_once_the_caller_can_hear():
    call = Call()
    assert call.speak(1_000) == []
    assert call.happens(Started()) == [Say(1, Line.GREETING)]
    assert call.happens(Started()) == []


def test_after_the_greeting_the_agent_listens():
    call = answered()
    call.says(2_000)
    assert call.wait(1_999) == []
    assert call.wait(1) == [AllHeard(1)]
    assert call.state is State.LISTENING


def test_the_greeting_can_be_interrupted():
    call = answered()
    call.says(2_000)
    call.speak(600)
    call.wait(JUDGE_MS)
    call.understood("when are you open")
    assert Mute() in call.did
    assert call.did[-2:] == [Flush(), Cancel()]
    assert call.state is State.LISTENING


def test_a_greeting_that_may_not_be_interrupted_is_heard_to_its_end():
    call = answered(greeting_may_be_interrupted=False)
    call.says(2_000)
    call.speak(1_000)
    call.press("1")
    assert Flush() not in call.did
    assert call.wait(1_000) == [AllHeard(1)]


def test_what_is_asked_over_a_greeting_that_goes_on_is_not_lost():
    call = answered(greeting_may_be_interrupted=False)
    call.says(2_000)
    call.pause(1_400)
    call.speak(600)
    assert AllHeard(1) in call.did
    assert call.wait(TUNING.endpoint_ms) == [Transcribe(1, from_ms=1_400 - TUNING.preroll_ms)]


# Endpointing


def test_a_turn_ends_when_the_caller_has_paused_long_enough():
    call = listening()
    call.speak(1_000)
    ended_at_ms = call.now_ms
    assert call.pause(TUNING.endpoint_ms - 20) == []
    assert call.pause(20) == [Transcribe(1, ended_at_ms - 1_000 - TUNING.preroll_ms)]
    assert call.state is State.THINKING


def test_a_turn_ends_by_the_clock_when_silence_is_not_sent():
    call = listening()
    call.speak(1_000)
    ended_at_ms = call.now_ms
    assert call.wait(TUNING.endpoint_ms - 1) == []
    call.wait(1)
    call.understood("when are you open")
    [reply] = call.all(Reply)
    assert reply.said.speech_end_ms == ended_at_ms
    assert reply.said.turn_end_ms == ended_at_ms + TUNING.endpoint_ms


def test_a_pause_inside_a_sentence_does_not_end_it():
    call = listening()
    call.speak(600)
    assert call.pause(TUNING.endpoint_ms - 40) == []
    call.speak(600)
    assert len(call.all(Transcribe)) == 0
    call.wait(2 * TUNING.endpoint_ms)  # this caller pauses long: it is waited longer
    assert len(call.all(Transcribe)) == 1


def test_a_click_is_not_a_turn():
    call = listening()
    call.speak(TUNING.min_speech_ms - 20)
    assert call.pause(2_000) == []
    assert call.state is State.LISTENING


def test_scattered_clicks_do_not_add_up_to_a_turn():
    call = listening()
    for _ in range(10):
        call.speak(40)
        call.pause(200)
    assert call.did == []


def test_a_single_frame_missing_inside_a_word_does_not_start_it_anew():
    call = listening()
    began_at_ms = call.now_ms
    call.speak(40)
    call.pause(20)
    call.speak(40)
    call.wait(TUNING.endpoint_ms)
    assert transcribe_of(call.did).from_ms == began_at_ms - TUNING.preroll_ms


def test_a_caller_who_never_pauses_is_answered_after_the_longest_utterance():
    call = listening()
    call.speak(TUNING.max_utterance_ms)
    assert len(call.all(Transcribe)) == 1


def test_a_caller_who_talks_past_the_longest_utterance_is_transcribed_once_not_ten_times_a_second():
    call = listening()
    call.speak(TUNING.max_utterance_ms)
    call.speak(2_000)
    assert len(call.all(Transcribe)) == 1
    assert Cancel() not in call.did


def test_the_callers_audio_is_kept_from_before_the_turn_until_it_is_answered():
    call = listening()
    assert call.machine.caller_audio_from_ms() is None
    began_at_ms = call.now_ms
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms)
    call.understood("when are you open")
    assert call.machine.caller_audio_from_ms() == began_at_ms - TUNING.preroll_ms
    call.speaks(9_000)
    call.pause(TAKE_BACK_MS + 20)  # a caller who had been cut off would have gone on by now
    assert call.machine.caller_audio_from_ms() is None


# A pause that was only a pause


def test_a_caller_who_talks_on_before_the_answer_takes_the_turn_back():
    call = thinking("I'd like an appointment")
    assert call.speak(TUNING.min_speech_ms) == [Cancel()]
    assert call.state is State.LISTENING


def test_a_turn_taken_back_is_transcribed_whole():
    call = listening()
    began_at_ms = call.now_ms
    call.speak(800)
    call.wait(TUNING.endpoint_ms + 100)
    call.speak(800)
    call.wait(5 * TUNING.endpoint_ms)  # this caller pauses long: it is waited longer
    assert [order.from_ms for order in call.all(Transcribe)[:2]] == [
        began_at_ms - TUNING.preroll_ms,
        began_at_ms - TUNING.preroll_ms,
    ]


def test_nothing_is_answered_twice():
    call = listening()
    call.speak(800)
    call.wait(TUNING.endpoint_ms)
    first = call.machine.take
    call.speak(800)
    assert call.understood("I'd like an", first) == []
    call.wait(2 * TUNING.endpoint_ms)
    assert call.understood("I'd like an", first) == []
    call.understood("I'd like an appointment")
    assert call.replies == ["I'd like an appointment"]


def test_a_click_while_the_agent_thinks_changes_nothing():
    call = thinking()
    assert call.speak(TUNING.min_speech_ms - 20) == []
    assert call.state is State.THINKING


# The caller talks over the agent


def test_the_agent_falls_silent_when_the_caller_talks_over_it():
    call = agent_speaking()
    assert call.speak(TUNING.mute_ms - 20) == []
    assert call.speak(20) == [Mute()]
    assert call.state is State.HELD


def talked_over(text: str, ms: int = 400, **how: object) -> Call:
    """The caller said this over the agent, and is silent; it has been recognised."""
    call = agent_speaking(20_000, **how)
    call.wait(2_000)
    call.speak(ms)
    call.wait(JUDGE_MS)
    call.understood(text)
    return call


def test_words_over_the_agent_are_an_interruption():
    call = talked_over("no I meant Tuesday")
    assert call.did[-2:] == [Flush(), Cancel()]
    assert call.state is State.LISTENING


@pytest.mark.parametrize("text", ["mm-hm", "yeah", ""])
def test_a_backchannel_or_a_cough_does_not_stop_the_agent(text):
    call = talked_over(text)
    assert call.did[-1] == Resume(call.machine.turn)
    assert call.state is State.SPEAKING
    call.says(5_000)
    call.wait(5_000)
    assert isinstance(call.did[-1], AllHeard)


def test_a_stop_word_stops_an_agent_that_minds_no_single_word():
    patient = replace(TUNING, barge_in_words=3)
    assert talked_over("tuesday", tuning=patient).state is State.SPEAKING
    assert talked_over("stop", tuning=patient).state is State.LISTENING


def test_a_caller_who_talks_on_over_the_agent_is_understood_while_talking():
    call = agent_speaking(20_000)
    call.speak(TUNING.mute_ms + 2 * JUDGE_MS)
    assert len(call.all(Transcribe)) == 1
    call.understood("no I meant")
    assert call.did[-2:] == [Flush(), Cancel()]


def test_each_noise_in_a_reply_makes_the_agent_harder_to_stop():
    call = talked_over("")
    call.says(20_000)
    assert call.speak(3 * TUNING.mute_ms) == []
    assert call.speak(TUNING.mute_ms) == [Mute()]


def test_a_noise_that_goes_on_is_talked_over():
    call = agent_speaking(20_000)
    while call.state is not State.HELD:
        call.speak(20)
    for _ in range(NOISE_MS // 100):
        call.speak(100)
        call.understood("")
    assert call.state is State.SPEAKING
    assert Resume(call.machine.turn) in call.did


def test_when_words_over_the_agent_cannot_be_recognised_their_length_decides():
    for ms, state in ((TUNING.barge_in_ms - 100, State.SPEAKING), (1_000, State.SPEAKING)):
        call = agent_speaking(20_000)
        call.speak(ms)
        call.wait(JUDGE_MS)
        call.not_recognised()
        call.wait(TUNING.endpoint_ms)
        call.not_recognised()
        call.wait(TUNING.retry_ms)
        assert call.state is state
        assert (Line.SAY_AGAIN in call.lines) == (ms >= TUNING.barge_in_ms)


def test_an_agent_that_may_not_be_interrupted_talks_on():
    call = agent_speaking(tuning=replace(TUNING, can_interrupt=False))
    assert call.speak(2_000) == []


def test_an_agent_that_may_not_be_interrupted_still_hears_its_stop_words():
    call = agent_speaking(tuning=replace(TUNING, can_interrupt=False, hears_stop_words=True))
    call.speak(400)
    call.wait(JUDGE_MS)
    assert len(call.all(Transcribe)) == 1
    assert call.understood("stop") == [Flush(), Cancel()]


def test_a_notice_is_heard_to_its_end_then_the_caller_may_interrupt():
    call = thinking()
    call.happens(Queued(call.machine.turn, call.now_ms + 9_000, call.now_ms + 3_000))
    call.speak(2_000)
    call.wait(900)
    assert call.did == []
    call.wait(200)
    assert Mute() in call.speak(TUNING.mute_ms)


def test_the_words_that_interrupted_are_part_of_the_question():
    call = agent_speaking(20_000)
    call.wait(5_000)
    began_at_ms = call.now_ms
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms)
    assert call.all(Transcribe)[-1].from_ms == began_at_ms - TUNING.preroll_ms


def test_a_caller_cut_off_by_the_answer_says_one_turn_not_two():
    call = listening()
    began_at_ms = call.now_ms
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms)
    call.understood("I would like an appointment")
    call.says(5_000)
    call.wait(300)
    call.speak(800)
    call.wait(JUDGE_MS)
    call.understood("for my daughter")
    assert call.state is State.LISTENING
    call.wait(3 * TUNING.endpoint_ms)
    assert call.all(Transcribe)[-1].from_ms == began_at_ms - TUNING.preroll_ms
    call.understood("I would like an appointment for my daughter")
    assert call.all(Reply)[-1].said.continues


def test_an_answer_still_being_made_is_given_up_when_interrupted():
    call = thinking()
    call.speaks(9_000)
    answered_turn = call.machine.turn
    call.wait(3_000)
    call.speak(400)
    call.wait(JUDGE_MS)
    call.understood("no I meant Tuesday")
    assert call.happens(Queued(answered_turn, call.now_ms + 5_000)) == []
    assert call.happens(ReplyMade(answered_turn)) == []
    assert call.state is State.LISTENING


def test_a_question_begun_over_the_last_words_is_not_lost():
    call = agent_speaking(1_000)
    call.wait(900)
    began_at_ms = call.now_ms
    call.speak(200)
    assert [type(command) for command in call.did] == [AllHeard]
    call.wait(TUNING.endpoint_ms)
    assert transcribe_of(call.did).from_ms == began_at_ms - TUNING.preroll_ms


def test_the_tail_of_the_question_does_not_interrupt_the_answer():
    call = thinking()
    call.speak(TUNING.min_speech_ms - 20)
    call.says(5_000)
    assert call.speak(TUNING.mute_ms - 20) == []


# Silence


def test_a_silent_caller_is_asked_then_let_go():
    call = listening()
    for number in range(TUNING.idle_prompts):
        assert call.wait(TUNING.idle_ms) == [Say(2 + number, Line.STILL_THERE, number)]
        call.says(1_000)
        call.wait(1_000)
    assert call.wait(TUNING.idle_ms) == [Say(4, Line.GOODBYE)]
    call.says(1_000)
    assert call.wait(1_000) == [AllHeard(4), End(Ending.IDLE)]


def test_a_caller_who_answers_is_asked_anew_next_time():
    call = listening()
    call.wait(TUNING.idle_ms)
    call.says(1_000)
    call.wait(1_000)
    call.speak(800)
    call.wait(TUNING.endpoint_ms)
    call.understood("yes")
    call.says(1_000)
    call.wait(1_000 + TUNING.idle_ms)
    assert [say.number for say in call.all(Say)] == [0, 0]


def test_patience_begins_when_the_agent_falls_silent():
    call = agent_speaking(30_000)
    call.wait(20_000)
    call.wait(10_000)
    assert call.state is State.LISTENING
    assert call.wait(TUNING.idle_ms - 1) == []
    assert [type(command) for command in call.wait(1)] == [Say]


def test_a_noise_does_not_make_the_agent_wait_longer():
    call = listening()
    quiet_since_ms = call.now_ms
    call.wait(4_000)
    call.speak(100)
    call.wait(TUNING.endpoint_ms)
    call.understood("")
    call.wait(quiet_since_ms + TUNING.idle_ms - call.now_ms)
    assert call.lines == [Line.STILL_THERE]


# The longest call


def test_a_call_that_takes_too_long_is_ended_with_a_goodbye():
    call = listening(tuning=replace(TUNING, max_call_ms=60_000, idle_ms=1_000_000))
    assert call.wait(58_000) == [Flush(), Cancel(), Say(2, Line.TIME_IS_UP)]
    call.says(1_000)
    assert call.wait(1_000) == [AllHeard(2), End(Ending.TIME_UP)]


@pytest.mark.parametrize("setup", [answered, listening, thinking, agent_speaking])
def test_the_longest_call_ends_whatever_goes_on(setup):
    call = setup(tuning=replace(TUNING, max_call_ms=5_000))
    call.wait(5_000)
    assert call.lines[-1] is Line.TIME_IS_UP
    assert call.state is State.CLOSING


def test_nothing_interrupts_the_last_sentence():
    call = listening(tuning=replace(TUNING, max_call_ms=5_000))
    call.wait(3_000)
    call.says(2_000)
    call.speak(1_000)
    call.press("1")
    assert call.state is State.CLOSING
    call.wait(2_000)
    assert call.end == End(Ending.TIME_UP)


def test_a_goodbye_that_cannot_be_said_is_not_waited_for():
    call = listening(tuning=replace(TUNING, max_call_ms=5_000))
    call.wait(3_000)
    assert call.wait(TUNING.closing_ms)[-1] == End(Ending.TIME_UP, "no audio in time")


def test_a_goodbye_that_never_ends_is_cut():
    call = listening(tuning=replace(TUNING, max_call_ms=5_000))
    call.wait(3_000)
    call.says(10 * TUNING.closing_ms)
    assert call.wait(TUNING.closing_ms) == [Cancel(), End(Ending.TIME_UP)]


# Keys


def asked_by(commands: list[Command]) -> list[tuple[int, int]]:
    """How many keys the model is asked, and when the last key or word of it was."""
    replies = [order.said for order in commands if isinstance(order, Reply)]
    return [(said.keys, said.speech_end_ms) for said in replies]


def test_keys_are_answered_after_a_pause():
    call = listening()
    call.press("12")
    pressed_at_ms = call.now_ms
    assert call.wait(TUNING.digit_pause_ms - 1) == []
    assert asked_by(call.wait(1)) == [(2, pressed_at_ms)]


def test_the_hash_key_ends_the_number_at_once():
    call = listening()
    assert asked_by(call.press("12#")) == [(3, call.now_ms)]


def test_the_hash_key_alone_is_a_key():
    call = listening()
    assert asked_by(call.press("#")) == [(1, call.now_ms)]


def test_a_key_interrupts_the_agent():
    call = agent_speaking()
    assert call.press("1") == [Flush(), Cancel()]
    call.wait(TUNING.digit_pause_ms)
    assert call.replies == ["[1 keys]"]


def test_a_key_pressed_during_a_greeting_that_must_be_heard_is_answered_after_it():
    call = answered(greeting_may_be_interrupted=False)
    call.says(4_000)
    call.wait(1_000)
    assert call.press("1") == []
    call.wait(2_799)
    assert call.replies == []
    call.wait(1)
    assert call.replies == ["[1 keys]"]


def test_a_key_takes_the_place_of_an_answer_in_the_making():
    call = thinking()
    assert call.press("1") == [Cancel()]
    call.wait(TUNING.digit_pause_ms)
    assert call.replies == ["[1 keys]"]


def test_a_key_pressed_while_speaking_is_answered():
    call = listening()
    call.speak(400)
    call.press("1", each_ms=0)
    call.speak(60)  # the word that was on the caller's lips
    call.wait(TUNING.digit_pause_ms)
    assert call.replies == ["[1 keys]"]
    assert call.all(Transcribe) == []


def test_a_noise_after_a_key_does_not_swallow_it():
    call = listening()
    call.press("1")
    call.pause(200)
    call.speak(2 * TUNING.mute_ms - 20)
    call.wait(TUNING.digit_pause_ms)
    assert call.replies == ["[1 keys]"]


def test_a_caller_who_speaks_after_a_key_is_listened_to():
    call = listening()
    call.press("1")
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms)
    assert len(call.all(Transcribe)) == 1
    assert call.replies == []


def test_a_key_is_a_sign_of_life():
    call = listening()
    call.wait(TUNING.idle_ms)
    call.says(1_000)
    call.wait(1_000)
    call.press("1#")
    call.says(1_000)
    call.wait(1_000 + TUNING.idle_ms)
    assert [say.number for say in call.all(Say)] == [0, 0]


# What goes wrong


def test_a_failed_reply_is_begun_again_unheard():
    call = thinking()
    cancel, reply = call.fails()
    assert cancel == Cancel()
    assert reply.said.continues  # the same words of the caller, not others
    call.says(1_000)
    assert call.lines == []


def test_what_is_stuck_is_begun_again_once():
    call = thinking()
    call.wait(TUNING.retry_ms)
    assert len(call.all(Reply)) == 1
    call.wait(TUNING.first_audio_ms - TUNING.retry_ms - 1)
    assert len(call.all(Reply)) == 1


def test_a_recogniser_that_is_stuck_is_asked_again():
    call = listening()
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms + TUNING.retry_ms)
    assert len(call.all(Transcribe)) == 2
    call.understood("when are you open")
    assert call.replies == ["when are you open"]


def test_a_caller_who_waits_hears_that_it_takes_a_moment():
    call = thinking()
    assert call.wait(TUNING.filler_ms - 1) == []
    assert call.wait(1) == [Fill(2, 0)]
    assert Fill(2, 0) not in call.wait(1_000)
    call.says(1_000)
    assert call.state is State.SPEAKING


def test_a_failed_turn_is_asked_for_again_then_the_caller_is_handed_over():
    call = thinking()
    assert call.fails_twice()[-1] == Say(4, Line.SAY_AGAIN)
    call.says(1_000)
    call.wait(1_000)
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms)
    call.understood("when are you open")
    assert call.fails_twice()[-1] == Say(7, Line.TROUBLE)
    call.says(1_000)
    assert call.wait(1_000)[-1] == End(Ending.TROUBLE, "EngineFailed")


def test_an_answer_in_between_forgives_a_failure():
    call = thinking()
    for _ in range(4):
        call.fails_twice()
        call.says(1_000)
        call.wait(1_000)
        call.press("1#")
        call.says(1_000)
        call.wait(1_000)
        call.press("1#")
    assert set(call.lines) == {Line.SAY_AGAIN}


def test_an_answer_that_was_interrupted_forgives_a_failure_too():
    call = thinking()
    call.fails_twice()
    call.says(1_000)
    call.wait(1_000)
    call.press("1#")
    call.says(9_000)
    call.wait(2_000)
    call.press("2#")
    assert call.fails_twice()[-1] == Say(call.machine.turn, Line.SAY_AGAIN)


def test_when_our_own_line_fails_the_caller_is_told_if_that_can_be_said_and_let_go():
    call = answered()
    assert call.fails("EngineFailed")[-1] == Say(2, Line.TROUBLE)
    assert call.fails("EngineFailed")[-1] == End(Ending.TROUBLE, "EngineFailed")


def test_a_caller_who_hears_nothing_for_too_long_is_handed_over():
    call = thinking()
    call.wait(TUNING.first_audio_ms - 1)
    assert call.lines == []
    call.wait(1)
    assert call.lines == [Line.TROUBLE]
    call.says(500)
    call.wait(500)
    assert call.end == End(Ending.TROUBLE, "no audio in time")


def test_audio_that_stops_halfway_is_a_failure():
    call = thinking()
    call.speaks(1_000)
    assert call.wait(1_000 + TUNING.stall_ms - 1) == []
    assert call.wait(1) == [Flush(), Cancel(), Say(3, Line.SAY_AGAIN)]


def test_audio_that_comes_slowly_but_comes_is_no_failure():
    call = thinking()
    for _ in range(10):
        call.speaks(500)
        call.wait(500 + TUNING.stall_ms - 20)
    call.reply_made()
    assert call.lines == []


def test_a_reply_without_words_is_a_failure():
    call = thinking()
    call.reply_made()
    assert call.reply_made()[-1] == Say(4, Line.SAY_AGAIN)


@pytest.mark.parametrize(
    ("after", "ending"),
    [(After.HAND_OVER, Ending.HANDED_OVER), (After.HANG_UP, Ending.AGENT_HUNG_UP)],
)
def test_a_deed_needs_no_words(after, ending):
    call = thinking()
    call.reply_made(after)
    call.wait(20)
    assert call.end == End(ending)


@pytest.mark.parametrize(
    ("after", "ending"),
    [(After.HAND_OVER, Ending.HANDED_OVER), (After.HANG_UP, Ending.AGENT_HUNG_UP)],
)
def test_a_deed_follows_when_the_words_have_been_heard(after, ending):
    call = thinking()
    call.says(1_000, after)
    assert call.wait(999) == []
    assert call.wait(1) == [AllHeard(2), End(ending)]


def test_a_caller_who_interrupts_the_farewell_stays_in_the_call():
    call = thinking()
    call.says(3_000, After.HANG_UP)
    call.speak(1_000)
    call.wait(TUNING.endpoint_ms)
    call.understood("wait one more thing")
    call.wait(9_000)
    assert call.end is None


# Without words


def test_a_cough_gets_no_answer():
    call = listening()
    call.speak(200)
    call.wait(TUNING.endpoint_ms)
    assert call.understood("") == []
    assert call.state is State.LISTENING


def test_a_caller_who_is_not_understood_is_asked_again_then_handed_over():
    call = listening()
    for _ in range(MISHEARD_LIMIT):
        call.speak(1_000)
        call.wait(TUNING.endpoint_ms)
        call.understood("")
        call.says(500)
        call.wait(500)
    assert call.lines == [Line.SAY_AGAIN] * (MISHEARD_LIMIT - 1) + [Line.TROUBLE]
    assert call.end == End(Ending.TROUBLE, "nothing was recognised")


@pytest.mark.parametrize("how", ["words", "keys"])
def test_being_understood_once_starts_the_count_anew(how):
    call = listening()
    for _ in range(2 * MISHEARD_LIMIT):
        call.speak(1_000)
        call.wait(TUNING.endpoint_ms)
        call.understood("")
        call.says(500)
        call.wait(500)
        if how == "words":
            call.speak(1_000)
            call.wait(TUNING.endpoint_ms)
            call.understood("goodbye")
        else:
            call.press("1#")
        call.says(500)
        call.wait(500)
    assert Line.TROUBLE not in call.lines


# Late news


@pytest.mark.parametrize(
    "late",
    [
        Transcribed(1, 0, NOTHING),
        Queued(2, 99_000),
        ReplyMade(2, After.HANG_UP),
        Failed(2, "EngineFailed"),
    ],
)
def test_the_news_of_an_old_turn_is_for_nobody(late):
    call = thinking()
    call.fails_twice()
    turn, state = call.machine.turn, call.state
    assert call.happens(late) == []
    assert (call.machine.turn, call.state) == (turn, state)


def test_the_greeting_is_not_over_again_while_the_callers_words_are_waited_for():
    call = listening()
    call.speak(1_000)
    call.wait(call.tuning.endpoint_ms)
    assert call.state is State.THINKING
    assert call.happens(ReplyMade(call.machine.turn, After.HANG_UP)) == []
    assert call.state is State.THINKING


def test_when_the_caller_hangs_up_the_call_is_over():
    call = agent_speaking()
    assert call.happens(CallerGone()) == [End(Ending.CALLER_HUNG_UP)]


def test_a_caller_who_hangs_up_late_is_not_spoken_to_first():
    call = listening()
    call.now_ms += 60_000  # the process was frozen
    assert call.happens(CallerGone()) == [End(Ending.CALLER_HUNG_UP)]


def test_nothing_follows_the_end():
    call = agent_speaking()
    call.happens(CallerGone())
    call.did.clear()
    call.speak(1_000)
    call.press("1#")
    call.understood("hello")
    call.says(1_000)
    call.fails()
    call.happens(CallerGone())
    call.happens(Tick())
    assert call.did == []
    assert call.machine.next_deadline_ms() is None


def test_a_process_that_was_frozen_takes_the_call_up_again():
    call = listening()
    call.speak(400)
    call.now_ms += 40_000
    transcribe_of(call.happens(Heard(speech=False)))
    assert call.state is State.THINKING


# Whatever happens

MIXED = [
    Started(),
    Heard(speech=True),
    Heard(speech=False),
    KeyPressed(),
    KeyPressed(is_end=True),
    Tick(),
]


@st.composite
def happenings(draw: st.DrawFn) -> tuple[int, object, int]:
    """Ms until it happens; what; for news of work, how many turns ago it began."""
    wait_ms = draw(st.sampled_from([0, 1, 20, 100, 240, 600, 1_500, 3_000, 8_000, 31_000]))
    ago = draw(st.sampled_from([0, 0, 0, 0, 1, 2]))
    kind = draw(st.integers(0, 9))
    match kind:
        case 0:
            texts = ["", "hello", "when are you open", "my number is", "stop"]
            text = draw(st.integers(0, len(texts) - 1))
            return wait_ms, Transcribed(0, text, understand(texts[text], "en")), ago
        case 1:
            return wait_ms, Queued(0, draw(st.integers(-500, 20_000))), ago
        case 2:
            return wait_ms, ReplyMade(0, draw(st.sampled_from(After))), ago
        case 3:
            return wait_ms, Failed(0, "EngineFailed"), ago
        case 5:
            return wait_ms, TakeFailed(0, "EngineFailed"), ago
        case 6:
            return wait_ms, EndHeard(0, draw(st.integers(0, 100))), ago
        case 4:
            return wait_ms, "speech", draw(st.sampled_from([4, 12, 50]))
        case _:
            return wait_ms, draw(st.sampled_from(MIXED)), 0


scripts = st.lists(happenings(), max_size=40)
tunings = st.builds(
    Tuning,
    endpoint_ms=st.sampled_from([100, 600]),
    early_ms=st.sampled_from([0, 60, 250]),
    partial_ms=st.sampled_from([0, 200]),
    drafts=st.sampled_from([0, 3]),
    filler_ms=st.sampled_from([0, 1_200]),
    mute_ms=st.sampled_from([40, 120]),
    can_interrupt=st.booleans(),
    hears_stop_words=st.booleans(),
    has_secrets=st.booleans(),
    idle_prompts=st.integers(0, 2),
    max_call_ms=st.sampled_from([60_000, 1_800_000]),
)


def played(tuning: Tuning, script: list[tuple[int, object, int]], check=lambda call: None) -> Call:
    """The call after all this; `check` is asked after every event."""
    call = answered(tuning=tuning)
    for wait_ms, event, ago in script:
        turn = call.machine.turn - ago
        match event:
            case "speech":
                call.speak(20 * ago)
            case Queued(until_ms=ms):
                call.now_ms += wait_ms
                call.happens(Queued(turn, call.now_ms + ms))
            case Transcribed() | TakeFailed() | EndHeard():
                call.now_ms += wait_ms
                call.happens(replace(event, take=call.machine.take - ago))
            case ReplyMade() | Failed():
                call.now_ms += wait_ms
                call.happens(replace(event, turn=turn))
            case _:
                call.now_ms += wait_ms
                call.happens(event)  # type: ignore[arg-type]
        check(call)
    return call


@given(tuning=tunings, script=scripts)
@settings(max_examples=80, deadline=None)
def test_until_its_end_a_call_always_has_a_deadline(tuning, script):
    def check(call: Call) -> None:
        assert (call.machine.next_deadline_ms() is None) == (call.state is State.ENDED)

    played(tuning, script, check)


@given(tuning=tunings, script=scripts)
@settings(max_examples=80, deadline=None)
def test_when_every_engine_dies_the_caller_hears_of_it_or_the_call_ends(tuning, script):
    call = played(tuning, script)
    call.did.clear()
    longest_ms = (  # what was queued, then the longest of each wait there is
        20_000
        + max(tuning.max_utterance_ms + tuning.endpoint_ms, tuning.digit_pause_ms, tuning.stall_ms)
        + tuning.first_audio_ms
        + tuning.idle_ms
    )
    state = call.state
    call.wait(longest_ms)
    assert call.all(Say) or call.end or state is State.ENDED
    call.wait(longest_ms + tuning.closing_ms)
    assert call.state is State.ENDED


@given(tuning=tunings, script=scripts)
@settings(max_examples=80, deadline=None)
def test_at_any_moment_the_deadlines_settle(tuning, script):
    def check(call: Call) -> None:
        for _ in range(6):
            due_ms = call.machine.next_deadline_ms()
            if due_ms is None or due_ms > call.now_ms:
                return
            call.happens(Tick())
        pytest.fail("ticks at one moment go round in circles")

    played(tuning, script, check)


@given(tuning=tunings, script=scripts)
@settings(max_examples=60, deadline=None)
def test_the_same_events_lead_to_the_same_commands(tuning, script):
    assert played(tuning, script).did == played(tuning, script).did


@given(tuning=tunings, script=scripts, gone=st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_turn_is_heard_out_once_and_nothing_is_said_after_the_end(tuning, script, gone):
    call = played(tuning, script)
    if gone:
        call.happens(CallerGone())
    call.wait(200_000)
    heard = call.all(AllHeard)
    assert len(heard) == len(set(heard))
    assert len(call.all(End)) == 1
    assert isinstance(call.did[-1], End)


@given(tuning=tunings, script=scripts)
@settings(max_examples=60, deadline=None)
def test_a_new_turn_never_has_an_old_number(tuning, script):
    call = played(tuning, script)
    takes = [command.take for command in call.all(Transcribe)]
    turns = [command.turn for command in call.did if isinstance(command, Reply | Draft | Say)]
    assert takes == sorted(set(takes))
    assert turns == sorted(set(turns))


def test_the_machine_needs_nothing_but_its_tuning():
    assert TurnMachine(TUNING).next_deadline_ms() is None
