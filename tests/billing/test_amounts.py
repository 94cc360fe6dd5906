"""Amounts: downgrades, fewer seats, other intervals, credit, too little to charge. tests/sums proves them at random."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.cancellation import cancel_at_period_end
from billing.renewals import next_renewal
from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import Edition
from licensing.standing import standing_of
from licensing.terms import edition_terms
from tests.billing.conftest import Buyer
from tests.cast import OLD
from tests.sums.agreement import agree, charged_as_quoted, estimate_of


@pytest.mark.proves("unused-time")
def test_a_downgrade_gives_credit_that_the_next_purchase_uses(ada: Buyer) -> None:
    ada.with_card().buy("business", seats=10)
    down = ada.quote("team", seats=10)
    assert down.due == 0
    assert down.credit == down.total < 0
    charged_as_quoted(ada, down, at=timezone.now())
    assert ada.payer.credit == -down.total
    up = ada.quote("scale", seats=10)
    assert up.credit == -down.total
    charged_as_quoted(ada, up, at=timezone.now())
    assert ada.payer.credit == 0


@pytest.mark.proves("unused-time")
def test_fewer_seats_give_their_time_back(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=10)
    fewer = ada.quote("team", seats=4)
    assert (fewer.due, fewer.credit) == (0, fewer.total)
    charged_as_quoted(ada, fewer, at=timezone.now())
    assert ada.licence.seats == 4


def test_from_year_to_month_the_rest_of_the_year_is_credit(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=3, interval="year")
    monthly = ada.quote("team", seats=3, interval="month")
    assert monthly.due == 0
    charged_as_quoted(ada, monthly, at=timezone.now())
    assert ada.licence.price.interval == "month"
    standing = standing_of(ada.customer, at=timezone.now())
    renewal = next_renewal(standing=standing, payer=ada.payer)
    assert renewal is not None
    assert (renewal.due, renewal.credit_used) == (0, monthly.renewal_amount)


def test_free_paid_cancelled_and_paid_again(ada: Buyer) -> None:
    ada.with_card().buy("team")
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())
    at = ada.let_pass(days=32)
    ada.receive(*ada.events(), at=at)
    assert ada.licence.is_free
    again = ada.quote("team", at=at)
    charged_as_quoted(ada, again, at=at)
    assert len(ada.subscriptions()) == 1
    assert ada.licence.tier.key == "team"


def test_too_little_to_charge_is_said_to_come_with_the_next_payment(ada: Buyer) -> None:
    ada.with_card().buy("team", seats=3)
    total = ada.quote("business", seats=3).total
    ada.credited(total - 20)
    quote = ada.quote("business", seats=3)
    assert (quote.due, quote.credit) == (0, total - 20)
    assert [line["amount"] for line in quote.lines if line["kind"] == "other"] == [-20]
    charged_as_quoted(ada, quote, at=timezone.now())
    assert ada.payer.credit == -20
    next_one = ada.quote("scale", seats=5)
    assert [line["amount"] for line in next_one.lines if line["kind"] == "other"] == [20]
    assert next_one.due == next_one.total + 20
    charged_as_quoted(ada, next_one, at=timezone.now())
    assert ada.payer.credit == 0


@pytest.mark.proves("edition-kept")
def test_the_tier_that_is_held_keeps_its_older_price_for_more_seats_and_another_interval(
    ada: Buyer,
) -> None:
    old = edition_terms(Edition.objects.get(key=OLD).pk)
    change_licence(
        licence=ada.licence,
        kind="licence_opened_on_older_terms",
        at=timezone.now(),
        actor=COMMAND,
        edition_id=old.id,
        tier_id=old.free_tier.id,
    )
    ada.with_card()
    charged_as_quoted(ada, ada.quote("team", edition=old), at=timezone.now())
    for choice in ({"seats": 4}, {"seats": 4, "interval": "year"}):
        quote = ada.quote("team", edition=old, **choice)
        agree(estimate_of(ada, quote), quote)
        charged_as_quoted(ada, quote, at=timezone.now())
        assert ada.licence.edition_id == old.id
