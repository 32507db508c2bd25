"""Work that begins before it is certain that the caller is done."""

from inference.turns.events import (
    Cancel,
    Draft,
    EndHeard,
    Failed,
    Release,
    Reply,
    Say,
    TakeFailed,
    Transcribe,
)
from inference.turns.machine import UNLUCKY, State
from inference.turns.tuning import Tuning
from tests.inference.calls import Call, listening

TUNING = Tuning(endpoint_ms=600, done_ms=200, early_ms=60, partial_ms=200, drafts=3)
ASKED = "I would like an appointment"  # a whole sentence that may go on


def paused(ms: int = 60, **tuning: int) -> Call:
    """The caller said something short and has been silent for so long."""
    call = listening(tuning=TUNING)
    call.speak(180)
    call.wait(ms)
    return call


# Recognition


def test_recognition_begins_in_the_pause_and_the_turn_goes_on():
    call = paused()
    assert [(take.is_ahead, take.is_pause) for take in call.all(Transcribe)] == [(True, True)]
    assert call.state is State.LISTENING


def test_a_little_later_it_is_made_sure_that_no_faint_last_word_is_missing():
    call = paused()
    call.again = None
    call.understood("I would like an")
    call.again = ASKED
    call.wait(600)
    assert len(call.all(Transcribe)) == 2
    assert call.replies == [ASKED]


def test_complete_words_need_not_be_made_sure_of():
    call = paused()
    call.understood("no thank you")
    call.wait(600)
    assert len(call.all(Transcribe)) == 1


def test_a_recognition_that_makes_sure_is_waited_for():
    call = paused()
    call.understood(ASKED)
    call.again = None
    call.wait(540)
    assert (call.state, call.replies) == (State.THINKING, [])
    call.understood(ASKED)
    assert call.replies == [ASKED]


def test_where_it_cannot_be_made_sure_what_is_known_is_answered():
    call = paused()
    call.understood(ASKED)
    call.again = None
    call.wait(540)
    call.not_recognised()
    assert call.replies == [ASKED]


def test_a_whole_sentence_is_answered_sooner():
    call = paused()
    call.understood(ASKED)
    call.wait(200)
    assert call.replies == []
    call.wait(20)
    assert call.replies == [ASKED]


def test_while_the_caller_speaks_recognition_is_done_over_and_over():
    call = listening(tuning=TUNING)
    for _ in range(4):
        call.speak(200)
        call.understood(ASKED)
    assert len(call.all(Transcribe)) == 4


def test_no_more_is_asked_of_a_recogniser_that_does_not_keep_up():
    call = listening(tuning=TUNING)
    call.speak(2_000)
    call.wait(100)
    assert len(call.all(Transcribe)) == 2


def test_the_answer_begins_when_the_turn_is_over_without_another_recognition():
    call = paused()
    call.understood(ASKED)
    call.wait(220)
    [release] = call.all(Release)
    assert (call.replies, release.said.turn_end_ms) == ([ASKED], call.now_ms)


def test_a_recognition_that_takes_longer_than_the_pause_is_waited_for():
    call = paused(600)
    assert call.state is State.THINKING
    call.understood(ASKED)
    assert len(call.all(Reply)) == 1


def test_a_caller_who_talks_on_is_recognised_anew_and_whole():
    call = paused()
    call.understood("I would like")
    call.speak(180)
    call.wait(60)
    first, second, *_ = call.all(Transcribe)
    assert first.from_ms == second.from_ms
    call.understood(ASKED)
    call.wait(600)
    assert call.replies == [ASKED]


def test_what_was_guessed_of_the_first_half_is_for_nobody_once_the_caller_talks_on():
    call = paused()
    early = call.machine.take
    call.speak(180)
    call.understood("I would like", early)
    call.wait(600)
    assert call.replies == []


def test_a_noise_in_the_pause_does_not_begin_recognition_anew():
    call = paused()
    call.speak(40)
    call.understood(ASKED)
    call.wait(600)
    assert call.replies == [ASKED]
    assert len(call.all(Transcribe)) == 2  # the second makes sure


def test_an_early_recognition_that_failed_is_tried_again_at_the_end_of_the_turn():
    call = paused()
    call.not_recognised()
    assert call.all(Say) == []
    call.wait(540)
    assert [take.is_ahead for take in call.all(Transcribe)] == [True, False]
    call.understood(ASKED)
    assert len(call.all(Reply)) == 1


def test_what_was_not_begun_for_want_of_room_is_not_asked_for_all_the_time():
    call = paused()
    call.happens(TakeFailed(call.machine.take, "not now"))
    call.wait(500)
    assert len(call.all(Transcribe)) == 1


def test_a_cough_recognised_early_as_nothing_gets_no_answer():
    call = listening(tuning=TUNING)
    call.speak(100)
    call.wait(250)
    call.understood("")
    call.wait(350)
    assert call.state is State.LISTENING
    assert call.all(Say) == []


# The reply


def test_the_reply_is_begun_in_the_pause_and_heard_at_its_end():
    call = paused()
    call.understood(ASKED)
    assert call.drafts == [ASKED]
    call.wait(540)
    assert [type(command) for command in call.did] == [Transcribe, Draft, Transcribe, Release]


def test_a_draft_is_dropped_unheard_when_the_caller_talks_on():
    call = paused()
    call.understood(ASKED)
    call.speak(100)
    assert call.did[-1] == Cancel()
    assert call.replies == []


def test_a_draft_outlives_a_click():
    call = paused()
    call.understood(ASKED)
    call.speak(60)
    assert Cancel() not in call.did


def test_a_changed_transcript_starts_the_reply_anew():
    call = listening(tuning=TUNING)
    call.speak(500)
    call.understood(ASKED)  # of the first 200 ms
    call.wait(60)
    assert call.drafts == [ASKED]
    call.understood("I would like an appointment tomorrow")
    assert [type(command) for command in call.did[-2:]] == [Cancel, Draft]
    call.wait(600)
    assert call.replies == ["I would like an appointment tomorrow"]
    assert len(call.all(Release)) == 1


def test_an_unchanged_transcript_lets_a_reply_be_heard_that_was_begun_on_less():
    call = listening(tuning=TUNING)
    call.speak(500)
    call.understood(ASKED)
    call.wait(60)
    call.understood(ASKED)
    call.wait(600)
    assert len(call.all(Draft)) == len(call.all(Release)) == 1


def test_no_reply_is_heard_before_all_that_was_said_is_recognised():
    call = listening(tuning=TUNING)
    call.speak(500)
    call.understood(ASKED)
    call.again = None
    call.wait(600)
    assert (call.state, call.replies) == (State.THINKING, [])


def test_words_that_no_turn_ends_with_are_not_answered_ahead():
    call = paused()
    call.understood("my number is")
    assert call.drafts == []


def test_only_so_many_replies_are_begun_ahead_in_one_turn():
    call = listening(tuning=TUNING)
    for count in range(8):
        call.speak(180)
        call.wait(60)
        call.understood(f"{ASKED} {count} please")
    assert len(call.all(Draft)) == TUNING.drafts


def test_words_that_may_go_on_are_answered_ahead_once_the_pause_is_long():
    call = paused()
    call.understood("the appointment")
    call.wait(130)
    assert call.drafts == []
    call.wait(10)
    assert call.drafts == ["the appointment"]
    call.wait(400)
    assert len(call.all(Draft)) == len(call.all(Release)) == 1


def test_complete_words_are_answered_ahead_while_the_last_one_still_sounds():
    call = listening(tuning=TUNING)
    for _ in range(2):
        call.speak(300)
        call.understood(ASKED)
    assert call.drafts == [ASKED]
    call.wait(60)
    call.understood(ASKED)
    call.wait(600)
    assert call.replies == [ASKED]
    assert len(call.all(Draft)) == len(call.all(Release)) == 1


def test_half_a_sentence_is_not_answered_ahead_in_mid_speech():
    call = listening(tuning=TUNING)
    call.speak(300)
    call.understood("my brother")
    assert call.drafts == []


def test_an_answer_begun_in_mid_speech_is_dropped_when_more_than_a_word_follows():
    call = listening(tuning=TUNING)
    call.speak(300)
    call.understood(ASKED)
    call.again = None
    call.speak(340)
    assert Cancel() not in call.did
    call.speak(20)
    assert Cancel() in call.did


def test_an_answer_begun_in_mid_speech_is_dropped_when_the_words_go_on():
    call = listening(tuning=TUNING)
    for text in (ASKED, f"{ASKED} for my"):
        call.speak(300)
        call.understood(text)
    assert Cancel() in call.did
    assert call.drafts == [ASKED]


def test_a_word_that_is_known_only_by_the_silence_after_it_is_asked_for_once_more():
    call = paused()
    call.understood("the")
    call.wait(40)
    call.again = None
    call.wait(100)
    assert len(call.all(Transcribe)) == 3
    call.understood("the appointment")
    call.wait(400)
    assert call.replies == ["the appointment"]


def test_a_caller_whose_last_word_always_matters_is_not_guessed_at_for_ever():
    call = listening(tuning=TUNING)
    for count in range(UNLUCKY + 2):
        call.speak(500)
        call.understood(f"{ASKED} on")
        call.understood(f"{ASKED} {count}")
        call.wait(60)
        call.understood(f"{ASKED} {count} please")
        call.wait(600)
        call.says(500)
        call.wait(500)
    assert call.machine._unlucky <= UNLUCKY


def test_a_draft_that_fails_is_begun_again_at_the_end_of_the_turn():
    call = paused()
    call.understood(ASKED)
    call.happens(Failed(call.machine.turn, "EngineFailed"))
    call.wait(540)
    assert call.replies == [ASKED]


def test_nothing_is_done_ahead_where_that_is_switched_off():
    call = listening(tuning=Tuning())
    call.speak(1_000)
    call.wait(599)
    assert call.did == []


# The end of the turn


def test_complete_words_end_the_turn_early():
    call = paused()
    call.understood("no thank you")
    assert call.wait(140) == [call.did[-1]]
    assert isinstance(call.did[-1], Release)


def test_words_that_cannot_end_a_turn_are_waited_for():
    call = paused()
    call.understood("my number is")
    call.wait(TUNING.hanging_ms - 61)
    assert call.state is State.LISTENING
    call.wait(1)
    assert call.state is State.THINKING


def test_words_that_come_late_and_go_on_leave_the_caller_the_floor():
    call = paused(600)
    assert call.state is State.THINKING
    call.understood("my number is")
    assert call.state is State.LISTENING
    call.speak(180)
    call.wait(60)
    call.understood("my number is 5550109999")
    call.wait(4_000)
    assert call.replies[0] == "my number is 5550109999"


def test_a_sound_like_the_end_ends_the_turn_sooner_and_one_like_the_middle_later():
    ends = []
    for percent in (99, 50, 1):
        call = paused()
        call.happens(EndHeard(call.machine.take, percent))
        call.understood(ASKED)
        while call.state is State.LISTENING:
            call.wait(10)
        ends.append(call.now_ms)
    assert ends == sorted(set(ends))


def test_silence_counts_from_the_last_word_not_from_where_the_detector_lets_go():
    call = listening(tuning=Tuning(), hangover_ms=100)
    call.speak(900)  # the last 100 ms of it are the detector's
    call.wait(499)
    assert call.state is State.LISTENING
    call.wait(1)
    call.understood(ASKED)
    assert call.all(Reply)[-1].said.speech_end_ms == call.now_ms - 600


def test_a_drop_in_level_is_the_end_of_a_word_whatever_the_detector_says():
    call = listening(tuning=Tuning(), hangover_ms=100)
    call.speak(900, level_db=-20)
    call.speak(100, level_db=-60)  # the detector holds on
    call.wait(499)
    assert call.state is State.LISTENING
    call.wait(1)
    assert call.state is State.THINKING


def test_a_detector_that_lets_go_late_never_ends_a_turn_inside_a_word():
    call = listening(tuning=Tuning(endpoint_ms=100), hangover_ms=100)
    call.speak(1_000)
    assert call.all(Transcribe) == []
