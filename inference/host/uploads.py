"""Audio and forms as they come over HTTP, read in memory and bounded.

What callers say never touches the disk here, so forms are not read the way a web framework
reads them, which spools large parts to temporary files.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import numpy as np
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from inference import audio
from inference.engines.base import SAMPLE_HZ
from inference.host.refusals import Refused, not_understood, too_much

BODY_S = 30.0  # for a request's body to arrive
READ_ON_TIMES = 4  # so many times the limit is read and dropped, so that the refusal is heard
RATES_HZ = (4_000, 192_000)
QUICK_BYTES = 200_000  # more than this is decoded beside the event loop


@dataclass(frozen=True, slots=True)
class Limits:
    body_bytes: int = 25_000_000  # a minute of 24-bit stereo at 48 kHz, and some
    order_bytes: int = 64_000
    seconds: float = 60.0  # of one utterance; the recognisers take no more
    characters: int = 1_000  # of one text
    jobs_s: float = 60.0  # for all of one request's work


class Gone(Exception):
    """Nobody waits for the answer any more."""


async def body(request: Request, most_bytes: int, what: str) -> bytes:
    """Raises Refused, Gone."""
    return b"".join([piece async for piece in _bounded(request, most_bytes, what)])


async def form(request: Request, most_bytes: int) -> dict[str, str | bytes]:
    """The fields of a multipart form; files as bytes. Raises Refused, Gone."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data") or "boundary=" not in kind:
        raise Refused(415, "send a multipart form with the recording in the field audio_file")
    stream = _bounded(request, most_bytes, "the form")
    parser = _InMemory(request.headers, stream, max_files=1, max_fields=20, max_part_size=256_000)
    try:
        parsed = await parser.parse()
    except MultiPartException as error:
        raise not_understood(f"the form cannot be read: {error.message.rstrip('.')}") from None
    fields: dict[str, str | bytes] = {}
    for name, value in parsed.multi_items():
        fields[name] = await value.read() if isinstance(value, UploadFile) else value
    await parsed.close()
    return fields


class _InMemory(MultiPartParser):
    spool_max_size = 0  # never to the disk


async def _bounded(request: Request, most_bytes: int, what: str) -> AsyncGenerator[bytes, None]:
    received = 0
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                received += len(piece)
                if received <= most_bytes:
                    yield piece
                elif received > READ_ON_TIMES * most_bytes:
                    break
    except TimeoutError:
        raise Refused(408, f"{what} did not arrive within {BODY_S:.0f} s") from None
    except ClientDisconnect:
        raise Gone from None
    if received > most_bytes:
        raise too_much(f"{what} is larger than {most_bytes} bytes; send less at a time")


async def recording(fields: Mapping[str, str | bytes], limits: Limits) -> bytes:
    """The form's audio_file at SAMPLE_HZ. Raises Refused."""
    if "audio_file" not in fields:
        raise not_understood("audio_file is missing; upload the recording in that field")
    data = fields["audio_file"]
    if isinstance(data, str):
        raise not_understood("audio_file is text; upload it as a file, with a file name")
    if not data:
        raise not_understood("audio_file is empty; send WAV, or raw PCM with its rate")
    raw_hz = rate(fields["rate"]) if "rate" in fields else None
    if len(data) <= QUICK_BYTES:
        return _decoded(data, raw_hz, limits)
    return await asyncio.to_thread(_decoded, data, raw_hz, limits)


def rate(told: str | bytes) -> int:
    """Raises Refused."""
    lowest, highest = RATES_HZ
    try:
        hz = int(told)
    except ValueError:
        hz = 0
    if not lowest <= hz <= highest:
        raise not_understood(
            f"rate is the samples a second of raw audio, {lowest} to {highest}, such as 16000"
        )
    return hz


def _decoded(data: bytes, raw_hz: int | None, limits: Limits) -> bytes:
    if data[:4] == b"RIFF":
        try:
            pcm, hz = audio.read_wav(data)
        except audio.AudioFault as fault:
            raise not_understood(f"audio_file: {fault}") from None
    elif raw_hz:
        pcm, hz = data[: len(data) // 2 * 2], raw_hz
    else:
        raise not_understood(
            "audio_file is no WAV file; send WAV, or 16-bit mono PCM and its rate in the field rate"
        )
    return at_sample_hz(pcm, hz, limits)


def at_sample_hz(pcm: bytes, hz: int, limits: Limits) -> bytes:
    """Raises Refused where there is no audio, too much of it, or at a strange rate."""
    lowest, highest = RATES_HZ
    if not pcm:
        raise not_understood("audio_file holds no audio")
    if not lowest <= hz <= highest:
        raise not_understood(
            f"audio_file has {hz} samples a second; {lowest} to {highest} are read"
        )
    seconds = len(pcm) / 2 / hz
    if seconds > limits.seconds:
        raise too_much(
            f"audio_file lasts {seconds:.0f} s; send at most {limits.seconds:.0f} s at a time"
        )
    if hz in audio.RATES:
        return audio.resample(pcm, hz, SAMPLE_HZ)
    return _from_any_rate(pcm, hz)


def _from_any_rate(pcm: bytes, hz: int) -> bytes:
    """By way of the whole recording's spectrum: slow, but any rate will do."""
    samples = audio.to_floats(pcm)
    wanted = max(1, round(len(samples) * SAMPLE_HZ / hz))
    spectrum = np.fft.rfft(samples)[: wanted // 2 + 1]
    return audio.from_floats(np.fft.irfft(spectrum, wanted) * (wanted / len(samples)))
