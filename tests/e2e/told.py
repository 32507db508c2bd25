"""`manage.py serve` with a recogniser that is told what is being said.

python tests/e2e/told.py FOLDER. Whoever speaks on a call writes a file there, named for the
agent's instructions: the words with the time from which each is known. A decode costs what it
costs, and gives the words of its time.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from inference.engines.base import Knowledge, Transcript

COST_S = 0.17


def tell(folder: Path, slot: str, words: Sequence[tuple[float, str]]) -> None:
    """What is known of an utterance and since when, by the machine's monotonic clock."""
    draft = folder / f"{slot}.new"
    draft.write_text(json.dumps(words))
    draft.replace(folder / slot)


class ToldTranscriber:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        now_s = time.monotonic()
        time.sleep(COST_S)
        try:
            told = json.loads((self._folder / knowledge.instructions).read_text())
        except FileNotFoundError:
            told = []
        return Transcript(next((text for at_s, text in reversed(told) if at_s <= now_s), ""))


def main(folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from dataclasses import replace

    from django.core.management import execute_from_command_line

    from agents.spec import AgentSpec
    from inference.conversation import Engines
    from telephony import live, warmup

    load_engines = live.load_engines

    def load_told(spec: AgentSpec) -> Engines:
        return replace(load_engines(spec), transcriber=ToldTranscriber(folder))

    live.load_engines = warmup.load_engines = load_told
    execute_from_command_line([sys.argv[0], "serve"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
