"""For a month after its end, My plan says which tier ended, when and why, and sells nothing meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from billing.subscriptions import BEFORE_APPLIED, end_licence
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of, uses


def plan(client: Client) -> str:
    response = client.get("/plan/")
    assert response.status_code == 200
    return text_of(response)


def test_what_was_not_paid_for_has_ended_and_nothing_is_owed(di: Party, sign_in: SignIn) -> None:
    end_licence(di.licence, at=NOON - timedelta(days=3), reason="Payment did not come.")
    words = plan(sign_in(di.user))
    ended = (NOON - timedelta(days=3)).strftime("%-d %B %Y")
    assert f"Business ended on {ended}, because its payment did not come." in words
    assert "You go on with Free, and nothing more is charged. Nothing you made is deleted." in words
    assert "What it would cost to have Business again" in words


def test_an_end_of_unknown_cause_is_told_without_one(di: Party, sign_in: SignIn) -> None:
    di.licence.state = "active"
    di.licence.save()
    end_licence(di.licence, at=NOON, reason="Ended at Stripe.")
    assert "Business ended on " in (words := plan(sign_in(di.user)))
    assert "because" not in words.split("You go on with Free")[0]


def test_what_was_paid_for_and_never_came_is_looked_at_by_somebody(ada: Party, sign_in: SignIn) -> None:
    end_licence(ada.licence, at=NOON, reason=BEFORE_APPLIED)
    assert "before we could give you what was paid for. We have been told" in plan(sign_in(ada.user))


def test_members_are_told_too_and_not_asked_to_buy(ada: Party, sign_in: SignIn) -> None:
    eve = cast.eve()
    end_licence(ada.licence, at=NOON, reason="Cancelled at the end of its period.")
    words = plan(sign_in(eve.user))
    assert "Team ended on " in words
    assert "to have Team again" not in words


def test_nothing_is_sold_to_whose_tier_has_just_ended(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 18)
    end_licence(ada.licence, at=NOON, reason="Cancelled at the end of its period.")
    assert "One thought" not in plan(sign_in(ada.user))


def test_after_a_month_it_is_no_news_any_more(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 18)
    end_licence(ada.licence, at=NOON - timedelta(days=30), reason="Cancelled at the end of its period.")
    words = plan(sign_in(ada.user))
    assert "Team ended" not in words
    assert "One thought" in words


def test_whoever_has_come_back_is_not_told_of_an_end(ada: Party, sign_in: SignIn) -> None:
    end_licence(ada.licence, at=NOON - timedelta(days=2), reason="Cancelled at the end of its period.")
    cast.holds(ada.customer, tier="business", seats=8, since=NOON - timedelta(days=1))
    assert "ended on" not in plan(sign_in(ada.user))


@pytest.mark.parametrize(("changed", "queries"), [(False, 5), (True, 6)])
def test_only_a_licence_that_ended_costs_a_query(
    cy: Party, sign_in: SignIn, django_assert_num_queries: object, changed: bool, queries: int
) -> None:
    if changed:
        cast.holds(cy.customer, tier="team", seats=2, since=NOON - timedelta(days=9))
        cy.licence.refresh_from_db()
        end_licence(cy.licence, at=NOON - timedelta(days=1), reason="Cancelled at the end of its period.")
    client = sign_in(cy.user)
    client.get("/plan/")
    with django_assert_num_queries(queries):  # type: ignore[operator]
        client.get("/plan/")
