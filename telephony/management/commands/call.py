"""Call one of our own numbers, ask a question aloud, and say whether all went well."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.demo import NUMBER
from inference.audio import AudioFault, read_wav, resample
from inference.engines.base import SAMPLE_HZ
from telephony import selfcall
from telephony.phone_codecs import CODECS


class Command(BaseCommand):
    help = "Call one of our own numbers through Asterisk, ask a question, and judge the answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--number", default=NUMBER, help="the number to call")
        parser.add_argument("--say", default="", help="the question, in a synthetic voice")
        parser.add_argument(
            "--file", type=Path, help="a WAV with the question; say with --say what it asks"
        )
        parser.add_argument("--codec", choices=sorted(CODECS), default="g722")

    def handle(self, *, number: str, say: str, file: Path | None, codec: str, **_: Any) -> None:
        try:
            question = _question(say, file)
            placed = selfcall.place(
                number=number, question=question, codec=codec, tell=self.stdout.write
            )
            result = asyncio.run(placed)
        except (selfcall.SelfCallImpossible, AudioFault, OSError) as error:
            raise CommandError(str(error)) from error
        if result.call_id:
            self.stdout.write(f"Call {result.call_id}")
        if not result.passed:
            raise CommandError(result.verdict())
        self.stdout.write(self.style.SUCCESS(result.verdict()))


def _question(say: str, file: Path | None) -> selfcall.Question | None:
    if file is not None:
        pcm, hz = read_wav(file)
        return selfcall.Question(say, resample(pcm, hz, SAMPLE_HZ))
    return selfcall.spoken_question(say) if say else None
