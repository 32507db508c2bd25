"""Handing calls to the job workers. The database is the truth and the queue a hint:
what is lost here, the reconciler makes up for within a minute."""

import logging
from uuid import UUID

from django.conf import settings
from redis import Redis, RedisError
from rq import Queue

log = logging.getLogger(__name__)

DEADLINE_S = 2  # of the queue's server; a call's end must not wait for it
JOB_TIMEOUT_S = 300


def enqueue_finish(call_id: UUID) -> bool:
    """Asks for the call's transcript and recording; whether a worker will hear of it."""
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S
        ) as server:
            Queue("default", connection=server).enqueue(
                "records.jobs.finish_call", call_id, job_timeout=JOB_TIMEOUT_S, result_ttl=0
            )
    except (RedisError, OSError) as error:
        log.warning("call %s: not queued: %s", call_id, type(error).__name__)
        return False
    return True
