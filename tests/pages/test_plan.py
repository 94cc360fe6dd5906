"""My plan says what I have, what happens next and when, to the cent, and what is promised to me."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from billing.models import Order, Payer
from licensing.models import UpgradeRequest
from tests import cast
from tests.cast import NOON, Party, later_terms
from tests.mails.scenes import invoice_of
from tests.pages.conftest import SignIn, orders, text_of, tries, uses
from tests.staff.rows import waiver_of


def plan(client: Client) -> str:
    response = client.get("/plan/")
    assert response.status_code == 200
    return text_of(response)


def test_who_is_not_signed_in_is_led_to_sign_in(visitor: Client) -> None:
    assert visitor.get("/plan/")["Location"] == "/accounts/login/?next=/plan/"


def test_plan_names_tier_people_edition_date_and_exact_amount(ada: Party, sign_in: SignIn) -> None:
    Payer.objects.filter(customer=ada.customer).update(tax_percent="19", tax_name="VAT", credit=1200)
    words = plan(sign_in(ada.user))
    assert "You have Team, for 8 people." in words
    assert "Your terms are those of January 2026 and stay yours." in words
    # 8 × $23.00 = $184.00; VAT 19 % = $34.96; less $12.00 credit.
    assert "for US$206.96, after US$12.00 of your credit." in words
    assert "Team renews: US$206.96 from Visa ·· 4242" in words


def test_a_renewal_that_credit_pays_takes_nothing_from_the_card(ada: Party, sign_in: SignIn) -> None:
    Payer.objects.filter(customer=ada.customer).update(tax_percent="19", tax_name="VAT", credit=50_000)
    words = plan(sign_in(ada.user))
    assert "Team renews: US$0.00; nothing is taken from the card." in words
    assert "from Visa" not in words


def test_where_the_tax_is_not_known_it_is_said(ada: Party, sign_in: SignIn) -> None:
    assert "US$184.00, plus tax where there is any." in plan(sign_in(ada.user))


def test_limit_that_is_near_says_how_many_are_left(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 14, at=NOON - timedelta(days=40))
    uses(ada, "projects", 18)
    words = plan(sign_in(ada.user))
    assert "Projects 18 of 20" in words
    assert "Two left. At this pace, full in about 3 weeks. Read just now." in words


def test_readings_of_one_moment_say_once_when_they_were_taken(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 12)
    uses(ada, "guests", 3)
    assert plan(sign_in(ada.user)).count("Read just now") == 1


def test_a_limit_that_nobody_counted_yet_says_what_there_is_room_for(cy: Party, sign_in: SignIn) -> None:
    words = plan(sign_in(cy.user))
    assert "Nothing has been counted yet." in words
    assert "Projects up to 3" in words
    assert "Automation runs" not in words, "Free does not have them"


def test_a_limit_on_loan_that_nobody_counted_yet_says_so(cy: Party, sign_in: SignIn) -> None:
    tries(cy, "business", started_at=NOON - timedelta(days=1))
    assert "Automation runs a month up to 10,000 On loan from the Business trial." in plan(sign_in(cy.user))


def test_monthly_count_says_when_it_starts_again(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "api-calls", 31_400)
    words = plan(sign_in(ada.user))
    assert "API calls a month 31,400 of 40,000" in words
    assert "Starts again on " in words


def test_a_monthly_count_that_was_read_before_it_last_started_says_nothing_of_now(
    ada: Party, sign_in: SignIn
) -> None:
    """Ada's month began on the 15th. What was counted before is over, and no thought is made of it."""
    uses(ada, "api-calls", 39_900, at=NOON - timedelta(days=40))
    words = plan(sign_in(ada.user))
    assert "API calls a month up to 40,000 Not read yet since it last started. Starts again on " in words
    assert "39,900" not in words


def test_seats_count_open_invitations(ada: Party, sign_in: SignIn) -> None:
    ada.customer.invitations.create(
        email="kwame@x.test", token_hash="x", invited_at=NOON, expires_at=NOON + timedelta(days=14)
    )
    words = plan(sign_in(ada.user))
    assert "Seats 2 of 8" in words
    assert "An invitation is still open, and holds one." in words


def test_a_trial_stands_over_the_plan_and_the_meters_keep_the_plans_own_limits(
    ada: Party, sign_in: SignIn
) -> None:
    uses(ada, "projects", 23)
    uses(ada, "automations", 900)
    tries(ada, "business", started_at=NOON - timedelta(days=11))
    words = plan(sign_in(ada.user))
    assert "You are trying Business. On Wednesday 25 November at" in words
    assert "you have Team again; the trial changes nothing of it" in words
    assert "23 of 20" in words
    assert "3 more than Team has room for: all of it stays, no more can be added." in words
    assert "While you try Business: no limit." in words
    assert "The Business trial ends by itself." in words


def test_an_older_edition_is_set_beside_todays(bo: Party, sign_in: SignIn) -> None:
    words = plan(sign_in(bo.user))
    assert "€170 a seat a year (today €210)" in words
    assert "API calls a month: 50,000 (today 40,000)" in words
    assert "Single sign-on (today in Business)" in words
    assert "Later editions gave you more, for nothing. That stays yours too:" in words
    assert "Rows stored: 2 million (since January 2026)" in words
    assert "Where today’s Team has more" not in words, "what is shared in is not missed"


def test_both_editions_and_the_certificate_are_a_click_away(bo: Party, sign_in: SignIn) -> None:
    page = sign_in(bo.user).get("/plan/").content.decode()
    for door in ("/changelog/#2025-03", "/changelog/#2026-01", "/plan/certificate/"):
        assert f'href="{door}"' in page
    chapters = sign_in(bo.user).get("/changelog/").content.decode()
    assert 'id="2025-03"' in chapters
    assert 'id="2026-01"' in chapters


def test_free_is_set_beside_todays_too(cy: Party, sign_in: SignIn) -> None:
    later_terms(("projects = 3\n", "projects = 2\n"))
    words = plan(sign_in(cy.user))
    assert "Free has changed since January 2026. You keep yours: Projects: 3 (today 2)" in words


def test_a_tier_that_is_sold_no_longer_is_kept_whole(ada: Party, sign_in: SignIn) -> None:
    later_terms(('key = "team"', 'key = "studio"'), ('name = "Team"', 'name = "Studio"'))
    words = plan(sign_in(ada.user))
    assert "Team of January 2026 is sold no longer. You keep all of it:" in words
    assert "US$23 a seat a month (sold no longer)" in words
    assert "Projects: 20 (today in Studio)" in words


def test_the_meters_count_what_a_later_edition_shares_in(bo: Party, sign_in: SignIn) -> None:
    uses(bo, "rows", 1_500_000)
    words = plan(sign_in(bo.user))
    assert "Rows stored 1.5 million of 2 million" in words
    assert "more than Team has room for" not in words


def test_free_says_that_nothing_happens(cy: Party, sign_in: SignIn) -> None:
    words = plan(sign_in(cy.user))
    assert "You have Free." in words
    assert "Nothing, unless you choose it. Free does not run out." in words


def test_past_due_says_what_is_still_there_and_what_to_do(di: Party, sign_in: SignIn) -> None:
    words = plan(sign_in(di.user))
    assert "The last payment did not go through. You still have all of Business." in words
    assert "The card is tried again by itself over the next days." in words, "the invoice is not known here"
    assert "Pay the open invoice" in words


def test_past_due_names_what_is_owed_and_the_next_try(di: Party, sign_in: SignIn) -> None:
    invoice_of(di.customer, number="D-8", total=5000, at=NOON - timedelta(days=40))
    invoice_of(
        di.customer,
        number="D-9",
        total=8700,
        amount_paid=700,
        at=NOON - timedelta(days=2),
        status="open",
        next_attempt_at=NOON + timedelta(days=3),
    )
    words = plan(sign_in(di.user))
    assert "The last payment did not go through: €80.00 is open." in words
    assert "The card is tried again by itself on Wednesday 25 November at 12:00." in words
    assert re.search(r"25 Nov The card is tried again for €80.00\.", words)


def test_past_due_without_a_further_try_promises_none(di: Party, sign_in: SignIn) -> None:
    invoice_of(di.customer, number="D-9", total=8700, at=NOON - timedelta(days=2), status="open")
    words = plan(sign_in(di.user))
    assert "No further try is planned by itself." in words
    assert "is tried again" not in words


def test_past_due_says_what_comes_of_it_beside_all_else_that_is_ahead(di: Party, sign_in: SignIn) -> None:
    waiver_of(di, value=25, days=30)
    words = plan(sign_in(di.user))
    assert "If the payment never succeeds, you go back to Free; nothing you made is deleted." in words
    assert "What was made for you ends by itself." in words


def test_past_due_and_cancelled_says_when_it_ends_at_the_latest(di: Party, sign_in: SignIn) -> None:
    client = sign_in(di.user)
    assert "Business ends" not in plan(client)
    di.licence.cancels_at_period_end = True
    di.licence.save()
    assert "Business ends, and you have Free." in plan(client)


def test_cancelled_says_until_when(ada: Party, sign_in: SignIn) -> None:
    ada.licence.cancels_at_period_end = True
    ada.licence.save()
    words = plan(sign_in(ada.user))
    assert "You have Team, for 8 people, until " in words
    assert "Your terms are those of January 2026, and yours until then. No more payments are due." in words
    assert "Team ends, and you have Free." in words
    assert "does not come back" not in words, "on today's terms nothing is lost"


def test_cancelled_says_what_does_not_come_back_while_it_can_be_undone(bo: Party, sign_in: SignIn) -> None:
    bo.licence.cancels_at_period_end = True
    bo.licence.save()
    words = plan(sign_in(bo.user))
    assert "What you have is better than what is sold today, and does not come back." in words


def test_an_order_on_its_way_is_shown_with_its_door(ada: Party, sign_in: SignIn) -> None:
    order = orders(ada)
    response = sign_in(ada.user).get("/plan/")
    assert "A payment is on its way." in text_of(response)
    assert f"/upgrade/quotes/{order.quote_id}/" in response.content.decode()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (
            Order.Way.CHECKOUT,
            "Your payment page is open. Until it is paid, nothing is charged and nothing changes.",
        ),
        (Order.Way.CARD, "Your bank asks you to confirm a payment. Until you have, nothing is charged"),
    ],
)
def test_what_waits_to_be_paid_is_no_payment_on_its_way(
    ada: Party, sign_in: SignIn, way: str, said: str
) -> None:
    orders(ada, way=way, pay_url="https://checkout.stripe.com/c/1")
    words = plan(sign_in(ada.user))
    assert said in words
    assert "on its way" not in words


def test_what_waits_for_a_payment_does_not_contradict_a_trial(cy: Party, sign_in: SignIn) -> None:
    orders(cy, way=Order.Way.CHECKOUT, pay_url="https://checkout.stripe.com/c/1")
    tries(cy, "team", started_at=NOON)
    words = plan(sign_in(cy.user))
    assert "You are trying Team." in words
    assert "you have Free, unchanged" not in words


class TestOneThought:
    def test_no_evidence_no_thought(self, sign_in: SignIn, ada: Party) -> None:
        ada.licence.seats = 1
        ada.licence.save()
        assert "One thought" not in plan(sign_in(ada.user))

    def test_near_a_limit_it_names_the_figures_and_the_price(self, sign_in: SignIn, ada: Party) -> None:
        uses(ada, "projects", 18)
        words = plan(sign_in(ada.user))
        # 8 × ($32.00 − $23.00)
        assert (
            "You use 18 of 20 projects. Business has no such limit and would add US$72.00 a month before tax."
            in words
        )
        assert "Stay on Team" in words

    def test_where_the_tax_is_known_it_is_in_the_price(self, sign_in: SignIn, ada: Party) -> None:
        Payer.objects.filter(customer=ada.customer).update(tax_percent="19", tax_name="VAT")
        uses(ada, "projects", 18)
        # 8 × ($32.00 − $23.00), and 19 % on it
        assert "Business has no such limit and would add US$85.68 a month." in plan(sign_in(ada.user))

    def test_empty_seats_are_an_offer_to_pay_less(self, sign_in: SignIn, ada: Party) -> None:
        words = plan(sign_in(ada.user))
        assert "You pay for 8 seats and are one person, invitations included." in words
        assert "With one seat, Team would cost US$161.00 less a month before tax." in words
        assert "Keep 8 seats" in words

    def test_a_member_is_offered_only_what_they_can_ask_for(self, sign_in: SignIn, ada: Party) -> None:
        member = cast.eve().user
        assert "You pay for 8 seats" in plan(sign_in(ada.user))
        assert "One thought" not in plan(sign_in(member))
        uses(ada, "projects", 18)
        assert "You use 18 of 20 projects. Business has no such limit" in plan(sign_in(member))

    def test_a_no_is_remembered_and_the_next_thought_comes_forward(self, sign_in: SignIn, ada: Party) -> None:
        uses(ada, "projects", 18)
        client = sign_in(ada.user)
        key = client.get("/plan/").context["page"].thought.key
        assert client.post("/plan/", {"put_away": key})["Location"] == "/plan/"
        words = plan(client)
        assert "You use 18 of 20 projects." not in words
        assert "You pay for 8 seats" in words

    @pytest.mark.parametrize("fields", [{"cancels_at_period_end": True}, {"state": "past_due"}])
    def test_who_leaves_or_owes_is_not_sold_anything(
        self, sign_in: SignIn, ada: Party, fields: dict[str, object]
    ) -> None:
        uses(ada, "projects", 20)
        for name, value in fields.items():
            setattr(ada.licence, name, value)
        ada.licence.save()
        assert "One thought" not in plan(sign_in(ada.user))


def test_owners_see_what_their_team_asks_and_members_do_not(ada: Party, sign_in: SignIn) -> None:
    eve = cast.eve()
    UpgradeRequest.objects.create(
        customer=ada.customer, asked_by=eve.user, tier_key="business", note="For the menu.", asked_at=NOON
    )
    assert "Eve Okafor asked for Business" in plan(sign_in(ada.user))
    assert "Your team asks" not in plan(sign_in(eve.user))


def test_queries_do_not_grow_with_what_is_there(
    ada: Party, sign_in: SignIn, django_assert_num_queries: object
) -> None:
    client = sign_in(ada.user)
    client.get("/plan/")
    # Who it is and for whom, one (the session is kept in the cache); then the storefront and three for the facts.
    with django_assert_num_queries(5):  # type: ignore[operator]
        client.get("/plan/")
    for feature, value in (("projects", 18), ("rows", 900), ("api-calls", 7), ("guests", 3)):
        for days in range(5):
            uses(ada, feature, value, at=NOON - timedelta(days=days))
    tries(ada, "business", started_at=NOON - timedelta(days=11))
    cast.eve()
    cast.fay()
    with django_assert_num_queries(5):  # type: ignore[operator]
        client.get("/plan/")
