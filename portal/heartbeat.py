"""Signs of life of the workers and of beat, kept in Redis for /readyz.

A worker that only breathes is not well: after Redis was restarted, or with all its children stuck, it can go on sending
heartbeats and take no task. So two signs are kept for each worker: that it breathes (every heartbeat), and that it has
worked (a task done). Sweeps come round every few seconds, so whoever breathes and has not worked for a while is silent.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from celery import signals
from celery.beat import Scheduler
from django.conf import settings

# Sorted sets: the name of a worker → when it last did so, in seconds since 1970.
BREATHED, WORKED = "heartbeat:breathed", "heartbeat:worked"
BEAT = "heartbeat:beat"
BREATHES_WITHIN = 30  # seconds; a heartbeat goes out every two
WORKS_WITHIN = 150  # seconds; the longest run of a healthy sweep, a big mailing, ends after 120
BEATS_WITHIN = 60  # seconds; beat ticks every five
log = logging.getLogger(__name__)


def connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def signs() -> dict[str, bool]:
    """Whether the workers and beat are well. Raises redis.RedisError.

    The workers are where at least one breathes, and each that breathes has worked of late: one that went deaf shows
    although others do its work. One that ended is no longer asked after.
    """
    now = time.time()
    with connection().pipeline(transaction=False) as pipeline:
        pipeline.zrangebyscore(BREATHED, now - BREATHES_WITHIN, "+inf")
        pipeline.zrangebyscore(WORKED, now - WORKS_WITHIN, "+inf")
        pipeline.exists(BEAT)
        breathing, working, beats = pipeline.execute()
    return {"worker": bool(breathing) and set(breathing) <= set(working), "beat": bool(beats)}


def mark(sign: str, worker: str) -> None:
    """Note that `worker` breathed or worked just now, and forget those that have not for a day."""
    now = time.time()
    try:
        with connection().pipeline() as pipeline:
            pipeline.zadd(sign, {worker: now})
            pipeline.zremrangebyscore(sign, "-inf", now - 24 * 3600)
            pipeline.execute()
    except redis.RedisError:
        # A Redis that does not answer is not worth dying for: the sign is merely missed.
        log.warning("heartbeat_not_noted", extra={"part": worker})


def mark_beat() -> None:
    """Note that beat ticked just now."""
    try:
        connection().set(BEAT, "1", ex=BEATS_WITHIN)
    except redis.RedisError:
        log.warning("heartbeat_not_noted", extra={"part": "beat"})


@signals.heartbeat_sent.connect
def _breathed(sender: Any, **_: Any) -> None:
    mark(BREATHED, sender.eventer.hostname)


@signals.worker_ready.connect
def _began(sender: Any, **_: Any) -> None:
    """Nothing has been asked of it yet, so nothing is held against it."""
    mark(WORKED, sender.hostname)


@signals.task_success.connect
def _worked(sender: Any, **_: Any) -> None:
    mark(WORKED, sender.request.hostname)


@signals.worker_shutdown.connect
def _ended(sender: Any, **_: Any) -> None:
    """Whoever ends in good order is not called silent."""
    try:
        connection().zrem(BREATHED, sender.hostname)
    except redis.RedisError:
        log.warning("heartbeat_not_noted", extra={"part": sender.hostname})


class HeartbeatScheduler(Scheduler):
    """Beat without a file: the schedule is static, and every sweep is safe to run at any time."""

    max_interval = 5

    def tick(self, *args: Any, **kwargs: Any) -> float:
        mark_beat()
        return super().tick(*args, **kwargs)
