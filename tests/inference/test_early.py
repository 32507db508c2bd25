"""Recognition that begins before it is certain that the caller is done."""

from inference.turns.events import Cancel, Reply, Say, Transcribe, Transcribed
from inference.turns.machine import State
from inference.turns.tuning import Tuning
from tests.inference.calls import Call, listening

TUNING = Tuning(endpoint_ms=600, early_ms=250)


def paused(ms: int = 250) -> Call:
    """The caller said something and has been silent for so long."""
    call = listening(tuning=TUNING)
    call.speak(800)
    call.wait(ms)
    return call


def test_recognition_begins_in_the_pause_and_the_turn_goes_on():
    call = paused()
    assert len(call.all(Transcribe)) == 1
    assert call.state is State.LISTENING


def test_the_answer_begins_when_the_turn_is_over_without_another_recognition():
    call = paused()
    call.understood("when are you open")
    assert call.all(Reply) == []
    call.wait(350)
    [reply] = call.all(Reply)
    assert (reply.text, reply.turn_end_ms) == ("when are you open", call.now_ms)
    assert len(call.all(Transcribe)) == 1


def test_a_recognition_that_takes_longer_than_the_pause_is_waited_for():
    call = paused(600)
    assert call.state is State.THINKING
    call.understood("when are you open")
    assert len(call.all(Reply)) == len(call.all(Transcribe)) == 1


def test_a_caller_who_talks_on_is_recognised_anew_and_whole():
    call = paused()
    call.understood("I'd like")
    call.speak(800)
    assert Cancel() in call.did
    call.wait(250)
    first, second = call.all(Transcribe)
    assert first.from_ms == second.from_ms
    assert second.speech_end_ms == call.now_ms - 250
    call.understood("I'd like an appointment")
    call.wait(350)
    assert [reply.text for reply in call.all(Reply)] == ["I'd like an appointment"]


def test_what_was_guessed_of_the_first_half_is_for_nobody_once_the_caller_talks_on():
    call = paused()
    early = call.machine.turn
    call.speak(800)
    call.happens(Transcribed(early, "I'd like"))
    call.wait(600)
    assert call.all(Reply) == []


def test_a_noise_in_the_pause_does_not_begin_recognition_anew():
    call = paused()
    call.speak(40)
    assert Cancel() not in call.did
    call.understood("when are you open")
    call.wait(600)
    assert len(call.all(Reply)) == 1


def test_an_early_recognition_that_failed_is_tried_again_at_the_end_of_the_turn():
    call = paused()
    call.fails()
    assert call.all(Say) == []
    call.wait(350)
    assert len(call.all(Transcribe)) == 2
    call.understood("when are you open")
    assert len(call.all(Reply)) == 1


def test_a_cough_recognised_early_as_nothing_gets_no_answer():
    call = listening(tuning=TUNING)
    call.speak(100)
    call.wait(250)
    call.understood("")
    call.wait(350)
    assert call.state is State.LISTENING
    assert call.all(Say) == []


def test_silence_counts_from_the_last_word_not_from_where_the_detector_lets_go():
    call = listening(tuning=TUNING, hangover_ms=100)
    call.speak(900)  # the last 100 ms of it are the detector's
    call.wait(499)
    assert call.state is State.LISTENING
    call.wait(1)
    assert call.state is State.THINKING
    assert call.all(Transcribe)[-1].speech_end_ms == call.now_ms - 600


def test_a_detector_that_lets_go_late_never_ends_a_turn_inside_a_word():
    call = listening(tuning=Tuning(endpoint_ms=100), hangover_ms=100)
    call.speak(1_000)
    assert call.all(Transcribe) == []
