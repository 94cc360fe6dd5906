"""Redis loses all it held, or dies and comes back: what is due is done within two sweeps, and silence is noticed."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery import Celery
from django.test import Client
from pytest_django import Settings

from portal import heartbeat
from portal.environment import Environment
from portal.local.redisserver import Redis
from tests.cast import make_catalogue
from tests.death.due import SWEEPS, Due, sweeps_needed
from tests.death.nursery import Nursery, Worker
from tests.death.stage import environment_of_this_database
from tests.infra.mailbox import Mailbox
from tests.infra.proof import size
from tests.infra.sandbox import Sandbox

EVERY = 1.0  # seconds between two sweeps of a kind
FLUSHED, KILLED, RESTARTED = "flushed", "killed", "restarted"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.proof]


@dataclass
class House:
    """A worker and beat with a Redis of their own, on the database of the test."""

    redis: Redis
    worker: Worker
    beat: Worker
    sweeps: Path

    @property
    def remote(self) -> Celery:
        """Speaks to the worker through this Redis; the tests' own process has another one."""
        return Celery("remote", broker=Environment.celery_url(self.redis.url()), set_as_current=False)

    @property
    def has_empty_hands(self) -> bool:
        """Whether the worker takes no messages and holds none."""
        seen = self.remote.control.inspect(timeout=1)
        held = (seen.active_queues(), seen.active(), seen.reserved())
        return all(told is not None and not any(told.values()) for told in held)

    def lose(self, how: str, *, meanwhile: Callable[[], Due], chance: random.Random) -> tuple[Due, float]:
        """Lose what Redis held while work comes up; gives back the work, and when Redis was there again."""
        if how == FLUSHED:
            # With the worker asleep, messages wait in Redis, and are lost.
            os.killpg(self.worker.pid, signal.SIGSTOP)
            due = meanwhile()
            time.sleep(chance.uniform(0, EVERY))
            self.redis._client().flushall()
            os.killpg(self.worker.pid, signal.SIGCONT)
            return due, time.time()
        if how == KILLED:
            self.redis._child.process.kill()
            self.redis._child.process.wait()
        else:
            self.redis.stop()
        due = meanwhile()
        time.sleep(chance.uniform(0, 1))
        self.redis.start()
        return due, time.time()

    def wait_until(self, true: Callable[[], bool], *, within: float = 30) -> None:
        deadline = time.monotonic() + within
        while not true():
            assert time.monotonic() < deadline, self.worker.log.read_text()[-3000:]
            time.sleep(0.1)


@pytest.fixture
def house(tmp_path: Path, mailbox: Mailbox, settings: Settings) -> Iterator[House]:
    make_catalogue()
    redis = Redis(data=tmp_path / "redis", log=tmp_path / "redis.log").start()
    sweeps = tmp_path / "sweeps"
    sweeps.touch()
    # What this process marks and reads, /readyz among it, is in that Redis as well.
    settings.REDIS_URL = redis.url()
    try:
        with Nursery(
            environment=environment_of_this_database(REDIS_URL=redis.url()), logs=tmp_path
        ) as nursery:
            worker = nursery.worker(tells_sweeps_to=str(sweeps))
            beat = nursery.worker(beats=True, every=EVERY)
            house = House(redis, worker, beat, sweeps)
            house.wait_until(lambda: readyz() == {"worker": "ok", "beat": "ok"})
            yield house
            for each in (worker, beat):
                each.kill()
    finally:
        redis.stop()


def readyz() -> dict[str, str]:
    """What /readyz says of the worker and beat."""
    said = Client().get("/readyz").json()
    return {part: said[part] for part in ("worker", "beat")}


def test_all_that_is_due_is_done_within_two_sweeps_after_redis_lost_everything(
    house: House, sandbox: Sandbox, figure: Callable[[str], None]
) -> None:
    chance, points, most = random.Random(5), size(short=6, long=50), 0
    for point in range(points):
        due, back = house.lose(
            (FLUSHED, KILLED, RESTARTED)[point % 3],
            meanwhile=lambda point=point: Due(point, sandbox),
            chance=chance,
        )
        done = due.wait(within=60, log=house.worker.log)
        needed = sweeps_needed(done, since=back, told=house.sweeps)
        assert max(needed.values()) <= 2, (point, needed)
        most = max(most, *needed.values())
    house.wait_until(lambda: readyz() == {"worker": "ok", "beat": "ok"})
    figure(
        f"Redis flushed or restarted at {points} points: trials, notices, webhooks and orders that were due were done "
        f"within {most} sweeps of their kind, the worker never silent"
    )


def test_control_where_work_is_found_by_its_message_alone_it_is_lost_with_redis(
    house: House, sandbox: Sandbox
) -> None:
    """Without the sweeps that come round, a message for each thing that is due would be all there is."""
    house.beat.kill()
    house.remote.control.cancel_consumer("celery")
    house.wait_until(lambda: house.has_empty_hands)
    due = Due(0, sandbox)
    for task in SWEEPS.values():
        house.remote.send_task(task)
    house.wait_until(lambda: house.redis._client().llen("celery") == len(SWEEPS))
    house.redis._client().flushall()
    house.remote.control.add_consumer("celery")

    time.sleep(5 * EVERY)

    done = [name for name, done in due.done_at().items() if done is not None]
    assert not done, "done without its message"


def test_a_worker_that_was_stopped_is_silent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BREATHES_WITHIN", 5)
    os.killpg(house.worker.pid, signal.SIGSTOP)
    house.wait_until(lambda: readyz()["worker"] == "silent", within=15)

    os.killpg(house.worker.pid, signal.SIGCONT)
    house.wait_until(lambda: readyz()["worker"] == "ok", within=15)


def test_a_worker_whose_children_are_stuck_is_silent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "WORKS_WITHIN", 5)
    (child,) = children_of(house.worker.pid)
    os.kill(child, signal.SIGSTOP)
    house.wait_until(lambda: readyz()["worker"] == "silent", within=15)
    assert breathes(), "it looks alive, and is not well"

    os.kill(child, signal.SIGCONT)
    house.wait_until(lambda: readyz()["worker"] == "ok", within=15)


def test_a_worker_that_is_deaf_is_silent_though_it_sends_heartbeats(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "WORKS_WITHIN", 5)
    house.remote.control.cancel_consumer("celery")
    house.wait_until(lambda: readyz()["worker"] == "silent", within=20)
    assert breathes(), "it looks alive, and is not well"

    house.remote.control.add_consumer("celery")
    house.wait_until(lambda: readyz()["worker"] == "ok", within=20)


def breathes() -> bool:
    """Whether a worker sent a heartbeat in the last five seconds."""
    return bool(heartbeat.connection().zrangebyscore(heartbeat.BREATHED, time.time() - 5, "+inf"))


def children_of(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
