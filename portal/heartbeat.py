"""Signs of life of the worker and of beat, kept in Redis for /readyz.

The worker marks every heartbeat it sends; beat marks every tick. A mark expires by itself, so silence shows.
"""

from __future__ import annotations

import logging
from typing import Any

import redis
from celery import signals
from celery.beat import Scheduler
from django.conf import settings

WORKER, BEAT = "heartbeat:worker", "heartbeat:beat"
SILENT_AFTER = 60  # seconds
log = logging.getLogger(__name__)


def connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def mark(name: str) -> None:
    """Note that `name` is alive. A Redis that does not answer is not worth dying for: the sign is merely missed."""
    try:
        connection().set(name, "1", ex=SILENT_AFTER)
    except redis.RedisError:
        log.warning("heartbeat_not_noted", extra={"part": name})


@signals.heartbeat_sent.connect
@signals.worker_ready.connect
def _worker_alive(**_: Any) -> None:
    mark(WORKER)


class HeartbeatScheduler(Scheduler):
    """Beat without a file: the schedule is static, and every sweep is safe to run at any time."""

    max_interval = 5

    def tick(self, *args: Any, **kwargs: Any) -> float:
        mark(BEAT)
        return super().tick(*args, **kwargs)
