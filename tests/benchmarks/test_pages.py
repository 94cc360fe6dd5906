"""Pages against a view that does one query, in CPU a request (server and PostgreSQL)."""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import Callable, Mapping

import pytest

from tests.benchmarks.load import Request, fetch, send
from tests.benchmarks.rounds import Measured, interleave
from tests.benchmarks.server import Server

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
Tell = Callable[[str], None]
SignIn = Callable[[int], Mapping[str, str]]
COUNT, PEOPLE = 200, 200


def by_turns(server: Server, path: str, people: list[Mapping[str, str]]) -> Callable[[], float]:
    """For `interleave`: the cost of a page, asked for by one person after another."""
    turn = itertools.cycle(people)
    return lambda: server.cost([Request(path, headers=next(turn)) for _ in range(COUNT)])


def measure(server: Server, people: list[Mapping[str, str]]) -> Measured:
    return interleave(
        {
            "1q": server.costs(Request("/floor/1q/?pk=7"), count=2 * COUNT),
            "bare 1q": server.costs(Request("/bare/1q/?pk=7"), count=2 * COUNT),
            "1q, signed in": by_turns(server, "/floor/mine/", people),
            "inputs": server.costs(Request("/floor/inputs/?pk=8"), count=2 * COUNT),
            "prices": server.costs(Request("/"), count=2 * COUNT),
            "plan": by_turns(server, "/plan/", people),
            "calculator": by_turns(server, "/upgrade/", people),
        }
    )


def test_pages_against_one_query(small: Server, signed_in: SignIn, figure: Tell) -> None:
    cost = measure(small, [signed_in(number) for number in range(1, PEOPLE + 1)])

    def against(name: str) -> str:
        return f"{cost.ratio(name, to='1q')} × 1q"

    figure(
        f"a binding quote's inputs, every tier and interval: {against('inputs')} (reach: ≤ 1.2; one query)"
    )
    figure(f"price list, anonymous: {against('prices')} (reach: ≤ 3)")
    for name in ("plan", "calculator"):
        figure(
            f"{name}, signed in: {against(name)} (reach: ≤ 4); "
            f"{cost.ratio(name, to='1q, signed in')} × 1q behind the same sign-in"
        )
    figure(
        f"the floors: 1q {cost.of('1q') * 1e6:.0f} µs of CPU, without middleware {cost.of('bare 1q') * 1e6:.0f} µs, "
        f"behind a sign-in {cost.of('1q, signed in') * 1e6:.0f} µs"
    )


def test_the_slowest_of_a_hundred(small: Server, signed_in: SignIn, figure: Tell) -> None:
    """One client after another, so that nobody waits for anybody."""
    me = signed_in(4)
    paths = {"1q": Request("/floor/1q/?pk=4"), "plan": Request("/plan/", headers=me)}
    paths["calculator"] = Request("/upgrade/", headers=me)
    slowest = interleave(
        {
            name: lambda one=one: sorted(send(small.port, [one] * 200, clients=1))[-2]
            for name, one in paths.items()
        }
    )
    for name in ("plan", "calculator"):
        figure(f"{name}, p99 unloaded: {slowest.ratio(name, to='1q')} × 1q's (reach: ≤ 3)")


def test_price_list_on_the_wire(small: Server, figure: Tell) -> None:
    asked = {"Accept-Encoding": "gzip", "Accept-Language": "en-GB"}
    status, headers, body = fetch(small.port, Request("/", headers=asked))
    assert status == 200
    again = fetch(small.port, Request("/", headers={**asked, "If-None-Match": headers["etag"]}))
    page = gzip.decompress(body).decode()
    parts = re.findall(r'(?:<link rel="stylesheet" href|<script src)="([^"]+)"', page)
    weight = len(body) + sum(len(fetch(small.port, Request(part, headers=asked))[2]) for part in parts)
    figure(
        f"price list, first load: {weight / 1000:.1f} KB compressed in all (reach: ≤ 25); again: {again[0]}"
    )
