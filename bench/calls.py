"""Callers that ask and listen, and what they measured."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from telephony.phone import CallEnded, NothingHeard, Phone, now_ms

QUIET_MS = 500
DEADLINE_S = 20.0
RAMP_S = 0.15  # between two calls' beginnings, so that their turns do not fall together


@dataclass(slots=True)
class Measured:
    gaps_ms: list[float] = field(default_factory=list)
    missing: int = 0  # turns without an answer
    refused: int = 0
    call_minutes: float = 0.0


async def callers(
    uri: str, clip: bytes, *, count: int, turns: int, codec: str = "pcmu"
) -> Measured:
    """So many calls at once, each with so many turns."""
    measured = Measured()
    async with Phone() as phone:
        await asyncio.gather(
            *(_caller(phone, uri, clip, turns, codec, n * RAMP_S, measured) for n in range(count))
        )
    return measured


async def _caller(
    phone: Phone, uri: str, clip: bytes, turns: int, codec: str, wait_s: float, measured: Measured
) -> None:
    await asyncio.sleep(wait_s)
    try:
        call = await phone.dial(uri, codec=codec)
    except Exception:
        measured.refused += 1
        return
    began_ms = now_ms()
    try:
        await call.wait_quiet(QUIET_MS, DEADLINE_S)
        for _ in range(turns):
            spoken = await call.say(clip)
            first_ms = await call.wait_loud(spoken.speech_ended_ms, DEADLINE_S)
            measured.gaps_ms.append(first_ms - spoken.speech_ended_ms)
            await call.wait_quiet(QUIET_MS, DEADLINE_S, after_ms=first_ms)
    except (NothingHeard, CallEnded):
        measured.missing += 1
    measured.call_minutes += (now_ms() - began_ms) / 60_000
    await call.hang_up()


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; nan of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
