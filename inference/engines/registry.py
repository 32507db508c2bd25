"""Every engine there is, in one table, and the one loaded copy of each choice in use."""

import threading
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from inference.engines.base import EngineChoice, EngineInfo, EngineOption, EngineUnavailable

_PACKAGE = "inference.engines"
_MODEL_FOLDER = "The folder on this server that holds the model's files. Nothing is downloaded."
_DEVICE = EngineOption("device", "Runs on", "cpu, or cuda for a graphics card.", default="cpu")

ENGINES = (
    EngineInfo(
        key="webrtc",
        kind="vad",
        title="WebRTC (light, for quiet lines)",
        licence="BSD-3-Clause.",
        module="webrtc",
    ),
    EngineInfo(
        key="silero",
        kind="vad",
        title="Silero (a small neural network, steadier in noise)",
        licence="MIT.",
        module="silero",
    ),
    EngineInfo(
        key="pocketsphinx",
        kind="stt",
        title="PocketSphinx (no download, English, knows only the words of your questions)",
        licence="BSD-2-Clause.",
        module="pocketsphinx",
    ),
    EngineInfo(
        key="faster_whisper",
        kind="stt",
        title="Whisper (understands free speech, wants a graphics card)",
        licence="MIT; the Whisper models too.",
        module="faster_whisper",
        options=(
            EngineOption("model", "Model folder", _MODEL_FOLDER, required=True),
            _DEVICE,
            EngineOption(
                "compute_type", "Number format", "int8, float16 or float32.", default="default"
            ),
        ),
    ),
    EngineInfo(
        key="questions",
        kind="llm",
        title="Your questions and answers (finds the nearest one; it does not think)",
        licence="Part of this product; RapidFuzz, MIT.",
        module="questions",
    ),
    EngineInfo(
        key="ollama",
        kind="llm",
        title="A language model in Ollama",
        licence="Client: MIT. Each model has a licence of its own.",
        module="ollama",
        options=(
            EngineOption("model", "Model", "As `ollama list` names it.", required=True),
            EngineOption("host", "Address", "", default="http://127.0.0.1:11434"),
            EngineOption("temperature", "Temperature", "0 is steady, 1 is lively.", default="0.3"),
        ),
    ),
    EngineInfo(
        key="openai",
        kind="llm",
        title="A language model behind an OpenAI-compatible server",
        licence="Client: Apache-2.0. Each model has a licence of its own.",
        module="openai",
        options=(
            EngineOption("base_url", "Address", "For example http://127.0.0.1:8080/v1", True),
            EngineOption("model", "Model", "As the server names it.", required=True),
            EngineOption("api_key", "Key", "Leave empty if the server asks for none."),
            EngineOption("temperature", "Temperature", "0 is steady, 1 is lively.", default="0.3"),
        ),
    ),
    EngineInfo(
        key="espeak",
        kind="tts",
        title="eSpeak NG (no download, sounds like a machine)",
        licence="GPL-3.0-or-later, loaded as a library at run time.",
        module="espeak",
        options=(EngineOption("pitch", "Pitch", "0 is deep, 99 is high.", default="50"),),
    ),
    EngineInfo(
        key="xtts",
        kind="tts",
        title="Coqui XTTS (clones an uploaded voice, wants a graphics card)",
        licence=(
            "Code: MPL-2.0. The XTTS weights are under the Coqui Public Model License: "
            "non-commercial use only."
        ),
        module="xtts",
        options=(EngineOption("model", "Model folder", _MODEL_FOLDER, required=True), _DEVICE),
    ),
    EngineInfo(
        key="vits",
        kind="tts",
        title="Coqui VITS (one natural voice a model, fast)",
        licence="Code: MPL-2.0. Each model has a licence of its own.",
        module="vits",
        options=(EngineOption("model", "Model folder", _MODEL_FOLDER, required=True), _DEVICE),
    ),
)

_loaded: dict[tuple[str, EngineChoice], Any] = {}
_loading: dict[tuple[str, EngineChoice], threading.Lock] = {}
_table_lock = threading.Lock()


def engines(kind: str) -> tuple[EngineInfo, ...]:
    return tuple(engine for engine in ENGINES if engine.kind == kind)


def info(kind: str, key: str) -> EngineInfo:
    """Raises EngineUnavailable."""
    for engine in engines(kind):
        if engine.key == key:
            return engine
    raise EngineUnavailable(f"there is no {kind} engine {key!r}; choose one in the admin")


@cache
def missing(kind: str, key: str) -> str:
    """Why this engine cannot load here, or "". Imports nothing heavy."""
    engine = info(kind, key)
    if find_spec(f"{_PACKAGE}.{engine.module}") is None:
        return "It is not part of this version."
    reason: str = import_module(f"{_PACKAGE}.{engine.module}").missing()
    return reason


def load(kind: str, choice: EngineChoice) -> Any:
    """Blocking. The one loaded engine of this choice. Raises EngineUnavailable."""
    place = (kind, choice)
    with _table_lock:
        lock = _loading.setdefault(place, threading.Lock())
    with lock:  # one load at a time of each choice; others go on
        if place not in _loaded:
            _loaded[place] = _load(info(kind, choice.key), choice)
        return _loaded[place]


def _load(engine: EngineInfo, choice: EngineChoice) -> Any:
    if reason := missing(engine.kind, engine.key):
        raise EngineUnavailable(reason)
    for option in engine.options:
        if option.required and not choice.option(option.name):
            raise EngineUnavailable(f"{engine.title}: {option.label} is not set; open the agent")
    return import_module(f"{_PACKAGE}.{engine.module}").load(choice)
