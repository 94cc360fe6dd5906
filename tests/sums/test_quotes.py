"""Real quotes against the exact sum, Stripe's charge and Stripe's balance afterwards; then the renewals that follow."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import gateway
from billing.models import Quote, Subscription
from billing.payers import refresh_payer
from billing.renewals import Renewal, next_renewal
from billing.subscriptions import follow
from licensing.standing import standing_of
from tests.billing.conftest import Buyer, newcomer
from tests.infra.proof import size
from tests.infra.sandbox import Sandbox
from tests.sums.agreement import agree, charged_as_quoted, estimate_of
from tests.sums.oracle import Sum, settle, sum_of, tax_of

BUYERS = [
    ("DE", "USD", "19"),
    ("FR", "EUR", "20"),
    ("JP", "JPY", "10"),
    ("US", "USD", "0"),
    ("DE", "KWD", "19"),
]
CREDITS = {"JPY": [0, 30, 7_000, -40, -999], "KWD": [0, 4, 1_237, 20_000, -6, -1_001]}

pytestmark = pytest.mark.proof


def balance_of(buyer: Buyer) -> int:
    """What the customer owes, as Stripe itself says."""
    return -gateway.fetch_payer(buyer.payer.stripe_id).credit


def reckoned(buyer: Buyer, quote: Quote, percent: str) -> Sum:
    """The exact sum of a quote, from the licence as it stands and the balance at Stripe."""
    licence = buyer.licence
    old = None
    if licence.price is not None:
        whole = licence.price.unit_amount * (licence.seats if licence.price.per_seat else 1)
        period = int(licence.period_start.timestamp()), int(licence.period_end.timestamp())
        old = (whole, licence.price.interval, *period)
    return sum_of(
        currency=quote.currency,
        old=old,
        new=(quote.price.unit_amount * (quote.seats if quote.price.per_seat else 1), quote.price.interval),
        at=int(quote.quoted_at.timestamp()),
        percent=percent,
        balance=balance_of(buyer),
    )


def is_as_reckoned(quote: Quote, exact: Sum) -> None:
    lines = [line["amount"] for line in quote.lines if line["kind"] in ("unused", "charge")]
    assert sorted(lines) == sorted(exact.lines)
    assert (quote.tax, quote.due, quote.renewal_amount) == (exact.tax, exact.due, exact.renewal)
    assert abs(int(quote.renews_at.timestamp()) - exact.renews_at) < 60


def a_change(rng: random.Random, buyer: Buyer) -> dict[str, Any]:
    """Any choice of tier, seats and interval that is not what the buyer has."""
    licence = buyer.licence
    while True:
        choice = {
            "tier": rng.choice(["team", "business", "scale"]),
            "seats": rng.randint(5, 40),
            "interval": rng.choice(["month", "month", "year"]),
        }
        interval = licence.price.interval if licence.price else ""
        if (licence.tier.key, licence.seats, interval) != tuple(choice.values()):
            return choice


def renewal_ahead(buyer: Buyer, *, at: datetime) -> Renewal:
    found = next_renewal(standing=standing_of(buyer.customer, at=at), payer=buyer.payer)
    assert found is not None
    return found


def lets_time_pass(rng: random.Random, buyer: Buyer, *, at: datetime, percent: str) -> tuple[datetime, int]:
    """Some days later, and how many renewals came on the way: charged as announced, and as reckoned."""
    ahead, balance, before = renewal_ahead(buyer, at=at), balance_of(buyer), len(buyer.charged())
    at = buyer.let_pass(seconds=rng.randint(1, 20 * 24 * 3600))
    due, after = settle(ahead.price + tax_of(ahead.price, percent), balance, ahead.currency)
    assert (ahead.due, ahead.price + ahead.tax - ahead.credit_used + ahead.debt_paid - ahead.carried) == (
        due,
        due,
    )
    renewed = at >= ahead.at
    assert buyer.charged()[before:] == ([due] if renewed and due else [])
    assert balance_of(buyer) == (after if renewed else balance)
    follow(subscription_id=Subscription.objects.get(licence=buyer.licence).stripe_id, at=at)
    refresh_payer(buyer.payer)
    return at, int(renewed)


@pytest.mark.parametrize(("country", "currency", "percent"), BUYERS)
def test_what_is_quoted_is_exact_and_is_what_is_charged(
    dinars: None,
    sandbox: Sandbox,
    figure: Callable[[str], None],
    country: str,
    currency: str,
    percent: str,
) -> None:
    rng = random.Random(f"{country} {currency}")
    buyer = newcomer(sandbox, country=country, currency=currency).with_card()
    quotes, renewals, at = size(short=8, long=100), 0, timezone.now()
    for _ in range(quotes):
        buyer.credited(rng.choice([buyer.payer.credit, *CREDITS.get(currency, [0, 30, 700, 12_345, -40])]))
        refresh_payer(buyer.payer)
        quote = buyer.quote(**a_change(rng, buyer), at=at)
        exact = reckoned(buyer, quote, percent)
        agree(estimate_of(buyer, quote), quote)
        is_as_reckoned(quote, exact)
        if rng.random() < 0.3:  # the customer thinks about it for a while
            until = min(quote.expires_at, at + timedelta(minutes=50))
            at = buyer.let_pass(seconds=max(0, int((until - at).total_seconds()) - 5))
        charged_as_quoted(buyer, quote, at=at)
        assert balance_of(buyer) == exact.after
        refresh_payer(buyer.payer)
        at, renewed = lets_time_pass(rng, buyer, at=at, percent=percent)
        renewals += renewed
    figure(
        f"{quotes} quotes and {renewals} renewals in {currency} ({country}): estimate = exact sum = quote = charge"
    )
