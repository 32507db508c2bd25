"""What the recogniser gave, take by take: the words stay here, the machine gets a judgement."""

from dataclasses import dataclass, replace

from inference.ahead import Job
from inference.engines.base import Transcript
from inference.partials import StablePrefix
from inference.script import Script
from inference.turns.events import Transcribe, Transcribed
from inference.turns.meaning import Expecting, Meaning, expected_after, same_request, understand

TEXTS_COMPARED = 8
LONGEST_TEXT = 2_000  # characters; nobody says more before it is their turn no longer


@dataclass(slots=True)
class Heard:
    """One take's words."""

    text: str
    language: str
    at_ms: int  # when they were known
    stood_in: bool  # heard by another recogniser than the first choice


class Takes:
    """One call's. Texts that ask for the same get the same number."""

    def __init__(self, script: Script) -> None:
        self._main = script
        self.speak(script.language)
        self._expecting = Expecting.ANYTHING
        self._stable = StablePrefix()
        self._from_ms = -1
        self._heard: dict[int, Heard] = {}
        self._jobs: dict[int, Job] = {}
        self._texts: list[str] = []

    def speak(self, language: str) -> None:
        """From now on the conversation is held in this language."""
        others = {script.language for script in (self._main, *self._main.others)} - {language}
        knowledge = self._main.speaking(language).knowledge
        self.knowledge = replace(knowledge, languages=tuple(sorted(others)))

    def agent_said(self, text: str) -> None:
        """What the caller heard last says what kind of answer comes."""
        self._expecting = expected_after(text, self.knowledge.language)

    def begin(self, order: Transcribe, job: Job | None) -> None:
        if order.from_ms != self._from_ms:
            self._from_ms = order.from_ms
            self._stable = StablePrefix()
        if job:
            self._jobs[order.take] = job

    def heard(
        self, take: int, transcript: Transcript, at_ms: int, *, stood_in: bool = False
    ) -> Transcribed:
        """The number of its text, and what the words say."""
        text = transcript.text.strip()[:LONGEST_TEXT]
        language = self._language_of(transcript)
        self._heard[take] = Heard(text, language, at_ms, stood_in)
        sure = " ".join(self._stable.push(text.split()))
        return Transcribed(
            take,
            self._number_of(text, language),
            self._understand(text, language),
            self._understand(sure, language),
        )

    def text(self, take: int) -> str:
        return self._heard[take].text

    def language(self, take: int) -> str:
        return self._heard[take].language

    def at_ms(self, take: int) -> int | None:
        heard = self._heard.get(take)
        return heard.at_ms if heard else None

    def stood_in(self, take: int) -> bool:
        heard = self._heard.get(take)
        return heard is not None and heard.stood_in

    def settle(self, used: int) -> None:
        """This take is answered; the others begun ahead were for nothing."""
        for take, job in self._jobs.items():
            if take == used:
                job.used()
            else:
                job.wasted()
        self._jobs.clear()
        self._heard = {take: heard for take, heard in self._heard.items() if take == used}

    def _language_of(self, transcript: Transcript) -> str:
        known = (self.knowledge.language, *self.knowledge.languages)
        return transcript.language if transcript.language in known else self.knowledge.language

    def _understand(self, text: str, language: str) -> Meaning:
        return understand(text, language, self._expecting, self._main.stop_words)

    def _number_of(self, text: str, language: str) -> int:
        for back, earlier in enumerate(reversed(self._texts[-TEXTS_COMPARED:]), 1):
            if same_request(text, earlier, language):
                return len(self._texts) - back
        self._texts.append(text)
        return len(self._texts) - 1
