"""The process that holds one engine and does its work, one stream or one batch at a time.

It shares neither Python's lock nor an event loop with the host. It ends when the host's end of
the socket closes, however that came about, and by itself when the engine is broken for good.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

from inference.audio import Resampler
from inference.engines import registry, wanted
from inference.engines.base import (
    SAMPLE_HZ,
    BatchTranscriber,
    EngineFailed,
    EngineUnavailable,
    Transcript,
)
from inference.engines.poison import is_poison
from inference.host import memory, wire
from inference.host.desk import Desk

NICE = 5  # audio goes first
FAILURES = 3  # in a row, and the engine has to show that it still works
LONGEST_SILENCE_S, LONGEST_LETTER_S = 5, 0.3  # more audio than that for a text has no end
POISONED = 3  # exit code

Load = Callable[[Any, Any], Any]


def serve(descriptor: int, load: Load = registry.load) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    os.nice(NICE)
    connection = socket.socket(fileno=descriptor)
    order = wire.request(connection)
    assert isinstance(order, wire.Load)
    Work(connection, order, load).do()


class Work:
    def __init__(self, connection: socket.socket, order: wire.Load, load: Load) -> None:
        self._connection = connection
        self._kind, self._choice = order.kind, order.choice
        self._load = load
        self._desk = Desk()
        self._sending = threading.Lock()
        self._failures = 0
        self._engine: Any = None

    def do(self) -> None:
        """Never returns."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._tell(self._ready())
        while True:
            orders = self._desk.take(self._batch)
            self._begin(orders)
            self._desk.done(orders)

    def _listen(self) -> None:
        """In its own thread, so that who is at work hears of a cancel and of the host's end."""
        try:
            while True:
                match wire.request(self._connection):
                    case wire.Cancel(job):
                        if self._desk.cancel(job):
                            self._tell(wire.Ended(job, was_begun=False))
                    case wire.Hear() | wire.Say() | wire.Forget() as order:
                        self._desk.put(order)
        except (EOFError, OSError):
            os._exit(0)  # the work that is being done, too, is nobody's now

    def _ready(self) -> wire.Ready | wire.Unavailable:
        try:
            self._engine = self._load(self._kind, self._choice)
            began_s = time.monotonic()
            self._engine.warm()  # the first time was the load's; this one tells how long it takes
            turn_ms = _ms_since(began_s)
        except EngineUnavailable as problem:
            return wire.Unavailable(str(problem))
        except Exception as error:
            return wire.Unavailable(f"{self._choice.key} did not start: {type(error).__name__}")
        room = memory.measure(self._choice.option("device"))
        return wire.Ready(
            batch=self._batch,
            turn_ms=turn_ms,
            own_bytes=room.own_bytes,
            free_bytes=room.free_bytes,
            speakers=tuple(getattr(self._engine, "speakers", ())),
            languages=tuple(getattr(self._engine, "languages", ())),
        )

    @property
    def _batch(self) -> int:
        return self._engine.batch if isinstance(self._engine, BatchTranscriber) else 1

    def _begin(self, orders: list[wire.Order]) -> None:
        began_s = time.monotonic()
        match orders[0]:
            case wire.Say() as order:
                failure = self._say(order)
                self._tell(wire.Ended(order.job, failure, _ms_since(began_s)))
                self._judge(failure)
            case wire.Forget() as order:
                if forget := getattr(self._engine, "forget_voice", None):
                    forget(order.sample_path)
                self._tell(wire.Ended(order.job))
            case _:
                heard = self._hear([order for order in orders if isinstance(order, wire.Hear)])
                self._tell(wire.Heard(heard, _ms_since(began_s)))
                for _, transcript in heard:
                    self._judge(transcript if isinstance(transcript, EngineFailed) else None)

    def _hear(
        self, orders: Sequence[wire.Hear]
    ) -> tuple[tuple[int, Transcript | EngineFailed], ...]:
        heard: list[Transcript | EngineFailed]
        if isinstance(self._engine, BatchTranscriber):
            utterances = [(order.pcm, order.knowledge) for order in orders]
            try:
                heard = self._engine.transcribe_together(utterances)
            except Exception as error:
                heard = [self._failure(error)] * len(orders)
        else:
            heard = [self._heard(order) for order in orders]
        for transcript in heard:
            if isinstance(transcript, EngineFailed) and is_poison(transcript):
                self._give_up(str(transcript))
        return tuple((order.job, one) for order, one in zip(orders, heard, strict=True))

    def _heard(self, order: wire.Hear) -> Transcript | EngineFailed:
        try:
            transcript: Transcript = self._engine.transcribe(order.pcm, order.knowledge)
            return transcript
        except Exception as error:
            return self._failure(error)

    def _say(self, order: wire.Say) -> EngineFailed | None:
        unwanted = self._desk.unwanted(order)
        try:
            with wanted.until(unwanted), closing(self._spoken(order)) as pieces:
                for pcm in pieces:
                    if unwanted.is_set():
                        return None
                    if pcm:
                        self._tell(wire.Piece(order.job, pcm))
        except Exception as error:
            return self._failure(error)
        return None

    def _spoken(self, order: wire.Say) -> Generator[bytes, None, None]:
        text, voice = order.text, order.voice
        resampler = Resampler(self._engine.hz, SAMPLE_HZ)
        bytes_left = (LONGEST_SILENCE_S + len(text) * LONGEST_LETTER_S) * self._engine.hz * 2
        with closing(self._engine.synthesize(text, voice)) as pieces:
            for pcm in pieces:
                bytes_left -= len(pcm)
                if bytes_left < 0:
                    raise EngineFailed("the voice found no end")
                yield resampler.push(pcm)
        yield resampler.flush()

    def _failure(self, error: Exception) -> EngineFailed:
        """What may be told of it: a library's own words may quote what was said."""
        if is_poison(error):
            self._give_up(_told(error))
        return EngineFailed(_told(error))

    def _judge(self, failure: EngineFailed | None) -> None:
        """Who fails again and again shows that it still works, or ends."""
        self._failures = self._failures + 1 if failure else 0
        if self._failures < FAILURES:
            return
        self._failures = 0
        try:
            self._engine.warm()
        except Exception as error:
            self._give_up(f"{FAILURES} failures in a row, the last: {_told(error)}")

    def _give_up(self, reason: str) -> None:
        self._tell(wire.Poisoned(reason))
        os._exit(POISONED)  # tidying up may hang on a broken graphics card

    def _tell(self, report: wire.Report) -> None:
        with self._sending:
            try:
                self._connection.sendall(wire.pack(report))
            except OSError:
                os._exit(0)


def _told(error: Exception) -> str:
    if isinstance(error, (EngineFailed, EngineUnavailable)):
        return str(error)
    return f"the engine failed: {type(error).__name__}"


def _ms_since(began_s: float) -> int:
    return round((time.monotonic() - began_s) * 1000)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
