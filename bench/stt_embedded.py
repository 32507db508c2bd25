"""python -m bench.stt_embedded: how well the embedded recogniser finds the right question.

Human callers are Asterisk's prompts (one American speaker), whose words are published with
them. Three agents listen: one that knows the very words, one whose owner wrote the questions in
other words, and a clinic to whom all of it is off topic. Each over G.722 and over mu-law.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

import gzip
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from bench.calls import percentile
from inference import audio
from inference.engines import pocketsphinx, questions
from inference.engines.base import SAMPLE_HZ, Entry, Knowledge
from inference.engines.pocketsphinx import Listening, PocketSphinx
from telephony import asterisk, human_voice
from telephony.phone_codecs import MU_LAW, MU_LAW_BYTES

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7)
LINES = ("G.722", "mu-law")
TRIED = (
    Listening(),
    Listening(everyday_words=300, everyday_share=0.3, discount=0.5),
    Listening(everyday_words=1000, everyday_share=0.3, discount=0.5),
    Listening(everyday_words=3000, everyday_share=0.5, discount=0.5),
    Listening(everyday_words=1000, everyday_share=0.3, discount=0.5, language_weight=9.0),
)

# What an owner might have written; the prompt's own words differ.
OTHER_WORDS = {
    "check-number-dial-again": ("check the number", "dial the number again"),
    "conf-getpin": ("what is the pin number of the conference", "enter the pin number"),
    "conf-lockednow": ("lock the conference", "is the conference locked"),
    "confbridge-conf-end": ("has the conference ended", "end the conference"),
    "demo-echodone": ("is the echo test completed", "i want an echo test"),
    "dir-nomatch": ("search the directory", "does the directory have an entry"),
    "feature-not-avail-line": ("is that feature available", "which features does this line have"),
    "number-not-answering": ("why is the number not answering", "nobody is answering"),
    "please-try-call-later": ("shall i call again later", "try again later"),
    "pls-hold-while-try": ("connect me please", "can you try to connect me"),
    "priv-recordintro": ("what is your name", "say your name"),
    "privacy-prompt": ("what is my phone number", "do i need the area code"),
    "queue-youarenext": ("speak with a representative", "when will my call be answered"),
    "queue-holdtime": ("how long is the hold time", "estimated hold time"),
    "ss-noservice": ("is the number in service", "number not in service"),
    "vm-delete": ("delete the message", "how do i delete this message"),
    "vm-msgforwarded": ("forward a message", "was my message forwarded"),
    "vm-msgsaved": ("save a message", "is my message saved"),
    "vm-mailboxfull": ("is the mail box full", "can the mail box accept more messages"),
    "vm-newpassword": ("i need a new password", "change my password"),
    "vm-tempremoved": ("remove my temporary greeting", "what is a temporary greeting"),
    "vm-reachoper": ("reach an operator", "can i speak to an operator"),
    "vm-nobodyavail": ("is anybody available", "who can take my call"),
    "demo-thanks": ("goodbye", "thank you and goodbye"),
    "tt-weasels": ("what happened to the phone system", "do weasels eat phones"),
    "tt-monkeysintro": ("who has been carried away", "monkeys"),
    "conf-muted": ("am i muted", "mute me"),
}
CLINIC = (
    ("what are your opening hours", "when are you open", "are you open on saturday"),
    ("where are you", "what is your address", "how do i get there"),
    ("i would like an appointment", "can i make an appointment", "i want to see the doctor"),
    ("i need to cancel my appointment", "i cannot come"),
    ("i need a new prescription", "can i get my medicine"),
    ("where can i park", "is there parking"),
    ("which insurance do you take", "how much does it cost"),
    ("it is an emergency", "i have chest pain", "i need help now"),
    ("can i speak to a person", "i want to talk to someone", "reception please"),
    ("goodbye", "thank you goodbye", "that is all thank you"),
)
ON_TOPIC_AT_A_CLINIC = re.compile(r"thank|goodbye|cancel|representative|operator|help")
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass
class Score:
    """What became of one agent's callers over one line."""

    right: dict[float, int] = field(default_factory=lambda: dict.fromkeys(THRESHOLDS, 0))
    wrong: dict[float, int] = field(default_factory=lambda: dict.fromkeys(THRESHOLDS, 0))
    callers: int = 0
    errors: int = 0
    words: int = 0

    def add(self, prompt: str, said: str, heard: str, knowledge: Knowledge) -> None:
        entry, likeness = questions.nearest(heard, knowledge)
        for threshold in THRESHOLDS:
            if entry is not None and likeness >= threshold:
                (self.right if entry.answer == prompt else self.wrong)[threshold] += 1
        self.callers += 1
        self.errors += Levenshtein.distance(heard.split(), questions.words(said))
        self.words += len(questions.words(said))

    def row(self) -> str:
        parts = [f"{self.right[t]} / {self.wrong[t]}" for t in THRESHOLDS]
        return f"{self.callers} | {100 * self.errors / self.words:.0f} | " + " | ".join(parts)


def published() -> dict[str, str]:
    """The prompts that say at least three words and nothing but words."""
    page = asterisk.find().data_dir.parent / "doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    found = {}
    for line in gzip.decompress(page.read_bytes()).decode(errors="replace").splitlines():
        name, _, words = line.partition(": ")
        words = re.sub(r"[0-9]", lambda digit: f" {DIGIT_WORDS[int(digit[0])]} ", words)
        if not line.startswith(";") and not set("[(*#") & set(words) and len(words.split()) >= 3:
            found[name] = words.strip()
    return found


def over(line: str, pcm: bytes) -> bytes:
    if line == "G.722":
        return pcm  # the prompts are files of G.722
    narrow = np.frombuffer(audio.resample(pcm, SAMPLE_HZ, 8_000), dtype="<i2")
    heard = MU_LAW[MU_LAW_BYTES[narrow.view(np.uint16)]].astype("<i2")
    return audio.resample(heard.tobytes(), 8_000, SAMPLE_HZ)


def agents(said: dict[str, str]) -> Iterator[tuple[str, Knowledge, list[str]]]:
    """Name, knowledge, and the prompts that call it."""
    own = tuple(Entry((said[prompt],), prompt) for prompt in OTHER_WORDS)
    other = tuple(Entry(wordings, prompt) for prompt, wordings in OTHER_WORDS.items())
    clinic = tuple(Entry(wordings, wordings[0]) for wordings in CLINIC)
    strangers = [
        prompt
        for prompt, words in said.items()
        if len(words.split()) <= 16 and not ON_TOPIC_AT_A_CLINIC.search(words.lower())
    ]
    strangers = [prompt for prompt in strangers if human_voice.has([prompt])][::2]
    yield "the very words", Knowledge("en", entries=own), list(OTHER_WORDS)
    yield "other words", Knowledge("en", entries=other), list(OTHER_WORDS)
    yield "off topic", Knowledge("en", entries=clinic), strangers


def judged(engine: PocketSphinx, said: dict[str, str]) -> Iterable[tuple[str, str, Score]]:
    for name, knowledge, prompts in agents(said):
        for line in LINES:
            score = Score()
            for prompt in prompts:
                pcm = over(line, human_voice.speak(prompt))
                heard = engine.transcribe(pcm, knowledge).text
                score.add(prompt, said[prompt], heard, knowledge)
            yield name, line, score


def accuracy(said: dict[str, str]) -> list[str]:
    lines = []
    for listening in TRIED:
        begun_s = time.process_time()
        scores = list(judged(PocketSphinx(listening), said))
        cost_s = time.process_time() - begun_s
        chosen = " (chosen)" if listening == Listening() else ""
        lines += [
            (
                f"## {listening.everyday_words} everyday words with a share of"
                f" {listening.everyday_share}, discount {listening.discount},"
                f" language weight {listening.language_weight}{chosen}"
            ),
            "",
            (
                "Right / wrong answers at each likeness that `questions` may ask for; off topic,"
                " every answer is wrong."
            ),
            "",
            "| agent knows | line | callers | WER % | "
            + " | ".join(str(threshold) for threshold in THRESHOLDS)
            + " |",
            "|---" * (4 + len(THRESHOLDS)) + "|",
            *(f"| {name} | {line} | {score.row()} |" for name, line, score in scores),
            "",
            f"{cost_s:.0f} s of CPU.",
            "",
        ]
    return lines


def cost(said: dict[str, str]) -> list[str]:
    """What a call pays: the wait, the CPU, the memory, and how long Python stands still."""
    _, knowledge, prompts = next(iter(agents(said)))
    clips = [human_voice.speak(prompt) for prompt in prompts]
    before_mb = _rss_mb()
    begun_s = time.perf_counter()
    engine = PocketSphinx()
    loaded_s = time.perf_counter()
    engine.prepare(knowledge)
    prepared_s = time.perf_counter()
    ready_mb = _rss_mb()
    engine.prepare(Knowledge("en", entries=knowledge.entries[:5]))
    second_mb = _rss_mb()
    waits_ms = []
    with _gaps_ms() as gaps_ms:
        cpu_s = time.process_time()
        for clip in clips:
            at_s = time.perf_counter()
            engine.transcribe(clip, knowledge)
            waits_ms.append(1000 * (time.perf_counter() - at_s))
        cpu_s = time.process_time() - cpu_s
    audio_s = sum(len(clip) for clip in clips) / 2 / SAMPLE_HZ
    return [
        "## Cost (G.722)",
        "",
        (
            f"- Loading {1000 * (loaded_s - begun_s):.0f} ms, an agent's first call"
            f" {1000 * (prepared_s - loaded_s):.0f} ms more; memory {ready_mb - before_mb} MB,"
            f" and {second_mb - ready_mb} MB for another agent."
        ),
        (
            f"- {len(clips)} utterances of {audio_s / len(clips):.1f} s on average: answered after"
            f" p50 {percentile(waits_ms, 0.5):.0f}, p95 {percentile(waits_ms, 0.95):.0f},"
            f" max {max(waits_ms):.0f} ms; CPU per second of audio {cpu_s / audio_s:.3f} s."
        ),
        (
            f"- Another thread stood still for p99 {percentile(gaps_ms, 0.99):.0f},"
            f" max {max(gaps_ms):.0f} ms (the library does not release Python's lock)."
        ),
        "",
    ]


@contextmanager
def _gaps_ms() -> Iterator[list[float]]:
    gaps: list[float] = []
    over_ = threading.Event()

    def tick() -> None:
        last_s = time.perf_counter()
        while not over_.wait(0.001):
            now_s = time.perf_counter()
            gaps.append(1000 * (now_s - last_s))
            last_s = now_s

    ticking = threading.Thread(target=tick)
    ticking.start()
    yield gaps
    over_.set()
    ticking.join()


def _rss_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def main() -> None:
    if problem := pocketsphinx.missing():
        raise SystemExit(problem)
    said = published()
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    head = [
        "# The embedded recogniser with human callers",
        "",
        (
            f"{today}, commit {commit}, `python -m bench.stt_embedded`, Python"
            f" {platform.python_version()}, {os.cpu_count()} cores, shared: times are upper bounds."
        ),
        (
            "The callers are prompts of Asterisk's (one American woman, in a studio), the other"
            " words were written by the author of the bench. Real callers will do worse, and"
            " what was chosen was chosen by these same prompts."
        ),
        "",
    ]
    text = "\n".join(head + cost(said) + accuracy(said))
    path = Path(__file__).parent / "results" / f"{today}-stt-embedded.md"
    path.write_text(text)
    print(text, f"\nwritten to {path.name}")


if __name__ == "__main__":
    main()
