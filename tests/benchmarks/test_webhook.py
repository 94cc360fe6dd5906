"""A webhook acknowledged: signature, stored once, nothing asked of Stripe, no message to a worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import LARGE
from tests.benchmarks.load import Request
from tests.benchmarks.rounds import interleave
from tests.benchmarks.server import Server
from tests.benchmarks.webhooks import deliveries, delivery

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
COUNT = 400


def test_webhook_against_a_null_post(small: Server, large: Server, figure: Callable[[str], None]) -> None:
    post = delivery()

    def null(prefix: str) -> Callable[[], float]:
        return small.costs(Request(f"/{prefix}/null/", "POST", post.body, post.headers), count=COUNT)

    cost = interleave(
        {
            "bare null": null("bare"),
            "null": null("floor"),
            "webhook": lambda: small.cost(deliveries(COUNT)),
            "with old rows": lambda: large.cost(deliveries(COUNT)),
        }
    )
    figure(
        f"webhook acknowledged at {cost.ratio('null', to='webhook')} × the rate of a null POST (reach: ≥ 0.3), "
        f"{cost.ratio('bare null', to='webhook')} × that of one without any middleware; "
        f"{cost.of('webhook') * 1e6:.0f} µs of CPU"
    )
    figure(
        f"webhook with {LARGE:,} old ones stored: {cost.ratio('with old rows', to='webhook')} × the cost (reach: 1)"
    )
