"""A price lock says what is held, since when, until what, and what ends it; every sentence of it is what happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from billing.subscriptions import end_licence
from licensing.certificates import Certificate, certificate_of, chosen_since, locked_since, statement_of
from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import Edition, Tier
from licensing.periods import add_intervals
from licensing.standing import standing_of
from licensing.sunsets.moving import HAS_MOVED
from licensing.terms import storefront
from tests import cast
from tests.cast import NOON, OLD, TODAY, Party

pytestmark = pytest.mark.django_db


def certificate(party: Party, *, at: datetime = NOON) -> Certificate | None:
    shop = storefront()
    assert shop is not None
    return certificate_of(standing_of(party.customer, at=at), shop=shop)


def test_bo_holds_team_of_march_2025_at_its_price() -> None:
    held = certificate(cast.bo())
    assert held is not None
    said = statement_of(held, keys_at="https://x/keys", verify_at="https://x/verify/")
    edition = Edition.objects.get(key=OLD)
    assert said["customer"] == "Lindqvist & Daughters"
    assert said["tier"] == {"key": "team", "name": "Team"}
    assert said["edition"]["key"] == OLD
    assert said["edition"]["sha256"] == edition.content_hash
    assert said["price"] == {"amount": 17000, "currency": "EUR", "interval": "year", "per": "seat"}
    assert said["other_price"] == {"amount": 1700, "currency": "EUR", "interval": "month", "per": "seat"}
    assert said["seats"] == 6
    assert said["locked_since"] == "2025-11-29T13:00:00+01:00", "as clocks in Stockholm have it"
    assert {one["feature"]: (one["held"], one["today"]) for one in said["kept"]} == {
        "api-calls": (50_000, 40_000),
        "sso": (True, "not included"),
    }
    assert said["shared"] == [
        {
            "feature": "rows",
            "name": "Rows stored",
            "kind": "limit",
            "unit": "rows",
            "monthly": False,
            "levels": {},
            "value": 2_000_000,
            "since": {"key": TODAY, "name": "January 2026"},
        }
    ]


def test_whoever_holds_todays_edition_keeps_nothing_better_and_is_locked_all_the_same() -> None:
    ada = certificate(cast.ada())
    assert ada is not None
    assert ada.kept == ()
    assert ada.price.unit_amount == 2300


def test_a_free_licence_has_no_price_to_lock() -> None:
    assert certificate(cast.cy()) is None


class TestSinceWhen:
    def test_what_ends_no_lock_does_not_begin_it_anew(self) -> None:
        """Renewing, seats, the other interval, a late payment, a cancellation that is undone."""
        bo = cast.bo()
        began = locked_since(bo.licence)
        monthly = bo.licence.tier.prices.get(currency="EUR", interval="month")
        for day, fields in enumerate(
            [
                {"period_end": add_intervals(anchor=NOON, interval="year", count=1)},
                {"seats": 9},
                {"price_id": monthly.pk},
                {"state": "past_due", "past_due_since": NOON},
                {"state": "active", "past_due_since": None},
                {"cancels_at_period_end": True},
                {"cancels_at_period_end": False},
            ]
        ):
            at = NOON + timedelta(days=day)
            change_licence(licence=bo.licence, kind="licence_moved", at=at, actor=COMMAND, **fields)
        assert locked_since(bo.licence) == began

    def test_the_end_of_an_edition_begins_it_anew_and_is_no_choice_of_theirs(self) -> None:
        """So the rules of the day on which they bought are still theirs to read."""
        bo = cast.bo()
        began = chosen_since(bo.licence)
        team = Tier.objects.get(edition__key=cast.TODAY, key="team")
        change_licence(
            licence=bo.licence, kind=HAS_MOVED, at=NOON, actor=COMMAND, edition_id=team.edition_id, tier_id=team.pk,
            price_id=team.prices.get(currency="EUR", interval="year").pk,
        )  # fmt: skip
        assert (locked_since(bo.licence), chosen_since(bo.licence)) == (NOON, began)
        assert began < NOON

    def test_another_tier_begins_it_anew(self) -> None:
        ada = cast.ada()
        business = Tier.objects.get(edition=ada.licence.edition, key="business")
        cast.holds(ada.customer, tier="business", seats=8, since=NOON)
        ada.licence.refresh_from_db()
        assert ada.licence.tier == business
        assert locked_since(ada.licence) == NOON

    def test_ending_and_coming_back_begins_it_anew(self) -> None:
        ada = cast.ada()
        end_licence(ada.licence, at=NOON, reason="Cancelled at the end of its period.")
        assert certificate(ada) is None
        later = NOON + timedelta(days=3)
        cast.holds(ada.customer, tier="team", seats=8, since=later)
        again = certificate(ada, at=later)
        assert again is not None
        assert again.since == later


def test_what_was_cancelled_is_promised_no_longer_than_it_is_paid_for() -> None:
    ada = cast.ada()
    ada.licence.cancels_at_period_end = True
    ada.licence.save()
    ending = certificate(ada)
    assert ending is not None
    assert ending.until.startswith("Until the time that is paid for has run out, because it was cancelled.")
    assert ending.ends_at == ending.paid_until == ada.licence.period_end


def test_a_period_that_is_not_paid_yet_is_not_said_to_be_paid() -> None:
    di = cast.di()
    owing = certificate(di)
    assert owing is not None
    assert owing.paid_until == di.licence.period_start


def test_the_other_interval_is_promised_only_where_the_edition_sells_it() -> None:
    ada = certificate(cast.ada())
    assert ada is not None
    assert ada.other_price is not None
    assert any("monthly and yearly" in line for line in ada.not_ended_by)
    alone = replace(ada, other_price=None)
    assert not any("monthly and yearly" in line for line in alone.not_ended_by)
