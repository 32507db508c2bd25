"""Which engines there are, and the ones this process has loaded.

To add an engine: one file beside this one with `load(choice)` and `missing()`, one entry here.
"""

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

from inference.engines.base import (
    EngineChoice,
    EngineInfo,
    EngineOption,
    EngineUnavailable,
    LanguageModel,
    Synthesizer,
    Transcriber,
    TurnEnd,
    VoiceActivityEngine,
)

if TYPE_CHECKING:
    from inference.host.address import Address

Kind = Literal["vad", "turn", "stt", "llm", "tts"]

_DEVICE = EngineOption(
    "device",
    "Device",
    "cpu, or cuda for an NVIDIA graphics card. Without a card, cuda does not start.",
    default="cpu",
)


_PROCESSES = EngineOption(
    "processes",
    "Sentences at a time",
    "How many processes hold this model, each speaking one sentence at a time. Empty takes as many"
    " as memory and processors allow. Too few make callers wait for each other, too many take the"
    " memory of other models.",
)


def _folder(what: str) -> EngineOption:
    return EngineOption(
        "path", "Model folder", f"Folder on this machine with {what}.", required=True
    )


_TEMPERATURE = EngineOption(
    "temperature",
    "Freedom of wording",
    "0 to 2. 0 always says the same, above 1 it starts to invent.",
    default="0.2",
)

_PARALLEL = EngineOption(
    "parallel",
    "Replies at a time",
    "How many replies the server writes at the same time, such as OLLAMA_NUM_PARALLEL. Too high"
    " lets replies begun ahead hold up others, too low begins fewer of them.",
    default="4",
)

_SERVICE = (
    EngineOption(
        "url",
        "Address",
        "Such as http://192.0.2.20:6000. What callers say is sent there: use https outside your"
        " own network.",
        required=True,
    ),
    EngineOption("token", "Token", "Leave empty if the service wants none."),
    EngineOption(
        "parallel",
        "Requests at a time",
        "How many it may be sent at the same time before work done ahead has to wait.",
        default="4",
    ),
)

ENGINES = (
    EngineInfo(
        "webrtc",
        "vad",
        "WebRTC: quick, takes music and noise for speech now and then",
        "WebRTC: BSD-3-Clause",
        "webrtc",
        (
            EngineOption(
                "strictness",
                "Strictness",
                "0 to 3. Too low takes noise for speech, too high loses quiet callers.",
                default="2",
            ),
        ),
    ),
    EngineInfo(
        "silero",
        "vad",
        "Silero: a small network, better in noise, costs fifty times more",
        "Silero VAD: MIT",
        "silero",
        (
            EngineOption(
                "threshold",
                "Threshold",
                "0.05 to 0.95. Too low takes noise for speech, too high loses quiet callers.",
                default="0.5",
            ),
        ),
    ),
    EngineInfo(
        "smart_turn",
        "turn",
        "smart-turn v3: hears from the voice whether a caller is done, costs a processor 50 to"
        " 100 ms a pause",
        "smart-turn v3.2, as it comes inside pipecat-ai: BSD-2-Clause, Daily",
        "smart_turn",
        (_folder("smart-turn's .onnx file; python3 deploy/get_smart_turn.py fetches it"),),
    ),
    EngineInfo(
        "pocketsphinx",
        "stt",
        "PocketSphinx: hears this agent's own questions, English only, no dictation",
        "PocketSphinx and its English model: BSD-2-Clause; CMU dictionary: BSD-2-Clause",
        "pocketsphinx_process",
    ),
    EngineInfo(
        "faster_whisper",
        "stt",
        "Whisper (faster-whisper): understands free speech in many languages",
        "faster-whisper, CTranslate2 and OpenAI's Whisper weights: MIT; other weights: their own",
        "faster_whisper",
        (
            _folder("a Whisper model for CTranslate2: model.bin, config.json, tokenizer.json"),
            EngineOption(
                "device",
                "Device",
                "auto, cpu, or cuda for an NVIDIA graphics card.",
                default="auto",
            ),
            EngineOption(
                "compute_type",
                "Precision",
                "default, int8, float16 or float32. int8 is quickest without a graphics card;"
                " float16 needs one.",
                default="default",
            ),
        ),
    ),
    EngineInfo(
        "service",
        "stt",
        "Another machine: its inference service, or several behind one address",
        "Part of voiceadmin; the engines there have licences of their own",
        "service_stt",
        _SERVICE,
    ),
    EngineInfo(
        "questions",
        "llm",
        "Matches the caller's words to your questions and reads out your answers."
        " It does not think.",
        "Part of voiceadmin",
        "questions",
        (
            EngineOption(
                "threshold",
                "Likeness needed",
                "0.1 to 1. Too low answers what nobody asked, too high understands nobody.",
                default="0.6",
            ),
        ),
    ),
    EngineInfo(
        "ollama",
        "llm",
        "Ollama: a language model on your own machine",
        "Ollama: MIT; the model has its own licence, see `ollama show MODEL --license`",
        "ollama",
        (
            EngineOption("model", "Model", "A name that `ollama list` shows.", required=True),
            EngineOption(
                "host", "Address", "Where Ollama listens.", default="http://127.0.0.1:11434"
            ),
            _TEMPERATURE,
            _PARALLEL,
        ),
    ),
    EngineInfo(
        "openai",
        "llm",
        "A server that speaks OpenAI's protocol: vLLM, llama.cpp, LM Studio or OpenAI itself",
        "Client: Apache-2.0; server and model have their own licences. With an address outside"
        " your network, what callers say leaves your network.",
        "openai",
        (
            EngineOption("base_url", "Address", "Such as http://127.0.0.1:8080/v1", required=True),
            EngineOption("model", "Model", "A name that the server serves.", required=True),
            EngineOption("api_key", "API key", "Leave empty if the server wants none."),
            _TEMPERATURE,
            _PARALLEL,
        ),
    ),
    EngineInfo(
        "espeak",
        "tts",
        "espeak-ng: sounds like a machine, speaks many languages at once",
        "espeak-ng: GPL-3.0-or-later. It runs inside this program: whoever passes the whole on"
        " passes it on under the GPL.",
        "espeak",
        (
            EngineOption(
                "pitch", "Pitch", "0 to 99. Low is a deep voice, high a child's.", default="50"
            ),
        ),
    ),
    EngineInfo(
        "xtts",
        "tts",
        "Coqui XTTS: a natural voice, or the voice of a recording you upload",
        "Coqui: MPL-2.0. The XTTS weights: Coqui Public Model License, non-commercial use only:"
        " you may try them and use them privately, but a business or a practice may not answer"
        " its callers with them. Clone a voice only with its owner's consent.",
        "xtts",
        (_folder("an XTTS v2 model: config.json, model.pth, vocab.json"), _DEVICE, _PROCESSES),
    ),
    EngineInfo(
        "vits",
        "tts",
        "Coqui VITS: a natural voice for one language, lighter than XTTS",
        "Coqui: MPL-2.0; the weights have their own licence",
        "vits",
        (_folder("a Coqui VITS model: config.json and model.pth"), _DEVICE, _PROCESSES),
    ),
    EngineInfo(
        "service",
        "tts",
        "Another machine: the voices of its inference service. The speaker is one of the names"
        " that it offers; of a recording, only the file's name is sent.",
        "Part of voiceadmin; the engines there have licences of their own",
        "service_tts",
        _SERVICE,
    ),
)

# Those that would hold up the calls of the process they are loaded in: where this machine has
# an inference host, they are loaded there.
HOSTED = frozenset({("stt", "faster_whisper"), ("tts", "xtts"), ("tts", "vits")})


def engines(kind: str) -> tuple[EngineInfo, ...]:
    return tuple(info for info in ENGINES if info.kind == kind)


def info(kind: str, key: str) -> EngineInfo:
    """Raises EngineUnavailable."""
    for found in engines(kind):
        if found.key == key:
            return found
    known = ", ".join(found.key for found in engines(kind))
    raise EngineUnavailable(f"there is no {kind} engine {key!r}; choose one of: {known}")


def missing(kind: str, key: str) -> str:
    """What has to be installed first, or "". Imports no model library."""
    problem: str = _module(info(kind, key)).missing()
    return problem


def _module(found: EngineInfo) -> Any:
    return import_module(f"inference.engines.{found.module}")


class _Loaded:
    """One choice: loaded by whoever comes first, while the others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engine: Any = None


_loaded: dict[tuple[str, EngineChoice], _Loaded] = {}
_loaded_lock = threading.Lock()
_host: "Address | None" = None


def use_host(path: str, patience_s: float = 0.0) -> None:
    """From now on the engines in HOSTED work behind this socket, not in this process.

    For so long it may still be starting. Raises EngineUnavailable.
    """
    global _host  # noqa: PLW0603 (a process has one host, or none)
    from inference.host import address, connection

    _host = address.at(path)
    connection.to(_host).be_patient(patience_s)


@overload
def load(kind: Literal["vad"], choice: EngineChoice) -> VoiceActivityEngine: ...
@overload
def load(kind: Literal["turn"], choice: EngineChoice) -> TurnEnd: ...
@overload
def load(kind: Literal["stt"], choice: EngineChoice) -> Transcriber: ...
@overload
def load(kind: Literal["llm"], choice: EngineChoice) -> LanguageModel: ...
@overload
def load(kind: Literal["tts"], choice: EngineChoice) -> Synthesizer: ...


def load(kind: Kind, choice: EngineChoice) -> Any:
    """Blocking. The engine, loaded and warm, the same object each time.

    A failed load is tried again by the next call. Raises EngineUnavailable.
    """
    found = info(kind, choice.key)
    with _loaded_lock:
        one = _loaded.setdefault((kind, choice), _Loaded())
    with one.lock:
        if one.engine is None:
            one.engine = _load(found, choice)
        return one.engine


def _load(found: EngineInfo, choice: EngineChoice) -> Any:
    if _host and (found.kind, found.key) in HOSTED:
        from inference.host import client, messages

        return client.load(messages.to_kind(found.kind), choice, _host)
    engine = _module(found).load(choice)
    engine.warm()
    return engine


def forget_voice(sample_path: str) -> None:
    """Blocking. Nobody here, nor the host, knows the voice of this recording any more.

    Raises EngineUnavailable where there is a host and it cannot be told.
    """
    with _loaded_lock:
        engines = [one.engine for (kind, _), one in _loaded.items() if kind == "tts"]
    for engine in engines:
        if forget := getattr(engine, "forget_voice", None):
            forget(sample_path)
    if _host:
        from inference.host import client

        client.forget_voice(_host, sample_path)


def forget() -> None:
    """Drops every loaded engine and the host; for tests, and before leaving."""
    global _host  # noqa: PLW0603
    with _loaded_lock:
        _loaded.clear()
        _host = None
