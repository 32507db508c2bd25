"""Turns on their way to the database: one queue and one task a process.

The audio path hands a turn over and goes on; the database may be slow or away. What cannot be
written is tried again until the process ends.
"""

import asyncio
import logging
from collections import defaultdict
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import DataError

from inference.journal import Stage, TurnRecord
from records import vault
from telephony import measures

log = logging.getLogger(__name__)

RETRY_S = 1.0
WRITE_DEADLINE_S = 30.0


class TurnWriter:
    def __init__(self) -> None:
        self._waiting: dict[UUID, dict[int, TurnRecord]] = defaultdict(dict)
        self._measured: dict[UUID, int] = {}  # the latest turn that was counted as answered
        self._stood_in: dict[UUID, set[tuple[int, Stage]]] = defaultdict(set)  # that was counted
        self._writing: UUID | None = None
        self._wake = asyncio.Event()
        self._written = asyncio.Condition()

    def put(self, call_id: UUID, record: TurnRecord) -> None:
        """Keep this turn. The latest record of an index is the one that counts."""
        self._waiting[call_id][record.index] = record
        if record.response_ms is not None and record.index > self._measured.get(call_id, -1):
            self._measured[call_id] = record.index
            measures.answered(record)
        for stage in record.stood_in:
            if (record.index, stage) not in self._stood_in[call_id]:
                self._stood_in[call_id].add((record.index, stage))
                measures.stood_in(stage)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                if not await self._write_one():
                    await asyncio.sleep(RETRY_S)

    async def settled(self, call_id: UUID, deadline_s: float) -> bool:
        """Wait until all turns of the call are written or given up; whether it was in time.

        The call's last word: nothing of it is put afterwards.
        """
        self._measured.pop(call_id, None)
        self._stood_in.pop(call_id, None)
        try:
            async with asyncio.timeout(deadline_s), self._written:
                await self._written.wait_for(lambda: not self._holds(call_id))
        except TimeoutError:
            return False
        return True

    def _holds(self, call_id: UUID) -> bool:
        return call_id in self._waiting or call_id == self._writing

    async def _write_one(self) -> bool:
        call_id, records = next(iter(self._waiting.items()))
        del self._waiting[call_id]
        self._writing = call_id
        try:
            write = database_sync_to_async(vault.write_turns)
            async with asyncio.timeout(WRITE_DEADLINE_S):
                await write(call_id, list(records.values()))
        except vault.CallIsGone:
            log.warning("call %s was deleted while it was live", call_id)
        except (DataError, ValueError) as error:  # it would be refused the next time, too
            log.error("call %s: turns were refused: %s", call_id, type(error).__name__)
        except Exception as error:  # the database is away; the turns must not be
            log.error("call %s: turns not written yet: %s", call_id, type(error).__name__)
            newer = self._waiting.pop(call_id, {})
            self._waiting[call_id] = records | newer  # last in line: others may fare better
            return False
        finally:
            self._writing = None
            async with self._written:
                self._written.notify_all()
        return True
