"""What a client asks to have spoken, read from JSON, and how the interface is described."""

from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from inference.audio import RATES
from inference.engines.base import SAMPLE_HZ
from inference.host import messages
from inference.host.offer import FASTEST, SLOWEST
from inference.host.refusals import Refused, not_understood


class Order(BaseModel):
    """The body of POST /tts. Fields that are not listed are ignored."""

    text: str = Field(description="The words to be spoken, at most 1000 characters.")
    language: str = Field("", description="Such as en or en-GB; without it, the voice's own.")
    voice: str = Field("", description="A name that GET /offer lists, or one of the model's own.")
    speaker_wav: str = Field(
        "",
        description="The file name of a recording this service offers to clone. Of a path, only"
        " the last part counts.",
    )
    speed: float = Field(1.0, ge=SLOWEST, le=FASTEST, description="0.5 to 2; 1 is the voice's own.")
    format: Literal["wav", "pcm"] = Field(
        "wav", description="wav, or pcm: 16-bit little-endian mono, sent as it is made."
    )
    stream: bool = Field(
        False, description="Send a wav as it is made too; its header then names no length."
    )
    rate: int = Field(SAMPLE_HZ, description=f"Samples a second: {', '.join(map(str, RATES))}.")


class PrivateOrder(Order):
    """With the engine named; only on the socket."""

    engine: dict[str, Any] = Field(default_factory=dict)
    speaker: str = ""
    sample_path: str = ""


def read(body: bytes, *, is_private: bool, characters: int) -> PrivateOrder:
    """Raises Refused."""
    try:
        told = messages.parsed(body)
    except messages.Unreadable:
        sentence = 'the body is no JSON object; send one such as {"text": "Good morning."}'
        raise Refused(400, sentence) from None
    return checked(told, is_private=is_private, characters=characters)


def checked(told: dict[str, Any], *, is_private: bool, characters: int) -> PrivateOrder:
    """Raises Refused."""
    try:
        order = (PrivateOrder if is_private else Order).model_validate(told)
    except ValidationError as error:
        raise _unread(error) from None
    if not any(letter.isalnum() for letter in order.text):
        raise not_understood("text is empty; send the words to be spoken")
    if len(order.text) > characters:
        raise Refused(
            413, f"text has {len(order.text)} characters; send at most {characters} at a time"
        )
    if order.rate not in RATES:
        raise not_understood(f"rate is one of {', '.join(map(str, RATES))}")
    return order if isinstance(order, PrivateOrder) else PrivateOrder(**order.model_dump())


def _unread(error: ValidationError) -> Refused:
    """Pydantic's messages quote what was sent, so only the field is taken from them."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = str(first["loc"][0])
    if first["type"] == "missing":
        return not_understood(f"{name} is missing. {Order.model_fields[name].description}")
    field = Order.model_fields.get(name)
    about = field.description if field else "It is of another kind."
    return not_understood(f"{name} is not as it should be. {about}")


# --- for the page that describes the service ---------------------------------------------


def _answer(about: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {kind: {"schema": schema}}}


_DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}}
_WHY = {
    "401": "The token is missing or wrong.",
    "413": "Too large or too long.",
    "422": "A field is wrong; the sentence names it and the way out.",
    "500": "The engine failed.",
    "503": "All engines are busy; Retry-After says when to try again.",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: _answer(about, "application/json", _DETAIL) for status, about in _WHY.items()
}

TRANSCRIBE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["audio_file"],
                    "properties": {
                        "audio_file": {
                            "type": "string",
                            "format": "binary",
                            "description": "WAV of any rate (8, 16, 24, 32 bit or float), or raw"
                            " 16-bit little-endian mono with its rate; at most 60 seconds.",
                        },
                        "language": {
                            "type": "string",
                            "description": "Such as en. Of several, as in en,de, the likeliest is"
                            " heard; without it, of those that GET /offer lists.",
                        },
                        "hints": {
                            "type": "string",
                            "description": "Names and words that may occur, with commas.",
                        },
                        "rate": {
                            "type": "integer",
                            "description": "Samples a second of raw audio, such as 16000.",
                        },
                    },
                }
            }
        },
    },
    "responses": {
        "200": _answer(
            "What was said.",
            "application/json",
            {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "description": "Empty where nobody spoke."},
                    "language": {"type": "string"},
                    "language_was_heard": {
                        "type": "boolean",
                        "description": "Told from the sound, not from the request.",
                    },
                    "confidence": {"type": "number", "description": "0 to 1."},
                    "duration": {"type": "number", "description": "Of the audio, in seconds."},
                    "segments": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "id": {"type": "integer"},
                                "start": {"type": "number", "description": "In seconds."},
                                "end": {"type": "number", "description": "In seconds."},
                                "text": {"type": "string"},
                            },
                        },
                    },
                },
            },
        )
    },
}

TTS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Order.model_json_schema()}},
    },
    "responses": {
        "200": {
            "description": "The speech, one channel of 16-bit samples.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("audio/wav", "audio/pcm")
            },
        }
    },
}
