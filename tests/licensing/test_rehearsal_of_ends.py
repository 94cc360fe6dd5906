"""Whose edition is announced to end moves on, be a draft published or not: a rehearsal tells the two apart."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensing import sunsets
from licensing.history import COMMAND
from licensing.models import Customer, Edition, Licence, PlannedChange, Price
from licensing.rehearsing import listing
from licensing.rehearsing.running import go_on, start, to_the_end
from licensing.sunsets.carrying_out import take_effect
from tests.cast import NOON, OLD, ada, bo, holds, organisation, person
from tests.licensing.rehearsing import gives, next_draft, price, seen
from tests.publishing import rehearsed, writer
from tests.sunsets.editions import announced
from tests.sunsets.scenes import announced as feature_leaves

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db: None) -> Edition:
    return next_draft()


def test_a_draft_like_what_they_move_on_to_makes_no_difference_to_them(draft: Edition) -> None:
    """Bo pays 6 × €170 and will pay 6 × €210; single sign-on goes with March 2025, and not by the draft."""
    party = bo()
    alone = seen(rehearsed(draft, at=NOON), party.customer)
    assert (alone.moving, alone.moves_on) == ("worse", None)

    announced(at=NOON)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.before, row.after, row.if_moved, row.moves_on["bill"]) == (102000, 102000, 126000, 126000)
    assert (row.effect, row.moving, row.promises) == ("none", "none", [])
    assert "Single sign-on" in [loss["feature"] for loss in row.lost]
    assert {loss["ends"] for loss in row.lost} == {OLD}
    assert "(by the end of their edition announced on 22 Nov 2026)" in listing.listed(row.lost)
    assert [notice["kind"] for notice in row.notices] == ["price_rise", "feature_loss"], (
        "moved sooner, it is the move"
    )


def test_the_draft_is_compared_with_what_they_hold_and_pay_on_that_day(draft: Edition) -> None:
    """Dearer than what is sold today, and it shares more with Team than Bo will have there."""
    party = bo()
    announced(at=NOON)
    price(draft, "team", 22000, currency="EUR", interval="year")
    gives(draft, "team", "projects", 900, shared=True)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert (row.moves_on["bill"], row.if_moved, row.effect) == (126000, 132000, "better")
    assert row.moving == "mixed", "dearer, with more projects"
    (gain,) = [each for each in row.gained if "ends" not in each]
    assert (gain["feature"], gain["to"]) == ("Projects", "900 projects")


def test_on_the_day_of_the_move_they_stand_as_the_rehearsal_said(draft: Edition) -> None:
    """The same draft rehearsed once they have moved says of now what it said of then."""
    party = bo()
    announced(at=NOON)
    price(draft, "team", 22000, currency="EUR", interval="year")
    gives(draft, "team", "projects", 900, shared=True)
    said = seen(rehearsed(draft, at=NOON), party.customer)

    moved(party.customer)
    then = seen(rehearsed(draft, at=NOON), party.customer)
    assert then.moves_on is None
    assert then.before == said.moves_on["bill"]
    assert (then.if_moved, then.effect, then.moving) == (said.if_moved, said.effect, said.moving)
    for name in ("gained", "lost", "gained_if_moved", "lost_if_moved"):
        assert getattr(then, name) == [each for each in getattr(said, name) if "ends" not in each], name


def moved(customer: Customer) -> None:
    """The planned change of `customer`, carried out."""
    change = PlannedChange.objects.select_related("licence__price", "tier", "sunset").get(customer=customer)
    PlannedChange.objects.filter(pk=change.pk).update(told_at=NOON, earliest_at=NOON)
    change.refresh_from_db()
    take_effect(change, licence=change.licence, at=NOON)


def test_the_day_is_the_one_that_they_were_told(draft: Edition) -> None:
    """Bo renews on the 29th of November by the year; before anything is told there is no day."""
    party = bo()
    announced(at=NOON)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    assert row.moves_on["on"][:10] == "2027-11-29"
    PlannedChange.objects.update(takes_effect_at=None)
    untold = seen(rehearsed(draft, at=NOON), party.customer)
    assert untold.moves_on["on"] is None
    words = listing.moves_on_words(untold, editions={})
    assert words == "moves to 2026-01, without a day yet"


def test_who_stays_is_not_touched_by_the_end_of_another_edition_or_tier(draft: Edition) -> None:
    """Ada holds what is sold today; Bo holds another tier than the one that ends."""
    others = ada(), bo()
    announced(at=NOON, tier_key="business")
    rehearsal = rehearsed(draft, at=NOON)
    assert [seen(rehearsal, party.customer).moves_on for party in others] == [None, None]
    assert rehearsal.totals["moving_on"] == []


def test_whoever_has_cancelled_or_was_let_off_moves_nowhere(draft: Edition) -> None:
    party = bo()
    sunset = announced(at=NOON)
    Licence.objects.filter(pk=party.licence.pk).update(cancels_at_period_end=True)
    assert seen(rehearsed(draft, at=NOON), party.customer).moves_on is None
    Licence.objects.filter(pk=party.licence.pk).update(cancels_at_period_end=False)
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Asked back.", at=NOON)
    assert seen(rehearsed(draft, at=NOON), party.customer).moves_on is None


def test_what_a_sunset_takes_before_is_listed_once(draft: Edition) -> None:
    party = bo()
    feature_leaves(at=NOON)
    announced(at=NOON)
    row = seen(rehearsed(draft, at=NOON), party.customer)
    (loss,) = [each for each in row.lost if each["feature"] == "Single sign-on"]
    assert "ends" not in loss, "it leaves their Team, whatever becomes of the edition"


def test_each_is_looked_at_by_their_own_trial_and_currency(draft: Edition) -> None:
    """What is worked out once for all who hold the same is not one customer's own."""
    party, dollars = bo(), another("Usa Inc", currency="USD")
    announced(at=NOON)
    Price.objects.filter(tier__edition=draft, tier__key="team", currency="USD").delete()
    rehearsal = rehearsed(draft, at=NOON)
    assert seen(rehearsal, party.customer).moving == "none"
    row = seen(rehearsal, dollars)
    assert (row.moving, row.currency, row.moves_on["bill"]) == ("closed", "USD", row.seats * 2300)


def another(name: str, *, currency: str = "EUR") -> Customer:
    customer = organisation(
        name, owner=person(name), country="SE", currency=currency, time_zone="Europe/Stockholm", at=NOON
    )
    holds(customer, tier="team", edition=OLD, seats=2, since=NOON - timedelta(days=1))
    return customer


def test_totals_and_the_table_tell_them_apart(draft: Edition) -> None:
    bo(), ada()
    announced(at=NOON)
    rehearsal = rehearsed(draft, at=NOON)
    assert rehearsal.totals["moving_on"] == [
        {"from": OLD, "to": "2026-01", "announced": "2026-11-22", "customers": 1, "with_a_day": 1}
    ]
    assert rehearsal.totals["revenue"]["EUR"] == {
        "before": 102000, "after": 102000, "announced": 126000, "if_moved": 126000,
    }  # fmt: skip
    assert rehearsal.totals["leaving"] == [], "no sunset of a feature takes it"
    same = next(step for step in rehearsal.totals["bills"] if step["words"] == "the same")
    assert same["customers"] == 2
    told = {
        row["customer"]: row
        for row in csv.DictReader(line.lstrip("\ufeff") for line in listing.lines(rehearsal))
    }
    lindqvist = told["Lindqvist & Daughters"]
    assert lindqvist["already announced"].startswith("moves on 29 Nov 2027 to January 2026 (2026-01); ")
    assert (
        "API calls: 50,000 calls a month → 40,000 calls a month (by the end of"
        in lindqvist["already announced"]
    )
    assert lindqvist["lost by publishing"] == ""
    assert (lindqvist["bill now"], lindqvist["bill after that"]) == ("1020.00", "1260.00")
    assert (told["Okafor Bakeries"]["already announced"], told["Okafor Bakeries"]["bill after that"]) == (
        "",
        "",
    )


def test_no_statement_more_is_asked_where_they_move_on(draft: Edition) -> None:
    for number in range(3):
        another(f"Org{number}")
    statements(draft)
    before = statements(draft)
    announced(at=NOON)
    statements(draft)
    assert statements(draft) == before


def statements(draft: Edition) -> int:
    """How many one batch asks, once the terms are known."""
    rehearsal = start(edition=draft, by=writer(), at=NOON)
    with CaptureQueriesContext(connection) as asked:
        go_on(rehearsal.pk, at=NOON)
    assert to_the_end(rehearsal, at=NOON).done == 3
    return len(asked)
