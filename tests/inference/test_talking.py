"""What callers notice: answers ready early, resumed sentences, keys, languages, repeats."""

from dataclasses import replace

import pytest

from inference.engines.base import After, Transcript
from inference.turns.machine import State
from inference.turns.tuning import Tuning
from tests.inference.talks import LETTER_MS, SCRIPT, Talk, asked, listening

pytestmark = pytest.mark.filterwarnings("error")

AHEAD = Tuning(early_ms=60, drafts=3)
ANSWER = "We are open on Monday. On Sunday we are closed."


def heard_by_model(talk: Talk) -> list[tuple[str, str]]:
    return [(said.speaker.value, said.text) for said in talk.model.asked[-1]]


# Ahead of the turn's end


def drafting(text: str = "I would like an appointment") -> Talk:
    """The caller has paused; it is recognised what was said, and the reply is being written."""
    talk = listening(tuning=AHEAD)
    talk.speak(400)
    talk.wait(60)
    talk.recognised(text)
    assert len(talk.model.asked) == 1
    talk.wait(100)
    if talk.threads.waiting:
        talk.recognised(text)  # to make sure
    return talk


def test_the_reply_is_ready_when_the_pause_turns_out_to_be_the_end():
    with drafting() as talk:
        talk.spoken(ANSWER)
        assert talk.turns == [("agent", "Hello.")]
        talk.wait(440)
        record = talk.last
        assert (record.endpointing_ms, record.stt_ms, record.llm_ms, record.tts_ms) == (
            280,
            0,
            0,
            0,
        )
        assert (record.response_ms, record.was_ahead, record.drafts) == (280, True, 1)
        talk.work()
        talk.wait(5_000)
        assert talk.turns[1:] == [("caller", "I would like an appointment"), ("agent", ANSWER)]


def test_of_a_guess_only_the_first_piece_is_spoken():
    with drafting() as talk:
        talk.spoken(ANSWER)
        assert talk.voice.said == ["Hello.", "We are open on Monday."]


def test_a_guess_that_was_wrong_is_heard_of_by_nobody():
    with drafting() as talk:
        talk.spoken(ANSWER)
        talk.speak(400)
        talk.wait(60)
        talk.recognised("I would like an appointment for my daughter")
        assert talk.model.closed == 1
        assert heard_by_model(talk)[1:] == [
            ("caller", "I would like an appointment for my daughter")
        ]
        talk.wait(100)
        talk.recognised("I would like an appointment for my daughter")  # to make sure
        talk.spoken("Of course.")
        talk.wait(2_000)
        assert talk.turns[1:] == [
            ("caller", "I would like an appointment for my daughter"),
            ("agent", "Of course."),
        ]


def test_a_guess_hangs_up_only_when_the_caller_was_done():
    with drafting("thanks goodbye") as talk:
        talk.says(After.HANG_UP)
        talk.spoken("Goodbye.")
        talk.wait(100)
        assert talk.line.ended is None
        talk.wait(3_000)
        assert talk.line.ended is not None


def test_a_machine_with_much_to_do_answers_all_the_same():
    talk = listening(tuning=AHEAD)
    with talk:
        talk.conversation._ahead._most = 0
        talk.speak(400)
        talk.wait(600)
        talk.recognised("I would like an appointment")
        talk.spoken("Of course.")
        talk.wait(1_000)
        assert talk.turns[-1] == ("agent", "Of course.")
        assert not talk.last.was_ahead


# Over the agent


def speaking(text: str = ANSWER, **how: object) -> Talk:
    """The answer is being heard, since two seconds."""
    talk = asked(**how)
    talk.spoken(text)
    talk.wait(2_000)
    return talk


def test_a_cough_only_halts_the_agent():
    with speaking() as talk:
        talk.says_over("")
        assert talk.line.flushed == 1
        talk.wait(5_000)
        assert talk.turns[-1] == ("agent", ANSWER)
        assert not talk.last.was_interrupted
        assert talk.conversation.machine.state is State.LISTENING


def test_the_sentence_that_was_halted_is_taken_up_at_its_beginning():
    with speaking() as talk:
        before_ms = talk.loop.now_ms
        talk.says_over("mm-hm")
        resumed_ms = talk.loop.now_ms
        talk.wait(5_000)
        sentence_ms = len("On Sunday we are closed.") * LETTER_MS
        assert talk.last.ended_ms - resumed_ms == pytest.approx(sentence_ms, abs=50)
        assert resumed_ms - before_ms < 1_000


def test_a_reply_is_written_on_while_it_is_halted():
    with asked() as talk:
        talk.says("We are open on Monday. ")
        talk.work()
        talk.wait(600)
        talk.speak(200)
        talk.says("On Sunday we are closed. ", None)
        talk.wait(300)
        while talk.threads.waiting:
            talk.recogniser.says.append("")
            talk.work()
        talk.wait(6_000)
        assert talk.turns[-1] == ("agent", ANSWER)


def test_an_interrupted_reply_is_kept_as_far_as_it_was_heard():
    with speaking() as talk:
        talk.says_over("no I meant tuesday")
        agent = talk.turns[-1]
        assert agent == ("agent", "We are open on Monday. On Sunday we are")
        assert talk.last.unheard_text == "closed."


def test_a_caller_who_hangs_up_over_the_agent_has_interrupted_it():
    with speaking() as talk:
        talk.speak(200)
        talk.hangs_up()
        assert talk.last.was_interrupted


def test_a_notice_is_heard_to_its_end():
    script = replace(SCRIPT, notices=("We are open on Monday.",))
    with asked(script=script) as talk:
        talk.spoken(ANSWER)
        talk.speak(900)
        assert talk.line.flushed == 0
        talk.wait(300)
        talk.speak(200)
        assert talk.line.flushed == 1


# While the caller waits


def test_a_filler_is_heard_while_the_answer_takes_long():
    script = replace(SCRIPT, fillers=("One moment.", "Let me see."))
    with asked(script=script, canned={"One moment.": 500, "Let me see.": 500}) as talk:
        talk.wait(1_200)
        assert talk.line.heard_ms() == 0
        talk.wait(300)
        assert talk.line.heard_ms() > 0
        talk.spoken("Yes.")
        talk.wait(2_000)
        assert talk.turns[-1] == ("agent", "One moment. Yes.")
        assert talk.last.response_ms == 600 + 1_500
        assert talk.conversation._history.last_reply() == "Yes."


def test_fillers_take_turns():
    script = replace(SCRIPT, fillers=("One moment.", "Let me see."))
    with asked(script=script, canned={"One moment.": 500, "Let me see.": 500}) as talk:
        heard = []
        for _ in range(2):
            talk.wait(1_200)
            talk.spoken("Yes.")
            talk.wait(2_000)
            heard.append(talk.turns[-1][1])
            talk.press("1#"[0])
            talk.press("#")
        talk.spoken("Yes.")
        assert heard == ["One moment. Yes.", "Let me see. Yes."]


def test_a_sentence_that_lies_ready_needs_no_voice():
    with asked(canned={"Say again?": 400, "Sorry.": 400}) as talk:
        talk.voice.fails = RuntimeError()
        talk.says(RuntimeError(), RuntimeError())
        talk.wait(1_000)
        talk.says(RuntimeError())
        talk.wait(1_000)
        assert "Say again?" in [text for _, text in talk.turns]
        assert talk.line.ended is None


# How the agent speaks


def test_what_is_written_for_the_eye_is_spoken_for_the_ear():
    with asked() as talk:
        talk.spoken("**Call** 555-0109 \N{SMILING FACE WITH OPEN MOUTH}. ")
        assert "*" not in talk.voice.said[-1]
        assert "555" not in talk.voice.said[-1]
        talk.wait(20_000)
        assert talk.turns[-1] == ("agent", "Call 555-0109.")


def test_a_reply_of_nothing_but_markup_is_no_reply():
    with asked() as talk:
        talk.spoken("** **\n---\n")
        assert len(talk.model.asked) == 2  # asked once more


def test_names_are_said_as_their_owner_says_them():
    script = replace(SCRIPT, pronunciations=(("Nguyen", "Win"),))
    with asked(script=script) as talk:
        talk.spoken("Doctor Nguyen is in. ")
        assert talk.voice.said[-1] == "Doctor Win is in."


def test_what_lies_ready_as_another_agent_says_it_is_not_played():
    script = replace(SCRIPT, pronunciations=(("Nguyen", "Win"),))
    with asked(script=script, canned={"Doctor Nguyen is in.": 400}) as talk:
        talk.spoken("Doctor Nguyen is in. ")
        assert talk.voice.said[-1] == "Doctor Win is in."


def test_a_caller_who_asks_hears_it_again_slower_and_the_model_is_not_troubled():
    with asked() as talk:
        talk.spoken("We are open on Monday.")
        talk.wait(3_000)
        usual = talk.voice.speeds[-1]
        talk.speak(800)
        talk.wait(600)
        talk.recognised("could you repeat that please")
        while talk.threads.waiting:
            talk.work()
        assert talk.voice.said[-1] == "We are open on Monday."
        assert talk.voice.speeds[-1] < usual
        assert len(talk.model.asked) == 1


def test_a_caller_who_asks_is_spoken_to_slower_from_then_on():
    with asked() as talk:
        talk.spoken("We are open on Monday.")
        talk.wait(3_000)
        talk.speak(800)
        talk.wait(600)
        talk.recognised("slower please")
        while talk.threads.waiting:
            talk.work()
        talk.wait(3_000)
        talk.press("1")
        talk.press("#")
        talk.spoken("Yes.")
        assert talk.voice.speeds[-1] < 1


# Keys that nobody is told


def asked_for_a_secret() -> Talk:
    talk = asked("I lost my card")
    talk.says(After.SECRET_KEYS)
    talk.spoken("Type your number.")
    talk.wait(3_000)
    return talk


def test_secret_keys_reach_neither_model_nor_transcript_nor_tape():
    with asked_for_a_secret() as talk:
        assert talk.line.is_hidden
        for digit in "4711#":
            talk.press(digit)
        assert not talk.line.is_hidden
        assert heard_by_model(talk)[-1] == ("caller", "[4 secret digits]")
        assert talk.turns[-1] == ("caller", "[4 secret digits]")
        assert talk.conversation.secret == "4711"
        assert "4711" not in repr(talk.notes.all)


def test_a_secret_that_is_spoken_is_not_recognised():
    with asked_for_a_secret() as talk:
        recognised = len(talk.recogniser.heard)
        talk.speak(1_000)
        talk.wait(2_000)
        assert len(talk.recogniser.heard) == recognised
        assert talk.voice.said[-1] != "We are open"
        while talk.threads.waiting:
            talk.work()
        assert talk.voice.said[-1] == SCRIPT.type_it


# Languages


def test_the_next_reply_is_in_the_language_the_caller_changed_to():
    german = replace(
        SCRIPT, knowledge=replace(SCRIPT.knowledge, language="de"), say_again="Wie bitte?"
    )
    talk = listening(script=replace(SCRIPT, others=(german,)))
    with talk:
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised(Transcript("wann haben Sie auf", language="de"))
        assert talk.model.knowledge[-1].language == "de"
        talk.spoken(" ")
        talk.spoken(" ")
        assert talk.voice.said[-1] == "Wie bitte?"
        assert talk.recogniser.knowledge[-1].languages == ("de",)
        talk.wait(2_000)
        talk.speak(1_000)
        talk.wait(600)
        talk.recognised("ja")
        assert talk.recogniser.knowledge[-1].language == "de"
        assert talk.recogniser.knowledge[-1].languages == ("en",)
