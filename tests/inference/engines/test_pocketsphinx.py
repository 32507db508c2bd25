"""The recogniser, judged by a human voice: Asterisk's prompts, with the words they say."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from inference import audio
from inference.engines import cmu_phones, pocketsphinx
from inference.engines.base import EngineUnavailable, Entry, Knowledge
from inference.engines.questions import Questions, words
from telephony import human_voice
from telephony.phone_codecs import MU_LAW, MU_LAW_BYTES

SAID = {
    "conf-getpin": "please enter the conference pin number",
    "number-not-answering": "the number is not answering",
    "vm-msgsaved": "your message has been saved",
    "tt-weasels": "weasels have eaten our phone system",
    "privacy-prompt": "please enter your phone number starting with the area code",
    "dir-nomatch": "no directory entries match your search",
}
ASKED = Knowledge("en", entries=tuple(Entry((said,), name) for name, said in SAID.items()))
CLINIC = Knowledge(
    "en",
    entries=(
        Entry(("what are your opening hours", "when are you open"), "hours"),
        Entry(("i would like an appointment", "can i see the doctor"), "visit"),
        Entry(("i need a new prescription",), "prescription"),
        Entry(("it is an emergency",), "emergency"),
    ),
)


@pytest.fixture(scope="module")
def engine():
    return pocketsphinx.PocketSphinx()


@pytest.fixture(scope="module", autouse=True)
def _prompts_are_there():
    if not human_voice.has(list(SAID)):
        pytest.skip("Asterisk's prompts are not here; run ./run setup")


def over_mu_law(pcm):
    narrow = np.frombuffer(audio.resample(pcm, 16_000, 8_000), dtype="<i2")
    heard = MU_LAW[MU_LAW_BYTES[narrow.view(np.uint16)]]
    return audio.resample(heard.astype("<i2").tobytes(), 8_000, 16_000)


@pytest.mark.parametrize("name", SAID)
def test_a_person_asking_a_question_is_understood(engine, name):
    assert engine.transcribe(human_voice.speak(name), ASKED).text == SAID[name]


@pytest.mark.parametrize("name", SAID)
def test_over_a_narrow_line_the_right_question_is_found(engine, name):
    heard = engine.transcribe(over_mu_law(human_voice.speak(name)), ASKED).text
    found = Questions().find(heard, ASKED)
    assert found is not None
    assert found.answer == name


@pytest.mark.parametrize("name", SAID)
def test_what_the_agent_does_not_know_finds_no_question(engine, name):
    heard = engine.transcribe(human_voice.speak(name), CLINIC).text
    assert Questions().find(heard, CLINIC) is None


def test_the_caller_before_leaves_no_trace(engine):
    first, second = human_voice.speak("vm-msgsaved"), human_voice.speak("conf-getpin")
    alone = engine.transcribe(second, CLINIC)
    engine.transcribe(over_mu_law(first), CLINIC)
    assert engine.transcribe(second, CLINIC) == alone


@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(640), bytes(64_000)])
def test_silence_holds_no_words(engine, pcm):
    assert engine.transcribe(pcm, CLINIC).text == ""


def test_a_new_answer_keeps_the_decoder_and_a_new_question_makes_one(engine):
    question = ("when are you open",)
    old = Knowledge("en", entries=(Entry(question, "from eight"),))
    new_answer = Knowledge("en-GB", entries=(Entry(question, "from nine"),))
    new_question = Knowledge("en", entries=(Entry((*question, "are you open today"), "yes"),))
    assert engine._decoder_for(old) is engine._decoder_for(new_answer)
    assert engine._decoder_for(old) is not engine._decoder_for(new_question)


def test_the_decoders_kept_are_bounded():
    engine = pocketsphinx.PocketSphinx()
    for number in range(pocketsphinx.KNOWLEDGES + 3):
        engine._decoder_for(Knowledge("en", entries=(Entry((f"question {number}",), ""),)))
    assert len(engine._decoders) == pocketsphinx.KNOWLEDGES


def test_no_file_is_left_behind(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine.prepare(Knowledge("en", entries=(Entry(("is my file gone",), "yes"),)))
    assert list(Path(tmp_path).iterdir()) == []


def test_another_language_is_refused_with_the_way_out(engine):
    with pytest.raises(EngineUnavailable, match="faster-whisper"):
        engine.transcribe(bytes(6400), Knowledge("de"))


def test_names_the_dictionary_lacks_are_heard_by_their_sound(engine):
    assert "oberkircher" not in pocketsphinx._pronunciations()
    knowledge = Knowledge("en", entries=(Entry(("doctor oberkircher please",), ""),))
    assert pocketsphinx.unknown_words(knowledge) == ()
    assert cmu_phones.phones_of("oberkircher") == "OW B ER K ER CH ER"
    engine.prepare(knowledge)


def test_words_that_nobody_can_say_are_told_and_left_out(engine, monkeypatch):
    monkeypatch.setattr(cmu_phones, "phones_of", lambda word: "")
    knowledge = Knowledge("en", entries=(Entry(("please call xqzzy now", "xqzzy"), ""),))
    assert pocketsphinx.unknown_words(knowledge) == ("xqzzy",)
    engine.prepare(knowledge)


@pytest.mark.parametrize("wording", ["", "?!", "<s> </s>", "a(2) b", "日本", "1 2 3", "\\data\\"])
def test_odd_questions_are_survived(engine, wording):
    knowledge = Knowledge("en", entries=(Entry((wording,), ""),))
    assert isinstance(engine.transcribe(bytes(64_000), knowledge).text, str)


def test_most_sounds_of_espeak_agree_with_the_dictionary():
    from rapidfuzz.distance import Levenshtein

    dictionary = pocketsphinx._pronunciations()
    sample = sorted(dictionary)[:: len(dictionary) // 300]
    errors = total = 0
    for word in sample:
        phones = cmu_phones.phones_of(word).split()
        errors += min(Levenshtein.distance(phones, said.split()) for said in dictionary[word])
        total += len(dictionary[word][0].split())
    assert errors / total < 0.15


def test_everyday_words_are_the_most_frequent_and_their_shares_are_shares():
    everyday = pocketsphinx.everyday_words(100)
    assert len(everyday) == 100
    assert {"the", "to", "and", "you"} <= set(everyday)
    assert 0 < min(everyday.values()) <= max(everyday.values()) < 0.1
    assert all(words(word) == (word,) for word in everyday)
