"""python -m bench.align: times the words of the clips, for data/clips.json.

Where a word lies is known by forced alignment of the published words. When a recogniser has it
is measured with the embedded one, over the telephone, working for an agent whose questions use
other words: the clip is decoded again and again, each time a little longer.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

import difflib
import json
import sys
from collections.abc import Sequence
from typing import Any

from bench.clips import BYTES_PER_MS, DATA, fingerprint, sounds_ms, trimmed
from bench.stt_embedded import OTHER_WORDS, over, published
from inference.engines.base import Entry, Knowledge
from inference.engines.pocketsphinx import PIECE_BYTES, PocketSphinx
from inference.engines.questions import words
from telephony import human_voice

GROWS_MS = 20
SILENCE_AFTER_MS = 240  # a word's last sound is often only sure once it is over
MOST_OFF_MS = 120  # between the last word's end and the last sound
SHORTEST, LONGEST = 4, 12  # words
NOT_WORDS = ("<s>", "</s>", "<sil>", "(NULL)")

# Whole sentences that somebody on the telephone might say; other prompts are pieces.
SENTENCES = (
    "all-circuits-busy-now", "check-number-dial-again", "conf-extended", "conf-full",
    "conf-getpin", "conf-invalid", "conf-invalidpin", "conf-kicked", "conf-leaderhasleft",
    "conf-locked", "conf-lockednow", "conf-muted", "conf-noempty", "conf-nonextended",
    "conf-now-muted", "conf-now-recording", "conf-onlyone", "conf-onlyperson",
    "conf-unlockednow", "conf-waitforleader", "confbridge-begin-glorious-a",
    "confbridge-conf-begin", "confbridge-conf-end", "confbridge-invalid",
    "confbridge-lock-no-join", "confbridge-only-participant", "confbridge-removed",
    "demo-echodone", "demo-nomatch", "dir-nomatch", "dir-nomore", "enter-num-blacklist",
    "feature-not-avail-line", "followme/no-recording", "followme/pls-hold-while-try", "invalid",
    "number-not-answering", "please-try-call-later", "pls-hold-while-try", "pm-invalid-option",
    "priv-recordintro", "privacy-incorrect", "privacy-prompt", "privacy-unident",
    "queue-callswaiting", "queue-thankyou", "something-terribly-wrong",
    "sorry-youre-having-problems", "speed-dial-empty", "transfer", "tt-monkeysintro",
    "tt-somethingwrong", "tt-weasels", "vm-changeto", "vm-delete", "vm-dialout",
    "vm-enter-num-to-call", "vm-invalidpassword", "vm-leavemsg", "vm-mailboxfull",
    "vm-msgforwarded", "vm-msgsaved", "vm-nobodyavail", "vm-nonumber", "vm-passchanged",
    "vm-reachoper", "vm-repeat", "vm-savefolder", "vm-sorry", "vm-tempgreetactive",
    "vm-tempgreeting", "vm-tempremoved", "vm-tocallback", "vm-tocancelmsg", "vm-tooshort",
    "vm-toreply",
)  # fmt: skip


def aligned(pcm: bytes, said: Sequence[str]) -> list[tuple[int, int]]:
    """Begin and end of each word in ms; empty where the words do not fit the sound."""
    from pocketsphinx import Decoder

    decoder = Decoder(lm=None, bestpath=False, loglevel="FATAL")
    try:
        decoder.set_align_text(" ".join(said))
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        found = [part for part in decoder.seg() or () if part.word not in NOT_WORDS]
    except RuntimeError:
        return []
    times = [(10 * part.start_frame, 10 * part.end_frame + 10) for part in found]
    return times if len(times) == len(said) else []


def known(engine: PocketSphinx, knowledge: Knowledge, pcm: bytes, said: Sequence[str]) -> list[int]:
    """For each word when it is recognised for good; 0 where it never is."""
    heard = over("mu-law", pcm + bytes(SILENCE_AFTER_MS * BYTES_PER_MS))
    known_ms = [0] * len(said)
    kept: set[int] = set(range(len(said)))
    for end_ms in range(len(heard) // BYTES_PER_MS, PIECE_BYTES // BYTES_PER_MS, -GROWS_MS):
        text = engine.transcribe(heard[: end_ms * BYTES_PER_MS], knowledge).text
        same = difflib.SequenceMatcher(None, said, words(text), autojunk=False)
        kept &= {block.a + at for block in same.get_matching_blocks() for at in range(block.size)}
        if not kept:
            break
        for index in kept:
            known_ms[index] = end_ms
    return known_ms


def entry(name: str, text: str, engine: PocketSphinx, knowledge: Knowledge) -> dict[str, Any]:
    """The clip's times; empty where its words could not be timed."""
    whole = human_voice.speak(name)
    said = words(text)
    times = aligned(whole, said)
    begin_ms, end_ms = sounds_ms(whole)
    if not times or not SHORTEST <= len(said) <= LONGEST:
        return {}
    if abs(times[-1][1] - end_ms) > MOST_OFF_MS:
        return {}
    pcm = trimmed(whole)
    times[-1] = (times[-1][0], end_ms)
    rows = []
    for word, (from_ms, to_ms), at_ms in zip(
        said, times, known(engine, knowledge, pcm, said), strict=True
    ):
        start_ms, stop_ms = max(0, from_ms - begin_ms), min(to_ms, end_ms) - begin_ms
        rows.append([word, start_ms, stop_ms, max(at_ms or stop_ms, start_ms)])
    return {"name": name, "sha256": fingerprint(pcm), "words": rows}


def main() -> None:
    engine = PocketSphinx()
    others = tuple(Entry(wordings, prompt) for prompt, wordings in OTHER_WORDS.items())
    knowledge = Knowledge("en", entries=others)
    said = published()
    found = []
    for name in SENTENCES:
        timed = entry(name, said[name], engine, knowledge)
        print(name, "timed" if timed else "dropped", file=sys.stderr)
        found += [timed] if timed else []
    DATA.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in found)
    DATA.write_text(f"[\n{lines}\n]\n")
    print(f"{len(found)} of {len(SENTENCES)} sentences timed, written to {DATA.name}")


if __name__ == "__main__":
    main()
