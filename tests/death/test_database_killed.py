"""PostgreSQL dies at once, connections are cut in the moment of a commit, and what was acknowledged is there.

A live web server takes webhooks, trials and orders meanwhile, with a worker and beat beside it.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.death.dying_portal import DyingPortal
from tests.death.wire import UNANSWERED, UNHEARD
from tests.death.writers import HONEST, Writers, tell
from tests.infra.proof import size

KILLED, ENDED = "killed at once", "every connection ended"
WELL_WITHIN = 30
NEEDS_THE_DATABASE = ("/plan/", "/upgrade/", "/trials/", "/team/", "/billing/")

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("death")]


@pytest.fixture(scope="module")
def portal() -> Iterator[DyingPortal]:
    with DyingPortal(seeds=size(short=40, long=200)) as portal:
        yield portal


def is_well(portal: DyingPortal) -> bool:
    """Every page and every part answers."""
    session = portal.people[-1]["session"]
    pages = all(portal.ask(path, session=session).status == 200 for path in NEEDS_THE_DATABASE)
    return pages and portal.ask("/readyz").status == 200


def end_every_connection(portal: DyingPortal) -> None:
    """End them all, and wait until each is gone."""
    portal.rows(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = 'portal' AND pid <> pg_backend_pid()"
    )
    time.sleep(1)  # until the wire has hung up as well


def test_what_was_acknowledged_is_there_whenever_the_database_dies(
    portal: DyingPortal, figure: Callable[[str], None]
) -> None:
    chance, slowest, points = random.Random(3), 0.0, size(short=5, long=50)
    with Writers(portal) as writers:
        for point in range(points):
            time.sleep(chance.uniform(0.3, 0.9))
            told = len(writers.events)
            match (KILLED, UNHEARD, UNANSWERED, ENDED)[point % 4]:
                case "killed at once":
                    portal.kill_postgres()
                    assert_pages_say_so(portal)
                    # Once in the long form it is away for longer than a pool is patient.
                    time.sleep(75 if point == 48 else chance.uniform(0, 1))
                    portal.postgres.start()
                case "every connection ended":
                    end_every_connection(portal)
                case moment:
                    cuts = portal.wire.cuts
                    portal.wire.cut_next_commit(moment)
                    portal.wait_until(lambda cuts=cuts: portal.wire.cuts > cuts, within=WELL_WITHIN)
            slowest = max(slowest, portal.wait_until(lambda: is_well(portal), within=WELL_WITHIN))
            portal.wait_until(lambda told=told: len(writers.events) > told, within=WELL_WITHIN)

    assert writers.lost() == []
    assert set(writers.answers) <= HONEST, writers.answers
    assert writers.answers[503] >= points // 4
    assert not writers.unasked
    assert len(writers.events) > points
    assert writers.trials
    assert writers.orders
    portal.wait_until(lambda: everything_is_worked_off(portal), within=WELL_WITHIN)
    assert "BROKEN" not in portal.run("manage.py", "invariants")
    figure(
        f"{points} deaths of PostgreSQL and cuts in a commit: {len(writers.events)} webhooks, {len(writers.trials)} "
        f"trials and {len(writers.orders)} orders acknowledged, 0 lost; all well within {slowest:.1f} s each time"
    )


def assert_pages_say_so(portal: DyingPortal) -> None:
    """While it is away: 503 with the hint when to come back, calm words, and never a traceback."""
    session = portal.people[-1]["session"]
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda path: portal.ask(path, session=session), NEEDS_THE_DATABASE)
    for answer in answers:
        assert (answer.status, answer.headers.get("retry-after")) == (503, "30"), answer
        assert "We cannot answer just now" in answer.body
    assert portal.ask("/healthz").status == 200
    ready = portal.ask("/readyz")
    assert ready.status == 503
    assert '"database": "silent"' in ready.body
    assert not tell(portal, "evt_while_away"), "Stripe must be made to send it again"


def everything_is_worked_off(portal: DyingPortal) -> bool:
    return portal.rows("SELECT count(*) FROM billing_stripeevent WHERE handled_at IS NULL") == [(0,)]


def test_connections_that_died_in_the_pool_are_replaced_before_anybody_gets_them(portal: DyingPortal) -> None:
    assert failures_after_every_connection_ended(portal) == 0


def test_control_without_the_pools_check_pages_fail_after_the_database_is_back(portal: DyingPortal) -> None:
    portal.start_web(POOL_UNCHECKED="1")
    try:
        assert failures_after_every_connection_ended(portal) > 0
    finally:
        portal.start_web()


def failures_after_every_connection_ended(portal: DyingPortal) -> int:
    """Of twenty pages asked for on connections that are all dead, how many failed."""
    session = portal.people[-1]["session"]
    for _ in range(12):
        portal.ask("/plan/", session=session)
    end_every_connection(portal)
    return sum(portal.ask("/plan/", session=session).status != 200 for _ in range(20))


def test_control_without_synchronous_commit_what_was_acknowledged_is_lost(portal: DyingPortal) -> None:
    portal.rows("ALTER DATABASE portal SET synchronous_commit = off")
    portal.rows("ALTER SYSTEM SET wal_writer_delay = '10s'")
    portal.rows("SELECT pg_reload_conf()")
    end_every_connection(portal)
    portal.wait_until(lambda: is_well(portal), within=WELL_WITHIN)
    told = [event for event in (f"evt_control{number}" for number in range(20)) if tell(portal, event)]

    portal.kill_postgres()
    portal.postgres.start()

    there = {row[0] for row in portal.rows("SELECT stripe_id FROM billing_stripeevent")}
    portal.rows("ALTER DATABASE portal RESET synchronous_commit")
    assert told
    assert set(told) - there


def test_while_redis_is_away_pages_are_read_and_what_must_be_counted_waits(portal: DyingPortal) -> None:
    session, form = portal.people[-1]["session"], {"tier": "team", "seats": "3", "interval": "month"}
    portal.redis.stop()
    try:
        assert [portal.ask(path, session=session).status for path in NEEDS_THE_DATABASE] == [200] * 5
        assert portal.ask("/").status == 200
        assert tell(portal, "evt_without_redis"), "webhooks need no Redis"
        assert '"redis": "silent"' in portal.ask("/readyz").body
        # How often a button is pressed is counted there.
        pressed = portal.ask("/upgrade/", session=session, form=form)
        assert (pressed.status, pressed.headers.get("retry-after")) == (503, "30")
        assert "We cannot answer just now" in pressed.body
    finally:
        portal.redis.start()
    portal.wait_until(lambda: is_well(portal), within=WELL_WITHIN)


def test_a_worker_that_is_in_the_middle_of_a_task_when_redis_is_lost_goes_on(portal: DyingPortal) -> None:
    with psycopg.connect(portal.postgres.url("portal")) as holder:
        holder.execute("LOCK TABLE billing_stripeevent IN ACCESS EXCLUSIVE MODE")
        portal.wait_until(lambda: somebody_waits_for_a_lock(portal), within=WELL_WITHIN)
        portal.redis.stop()
        time.sleep(2)  # until the worker has found its line broken
        portal.redis.start()
    portal.wait_until(lambda: is_well(portal), within=WELL_WITHIN)


def somebody_waits_for_a_lock(portal: DyingPortal) -> bool:
    return portal.rows(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'portal' AND wait_event_type = 'Lock'"
    ) == [(True,)]
