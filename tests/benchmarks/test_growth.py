"""The same ratios before 1,000 and before 1,000,000 customers, in the same rounds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import pytest

from tests.benchmarks.conftest import LARGE
from tests.benchmarks.load import Request
from tests.benchmarks.rounds import interleave
from tests.benchmarks.server import Server
from tests.benchmarks.webhooks import deliveries

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
COUNT, PEOPLE = 200, 200


def test_nothing_grows_with_the_customers(
    small: Server, large: Server, signed_in: Callable[[int], Mapping[str, str]], figure: Callable[[str], None]
) -> None:
    people = {
        small: [signed_in(number) for number in range(1, PEOPLE + 1)],
        large: [signed_in(number) for number in range(1, LARGE, LARGE // PEOPLE)],
    }
    turns = {server: itertools.cycle(own) for server, own in people.items()}

    def asked(server: Server, path: str) -> Callable[[], float]:
        return lambda: server.cost([Request(path, headers=next(turns[server])) for _ in range(COUNT)])

    things: dict[str, Callable[[], float]] = {}
    for name, server in (("few", small), ("many", large)):
        things[f"webhook {name}"] = lambda server=server: server.cost(deliveries(2 * COUNT))
        things[f"price list {name}"] = server.costs(Request("/"), count=2 * COUNT)
        things[f"plan {name}"] = asked(server, "/plan/")
        things[f"calculator {name}"] = asked(server, "/upgrade/")
    cost = interleave(things)
    for name in ("webhook", "price list", "plan", "calculator"):
        figure(
            f"{name} before {LARGE:,} customers: {cost.ratio(f'{name} many', to=f'{name} few')} × what it costs "
            "before 1,000 (reach: 1)"
        )
