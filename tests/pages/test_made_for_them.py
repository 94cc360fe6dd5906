"""Exceptions and credits that were made for somebody stand on My plan, with their words and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from billing.models import BalanceCredit, Payer
from licensing.models import Waiver
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of, uses
from tests.staff.rows import credit_of, waiver_of


def plan(client: Client) -> str:
    response = client.get("/plan/")
    assert response.status_code == 200
    return text_of(response)


def test_an_exception_made_for_them_says_what_why_and_until_when(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 22)
    waiver_of(ada, value=25, days=30)
    words = plan(sign_in(ada.user))
    assert "Projects 22 of 25" in words
    assert "Three left. Made for you until 22 December 2026 at 13:00; then 20." in words
    assert "Made for you Projects: 25 instead of 20 So that you can move without haste." in words
    assert "Until 22 December 2026 at 13:00. Then it is as before; nothing you made is deleted." in words
    assert "What was made for you ends by itself." in words


def test_what_happens_next_names_every_exception_that_ends_on_its_own_day(
    ada: Party, sign_in: SignIn
) -> None:
    waiver_of(ada, value=25, days=30)
    waiver_of(ada, feature_key="api-calls", value=60_000, days=11)
    words = plan(sign_in(ada.user))
    coming = words.split("What happens next")[1]
    reminds, ends = "We remind you that what was made for you ends.", "What was made for you ends by itself."
    for said in (
        f"30 Nov {reminds} API calls a month: 60,000 instead of 40,000",
        f"3 Dec {ends} API calls a month: 60,000 instead of 40,000",
        f"19 Dec {reminds} Projects: 25 instead of 20",
        f"22 Dec {ends} Projects: 25 instead of 20",
    ):
        assert said in coming


def test_the_calculator_says_what_becomes_of_it_beside_what_the_tiers_hold(
    ada: Party, sign_in: SignIn
) -> None:
    waiver_of(ada, feature_key="api-calls", value=60_000, days=30)
    words = text_of(sign_in(ada.user).get("/upgrade/?tier=business"))
    made = words.split("Made for you, beside your plan")[1].split("You will need to do")[0]
    assert made.strip() == (
        "API calls a month: 60,000, made for you until 22 December 2026 at 13:00. Business gives as much by itself."
    )


def test_once_it_is_over_what_was_made_stays_and_nothing_more_is_added(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 22)
    waiver_of(ada, value=25, days=30, starts_at=NOON - timedelta(days=30))
    words = plan(sign_in(ada.user))
    assert "2 more than Team has room for: all of it stays, no more can be added." in words
    assert "Made for you" not in words


def test_an_exception_for_later_says_from_when(ada: Party, sign_in: SignIn) -> None:
    waiver_of(ada, value=25, days=7, starts_at=NOON + timedelta(days=9))
    words = plan(sign_in(ada.user))
    assert "From 1 December 2026 at 13:00 until 8 December 2026 at 13:00." in words
    assert "Projects up to 20" in words


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            {"kind": "rule", "rule_key": "usage-fits"},
            "You may move to a tier that has less room than you use",
        ),
        (
            {"kind": "rule", "rule_key": "address-is-verified"},
            "You may try a tier before an owner’s address is",
        ),
        ({"kind": "trial", "tier_key": "business"}, "You may try Business once more"),
        ({"kind": "limit", "feature_key": "sso", "value": True}, "Made for you Single sign-on So that"),
        (
            {"kind": "limit", "feature_key": "projects", "value": None},
            "Projects without a limit instead of 20",
        ),
    ],
)
def test_each_kind_of_exception_is_said_in_plain_words(
    ada: Party, sign_in: SignIn, what: dict[str, object], said: str
) -> None:
    waiver_of(ada, **what)
    assert said in plan(sign_in(ada.user))


def test_what_nobody_has_approved_is_not_shown(ada: Party, sign_in: SignIn) -> None:
    waiver_of(ada, value=40, needs_approval=True, granted_at=None)
    assert "Made for you" not in plan(sign_in(ada.user))


def credit_for(party: Party, *, left: int, days_ago: int = 0, outcome: str = "done") -> BalanceCredit:
    """$60.00 that Stripe has taken in, and all the credit that is there by now."""
    Payer.objects.filter(customer=party.customer).update(credit=left)
    given_at = NOON - timedelta(days=days_ago)
    answer = {"outcome": outcome, "answer": {}, "needs_staff": ""}
    return credit_of(party, amount=6000, given_at=given_at, **answer)


MADE = "Made for you US$60.00 of credit So that you can move without haste. Given on 22 November 2026."


def test_a_credit_made_for_them_stands_there_with_its_words(ada: Party, sign_in: SignIn) -> None:
    waiver_of(ada, kind="price", amount=6000, currency="USD")
    words = plan(sign_in(ada.user))
    assert f"{MADE} It is on its way, comes off your next payments by itself, and does not run out." in words


def test_once_stripe_has_it_what_is_left_of_all_credit_stands_beside_it(ada: Party, sign_in: SignIn) -> None:
    credit_for(ada, left=4500)
    words = plan(sign_in(ada.user))
    assert f"{MADE} US$45.00 of credit is left; it comes off your next payments by itself, and does" in words


@pytest.mark.parametrize(("left", "days_ago", "told"), [(0, 29, True), (0, 30, False), (1, 400, True)])
def test_a_credit_is_told_of_for_a_month_and_longer_while_any_is_left(
    ada: Party, sign_in: SignIn, left: int, days_ago: int, told: bool
) -> None:
    credit_for(ada, left=left, days_ago=days_ago)
    words = plan(sign_in(ada.user))
    assert ("US$60.00 of credit" in words) == told
    assert ("It has come off your payments." in words) == (told and not left)


def test_a_credit_that_stripe_refused_is_not_told_of(ada: Party, sign_in: SignIn) -> None:
    credit_for(ada, left=100, outcome="refused")
    assert "Made for you" not in plan(sign_in(ada.user))


def test_a_credit_that_staff_took_back_is_not_told_of(ada: Party, sign_in: SignIn) -> None:
    waiver = waiver_of(ada, kind="price", amount=6000, currency="USD")
    Waiver.objects.filter(pk=waiver.pk).update(ended_at=NOON, end="staff")
    assert "Made for you" not in plan(sign_in(ada.user))
