"""What agents hear, think and speak with: what is there, whether it works, bringing more."""

import logging
import socket
from argparse import ArgumentParser
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm  # type: ignore[import-untyped]

from agents.chosen import Chosen, chosen
from inference import hub, ollama_models, trial
from inference.engines import faster_whisper, ollama, registry, xtts
from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable, Knowledge
from inference.ollama_models import OllamaTrouble

TITLES = {
    "vad": "voice activity",
    "turn": "end of a turn",
    "stt": "recogniser",
    "llm": "language model",
    "tts": "voice",
}
WHISPERS = {  # made for CTranslate2, the largest first
    "large-v3": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "medium": "Systran/faster-whisper-medium",
    "small": "Systran/faster-whisper-small",
    "base": "Systran/faster-whisper-base",
    "tiny": "Systran/faster-whisper-tiny",
}


@dataclass(frozen=True, slots=True)
class FromHub:
    """An engine whose models come as files."""

    title: str
    page: str  # where in the admin it is chosen
    needed: tuple[str, ...]
    useful: tuple[str, ...]
    is_non_commercial: bool = False  # whatever the hub states


FROM_HUB = {
    "whisper": FromHub(
        "Whisper (faster-whisper)",
        "the agent's page",
        faster_whisper.FILES,
        ("preprocessor_config.json", "vocabulary.*"),
    ),
    "xtts": FromHub(
        "Coqui XTTS",
        "the voice's page",
        xtts.FILES,
        ("speakers_xtts.pth", "LICENSE*"),
        is_non_commercial=True,
    ),
}


class Command(BaseCommand):
    help = "The models of the agents: list them, check that each works, pull others."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("list", help="what the agents name, where it is, how large, whose")
        deeds.add_parser("check", help="load each and have it do one word; 1 if one cannot")
        pull = deeds.add_parser("pull", help="bring a model here, with its progress")
        engines = pull.add_subparsers(dest="engine", required=True)
        of_ollama = engines.add_parser("ollama", help="a language model, into Ollama")
        of_ollama.add_argument("model", help="as Ollama's library calls it, such as llama3.2:3b")
        of_ollama.add_argument("--host", default=ollama.HOST, help="where Ollama listens")
        whisper = engines.add_parser("whisper", help="a recogniser, from a hub")
        whisper.add_argument(
            "model", help=f"{', '.join(WHISPERS)}, or OWNER/NAME of one made for CTranslate2"
        )
        voice = engines.add_parser("xtts", help="a voice that can be cloned, from a hub")
        voice.add_argument("model", nargs="?", default="coqui/XTTS-v2", help="another, OWNER/NAME")
        for of_hub in (whisper, voice):
            of_hub.add_argument("--folder", type=Path, help="instead of one under var/models")
            of_hub.add_argument("--revision", default="", help="instead of the newest")
            of_hub.add_argument(
                "--accept-licence", action="store_true", help="you have read it, and it allows you"
            )

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        for library in ("httpx", "httpx2"):  # they would write between the lines of a bar
            logging.getLogger(library).setLevel(logging.WARNING)
        try:
            if deed == "list":
                self._list()
            elif deed == "check":
                self._check()
            elif options["engine"] == "ollama":
                self._pull_into_ollama(options["host"], options["model"])
            else:
                self._pull_from_hub(FROM_HUB[options["engine"]], **options)
        except (hub.NotFetched, OllamaTrouble, EngineUnavailable, EngineFailed) as trouble:
            raise CommandError(str(trouble)) from None
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What is here stays, and the same command goes on from it.",
                returncode=130,
            ) from None

    def _list(self) -> None:
        every = chosen()
        for one in every:
            info = registry.info(one.kind, one.choice.key)
            self._say(f"{TITLES[one.kind]}: {_title(info.title)}, for {', '.join(one.users)}")
            self._say(f"    {_place(one.choice)}")
            self._say(f"    licence: {info.licence}")
        for host in _ollama_hosts(every):
            try:
                there = ollama_models.sizes(host)
            except OllamaTrouble as trouble:
                self._say(str(trouble))
            else:
                names = ", ".join(f"{name} ({_size(size)})" for name, size in there.items())
                self._say(f"Ollama at {host} has {names or 'no models'}")

    def _check(self) -> None:
        if not settings.INFERENCE_SOCKET and _answers(settings.VAR_DIR / "inference.sock"):
            registry.use_host(str(settings.VAR_DIR / "inference.sock"))  # ./run's, loaded already
        every, failed = chosen(), 0
        for one in every:
            name = f"{TITLES[one.kind]} {one.choice.key}, for {', '.join(one.users)}"
            try:
                took_ms = trial.one_word(one.kind, one.choice, one.knowledge, one.voice)
            except Exception as error:
                ours = isinstance(error, EngineUnavailable | EngineFailed)
                failed += 1
                self._say(f"FAILED  {name}: {error if ours else type(error).__name__}")
            else:
                self._say(f"ok      {name}: one word in {took_ms} ms")
        if failed:
            raise CommandError(f"{failed} of {len(every)} cannot be used; see docs/models.md")
        self._say(f"All {len(every)} can be used")

    def _pull_into_ollama(self, host: str, model: str) -> None:
        with closing(Bars()) as bars, closing(ollama_models.pull(host, model)) as steps:
            for step in steps:
                bars.show(step)
        self._say(f"{model} is in Ollama at {host}")
        self._say(f"    licence: {ollama_models.licence(host, model) or 'not stated'}")
        choice = EngineChoice.of("ollama", host=host, model=model)
        took_ms = trial.one_word("llm", choice, Knowledge("en"), None)
        self._say(f"    loaded, and stays so; one word in {took_ms} ms")
        self._say(f"Choose Ollama on the agent's page, with {model} as its model")

    def _pull_from_hub(
        self,
        what: FromHub,
        model: str,
        revision: str,
        folder: Path | None,
        accept_licence: bool,
        **_: Any,
    ) -> None:
        repo = WHISPERS.get(model, model)
        found = hub.find(repo, (*what.needed, *what.useful), what.needed, revision)
        self._say(f"{repo}, {_size(found.size)}")
        if what.is_non_commercial:
            self._say("    licence: Coqui Public Model License, non-commercial use only")
        else:
            self._say(f"    licence: {found.licence or 'not stated'}")
        if not accept_licence and (what.is_non_commercial or not found.is_free):
            raise CommandError(
                "That licence does not allow every use. Read it where the model is published;"
                " where it allows yours, say the same again with --accept-licence"
            )
        folder = (folder or settings.VAR_DIR / "models" / repo.rpartition("/")[2]).resolve()
        hub.fetch(found, folder)
        self._say(f"It is in {folder}")
        self._say(f"Choose {what.title} on {what.page}, with that folder")

    def _say(self, line: str) -> None:
        self.stdout.write(line)


class Bars:
    """Ollama's progress on the terminal: a bar for each part of the model."""

    def __init__(self) -> None:
        self._part = ""
        self._bar: tqdm | None = None

    def show(self, step: ollama_models.Progress) -> None:
        if step.part != self._part:
            self.close()
            self._part = step.part
            if step.part:
                self._bar = tqdm(desc=step.what, total=step.of_bytes, unit="B", unit_scale=True)
        if self._bar is not None:
            self._bar.update(step.done_bytes - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _title(title: str) -> str:
    return title.partition(":")[0]


def _place(choice: EngineChoice) -> str:
    """Where the model is. Never a key."""
    model = choice.option("model")
    server = choice.option("host") or choice.option("base_url") or choice.option("url")
    if path := choice.option("path"):
        return f"{path}, {_folder_size(Path(path))}"
    if model:
        return f"{model} at {server or ollama.HOST}"
    if server:
        return f"at {server}"
    return "comes with voiceadmin"


def _folder_size(folder: Path) -> str:
    if not folder.is_dir():
        return "which is not there"
    return _size(sum(path.stat().st_size for path in folder.iterdir() if path.is_file()))


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _ollama_hosts(every: list[Chosen]) -> list[str]:
    hosts = [one.choice.option("host") for one in every if one.choice.key == "ollama"]
    return list(dict.fromkeys(host or ollama.HOST for host in hosts))
