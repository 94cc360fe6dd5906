"""Ours beside others' software of the same kind: dj-stripe's webhooks, django-plans' command that ends accounts."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.benchmarks.conftest import SMALL
from tests.benchmarks.data import trials_due
from tests.benchmarks.peers.environment import HERE, NoPeers, peers_python, run_peer
from tests.benchmarks.rounds import interleave
from tests.benchmarks.server import GRANIAN, Server, serving
from tests.benchmarks.webhooks import customer_delivery, deliveries
from tests.benchmarks.work import once
from tests.infra.environment import WEBHOOK_SECRET
from tests.infra.sandbox import Sandbox

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
Tell = Callable[[str], None]
COUNT, DUE = 40, 5_000  # of webhooks few, as theirs take long
DOOR = "/stripe/webhook/11111111-2222-4333-8444-555555555555/"


@pytest.fixture(scope="module")
def peer_database(copies: Callable[[int], str]) -> str:
    """An empty database with the peers' tables."""
    try:
        peers_python()
    except NoPeers as error:
        pytest.skip(f"no peers: {error}")
    parts = urlsplit(copies(SMALL))
    address = urlunsplit(parts._replace(path="/bench_peers"))
    name = sql.Identifier("bench_peers")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    run_peer("prepare", WEBHOOK_SECRET, DATABASE_URL=address)
    return address


@contextmanager
def peer_serving(address: str, postgres: int, **env: str) -> Iterator[Server]:
    """The peers' project behind the same server with the same settings."""
    given = {"PATH": os.environ["PATH"], "DATABASE_URL": address, "PYTHONPATH": str(HERE)}
    with serving(
        database_url=address,
        postgres=postgres,
        argv=[peers_python(), *GRANIAN[1:]],
        application="peerserved:application",
        ready_at=None,
        env={**given, "DJANGO_SETTINGS_MODULE": "peersite", **env},
    ) as server:
        yield server


def _known_to(sandbox: Sandbox) -> dict[str, Any]:
    """A customer that the peer can fetch."""
    asked = urllib.request.Request(f"{sandbox.url}/v1/customers", data=b"name=Bench&email=bench%40bench.test")
    asked.add_header("Authorization", "Bearer sk_test_" + "0" * 24)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return dict(json.load(answer))


def test_webhooks_beside_dj_stripe(
    small: Server, peer_database: str, postgres: int, sandbox: Sandbox, figure: Tell
) -> None:
    customer = _known_to(sandbox)
    with ExitStack() as stack:
        bare = stack.enter_context(peer_serving(peer_database, postgres, PEER_CALLBACK="1"))
        full = stack.enter_context(peer_serving(peer_database, postgres, PEER_STRIPE=sandbox.url))
        cost = interleave(
            {
                "ours": lambda: small.cost(deliveries(8 * COUNT)),
                "empty callback": lambda: bare.cost(deliveries(COUNT, DOOR)),
                "ours, customers": lambda: small.cost(
                    [customer_delivery("/webhooks/stripe/", customer) for _ in range(8 * COUNT)]
                ),
                "default path": lambda: full.cost([customer_delivery(DOOR, customer) for _ in range(COUNT)]),
            }
        )
    figure(
        f"webhook acknowledged at {cost.ratio('empty callback', to='ours')} × the rate of dj-stripe with an empty "
        f"callback (reach: ≥ 4.5), {cost.ratio('default path', to='ours, customers')} × that of its default path "
        "(reach: ≥ 20)"
    )


def test_ending_trials_beside_django_plans(
    copies: Callable[[int], str], peer_database: str, postgres: int, figure: Tell
) -> None:
    address = copies(DUE)

    def ours() -> float:
        trials_due(address, due=DUE)
        return once("expire", database_url=address, postgres=postgres).cpu_a_row

    def theirs(**env: str) -> float:
        printed = run_peer("expire", str(DUE), str(postgres), DATABASE_URL=peer_database, **env)
        told = json.loads(printed.splitlines()[-1])
        assert told["rows"] == DUE
        return float(told["cpu"]) / DUE

    cost = interleave({"ours": ours, "theirs": lambda: theirs(PEER_MAILS="1"), "without mails": theirs})
    figure(
        f"trials ended, event and notice included, at {cost.ratio('theirs', to='ours')} × the rate of django-plans' "
        f"expire_accounts, its mails made and thrown away (reach: ≥ 20); with its mails switched off "
        f"{cost.ratio('without mails', to='ours')} ×; {DUE:,} due for each"
    )
