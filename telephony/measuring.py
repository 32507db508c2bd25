"""Finding out how many calls this machine holds: ever more callers talk to it, until it slows.

They come over Asterisk's media socket, as `telephony.measured_call` takes them, from a process of
their own. Callers who mean it go first: as soon as one is there the measuring stops.
"""

import asyncio
import http.client
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from uuid import uuid4

from channels.db import database_sync_to_async
from django.conf import settings

from agents.spec import AgentSpec
from records.models import Call
from telephony import spoken_questions
from telephony.asterisk_files import from_here
from telephony.capacity import Findings, Level, Search, percentile
from telephony.machine import Busy
from telephony.measured_call import DIRECTION
from telephony.measuring_caller import MeasuringCaller
from telephony.media_client import TICK_S, Lateness, Leg, dial, wire
from telephony.spoken_questions import Frames

SECONDS = 20.0  # of a level, once all callers talk
FEWEST = 12  # with fewer answers a level goes on, up to
LONGEST = 2  # times as long
RAMP_S = 0.25  # between two callers
LONGEST_RAMP_S = 5.0
DIAL_S = 10.0
GREETED_S = 30.0
TRIAL_S = 90.0
LOOK_S = 0.1
LIVE_LOOK_S = 1.0
AGAIN_S = 0.5  # after a call that ended the line calls again
CLOSED_S = 15.0
METRICS_S = 3.0
SEED = 20261123

Tell = Callable[[Level], None]


class MeasuringImpossible(Exception):
    """There is nothing to measure. The text says why and the way out."""


class CallersCame(Exception):
    """Somebody called; the line is theirs."""


@dataclass(frozen=True, slots=True)
class Plan:
    number: str  # whose agent is called
    spec: AgentSpec
    most: int
    seconds: float = SECONDS
    goes_on_beside_callers: bool = False


async def measure(plan: Plan, findings: Findings, tell: Tell) -> None:
    """Adds to `findings` level by level. Raises MeasuringImpossible, CallersCame."""
    tasks = [asyncio.create_task(_measure(plan, findings, tell))]
    if not plan.goes_on_beside_callers:
        tasks.append(asyncio.create_task(_until_callers_come()))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _measure(plan: Plan, findings: Findings, tell: Tell) -> None:
    questions = await _answered_questions(plan)
    search = Search(plan.most)
    while count := search.next():
        level = await Crowd(plan.number, questions, count).run(plan.seconds)
        search.tell(count, holds=findings.add(level))
        tell(level)
    findings.is_complete = True


async def _until_callers_come() -> None:
    look = database_sync_to_async(Call.objects.live().exists)
    while True:
        if await look():
            raise CallersCame("a caller is on the line")
        await asyncio.sleep(LIVE_LOOK_S)


# --- what to ask ------------------------------------------------------------------------


async def _answered_questions(plan: Plan) -> list[Frames]:
    """What this agent answers, ready for the wire. Raises MeasuringImpossible.

    Trying them also warms what only a call does.
    """
    for say in (spoken_questions.recorded, spoken_questions.own):
        frames = await asyncio.to_thread(say, plan.spec)
        questions = [tuple(wire(frame) for frame in each) for each in frames if each]
        if answered := await _tried(plan.number, questions):
            return answered
    raise MeasuringImpossible(
        "the agent answered none of the questions that callers could ask it here: neither the "
        "recorded ones (Asterisk's prompts, English) nor its own in a synthetic voice. Call it "
        "yourself to hear why, or give it a question and an answer"
    )


async def _tried(number: str, questions: list[Frames]) -> list[Frames]:
    """Those that are answered and after which the call goes on."""
    answered: list[Frames] = []
    waiting = list(questions)
    while waiting:
        caller, leg = await _asked(number, waiting)
        good = [one.answer_ms is not None for one in caller.asked]
        if leg.was_hung_up and good:
            good[-1] = False
        answered += [each for each, is_good in zip(waiting, good, strict=False) if is_good]
        waiting = waiting[max(1, len(good)) :]
    return answered


async def _asked(number: str, questions: list[Frames]) -> tuple[MeasuringCaller, Leg]:
    """One call in which they are asked one after the other, as far as the agent lets it."""
    caller = MeasuringCaller(questions, iter(range(len(questions))), Random(SEED))
    try:
        leg = await _dial(number, caller, 0.0, Lateness())
    except OSError as error:
        raise MeasuringImpossible(
            f"nothing takes calls at {settings.HTTP_HOST}:{settings.HTTP_PORT}; "
            "start voiceadmin (./run) and measure beside it"
        ) from error
    try:
        await _until(lambda: caller.is_done or leg.over.is_set(), TRIAL_S)
    finally:
        await _hang_up([leg])
    if leg.answered_s is None:
        raise MeasuringImpossible(
            "the agent does not answer its calls; `manage.py check` and var/log/web.log tell why"
        )
    return caller, leg


# --- calls ------------------------------------------------------------------------------


class Crowd:
    """So many lines on which there is always a call."""

    def __init__(self, number: str, questions: Sequence[Frames], count: int) -> None:
        self._number = number
        self._questions = questions
        self._count = count
        self._chance = Random(f"{SEED} {count}")
        self._late = Lateness()
        self._callers: list[MeasuringCaller] = []
        self._legs: list[Leg] = []
        self._failed = 0

    async def run(self, seconds: float) -> Level:
        """Holds the calls for so long and longer, until enough was asked to judge by."""
        ramp_s = min(RAMP_S * self._count, LONGEST_RAMP_S)
        lines = [
            asyncio.create_task(self._line(ramp_s * n / self._count)) for n in range(self._count)
        ]
        try:
            await _until(self._are_greeted, ramp_s + GREETED_S)
            self._failed += sum(not caller.is_greeted for caller in self._callers)
            self._late.ticks_s.clear()
            window = await Window.open()
            await asyncio.sleep(seconds)
            await _until(lambda: len(self._answers_ms(window)) >= FEWEST, seconds * (LONGEST - 1))
            await window.close()
            return self._level(window)
        finally:
            for line in lines:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)
            await _hang_up(self._legs)

    async def _line(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        while True:
            caller = MeasuringCaller(self._questions, self._any_order(), self._chance)
            self._callers.append(caller)
            try:
                leg = await _dial(self._number, caller, self._chance.uniform(0, TICK_S), self._late)
            except OSError:
                self._failed += 1
            else:
                self._legs.append(leg)
                await leg.over.wait()
                self._failed += not leg.was_hung_up
            await asyncio.sleep(AGAIN_S)

    def _any_order(self) -> Iterator[int]:
        while True:
            yield self._chance.randrange(len(self._questions))

    def _are_greeted(self) -> bool:
        return sum(caller.is_greeted for caller in self._callers) >= self._count

    def _answers_ms(self, window: "Window") -> list[float]:
        asked = (one for caller in self._callers for one in caller.asked)
        return [
            one.answer_ms
            for one in asked
            if one.answer_ms is not None and window.holds(one.ended_s)
        ]

    def _level(self, window: "Window") -> Level:
        asked = [one for caller in self._callers for one in caller.asked]
        late = sum(caller.late_ticks for caller in self._callers)
        played = sum(caller.played_ticks for caller in self._callers)
        late_ms = [late_s * 1000 for late_s in self._late.ticks_s]
        return Level(
            calls=self._count,
            answers_ms=tuple(self._answers_ms(window)),
            missing=sum(one.is_missing(window.until_s) for one in asked),
            failed=self._failed,
            late_share=late / max(1, late + played),
            cpu_share=window.cpu_share,
            machine_share=window.machine_share,
            callers_late_ms=percentile(late_ms, 0.99) or 0,
        )


@dataclass(slots=True)
class Window:
    """The measured stretch of a crowd's time."""

    from_s: float
    busy: Busy
    cpu_s: float | None
    until_s: float = float("inf")
    machine_share: float = 0.0
    cpu_share: float | None = None  # of one core

    @classmethod
    async def open(cls) -> "Window":
        cpu_s = await asyncio.to_thread(media_cpu_s)
        return cls(_now_s(), Busy.now(), cpu_s)

    async def close(self) -> None:
        self.until_s = _now_s()
        self.machine_share = Busy.now().share_since(self.busy)
        cpu_s = await asyncio.to_thread(media_cpu_s)
        if cpu_s is not None and self.cpu_s is not None:
            self.cpu_share = (cpu_s - self.cpu_s) / (self.until_s - self.from_s)

    def holds(self, at_s: float | None) -> bool:
        return at_s is not None and self.from_s <= at_s < self.until_s


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _until(is_so: Callable[[], bool], deadline_s: float) -> None:
    """Until it is so, or the deadline has passed."""
    give_up_s = _now_s() + deadline_s
    while True:
        if is_so() or _now_s() >= give_up_s:
            return
        await asyncio.sleep(LOOK_S)


async def _dial(number: str, caller: MeasuringCaller, phase_s: float, late: Lateness) -> Leg:
    """Raises OSError."""
    variables = {
        "CALL_ID": f"{DIRECTION}-{uuid4()}",
        "CALL_FROM": DIRECTION,
        "CALL_TO": number,
        "CALL_DIRECTION": DIRECTION,
    }
    host = from_here(settings.HTTP_HOST).strip("[]")
    async with asyncio.timeout(DIAL_S):
        return await dial(
            settings.HTTP_PORT, settings.MEDIA_PASSWORD, caller, variables, phase_s, late, host
        )


async def _hang_up(legs: Sequence[Leg]) -> None:
    """All of them, and wait until the other side has closed them, too."""
    for leg in legs:
        if not leg.over.is_set():
            leg.hang_up()
    async with asyncio.timeout(CLOSED_S):
        for leg in legs:
            await leg.over.wait()


def media_cpu_s() -> float | None:
    """Blocking. What the process that carries the calls has used so far; None if it won't say."""
    host = from_here(settings.HTTP_HOST)
    headers = {"Host": "127.0.0.1"}
    if settings.METRICS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.METRICS_TOKEN}"
    connection = http.client.HTTPConnection(host, settings.HTTP_PORT, timeout=METRICS_S)
    try:
        connection.request("GET", "/metrics", headers=headers)
        page = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    found = re.search(r"^process_cpu_seconds_total ([0-9.e+]+)$", page, re.MULTILINE)
    return float(found[1]) if found else None
