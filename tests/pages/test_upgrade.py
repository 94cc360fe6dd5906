"""The calculator prices every tier at once, to the cent, and says why where a tier is not open."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from billing.answers import StripeUnavailable
from billing.brakes import stop_charging
from billing.models import Payer
from billing.quotes import UnableToQuote
from licensing.history import COMMAND
from licensing.periods import add_intervals
from licensing.reasons import Reason
from portal.forms.team import AskForm
from portal.pages import estimate_sums
from portal.pages.calculator import spent_within
from portal.pages.sum_lines import charge_line
from portal.reader import reading_as
from portal.views import upgrade as door
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of, tries, uses

LIVE = {"hx-request": "true", "hx-target": "figures"}


def words(client: Client, query: str = "") -> str:
    response = client.get(f"/upgrade/{query}")
    assert response.status_code == 200
    return text_of(response)


def sum_of(client: Client, query: str = "") -> dict[str, str]:
    """The sum's lines: label → amount."""
    html = client.get(f"/upgrade/{query}").content.decode()
    lines = re.findall(r"<dt>(.*?)(?:<small>.*?)?</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {label.strip(): amount.strip() for label, amount in lines}


def test_it_opens_with_the_next_tier_and_the_seats_of_today(ada: Party, sign_in: SignIn) -> None:
    page = sign_in(ada.user).get("/upgrade/").context["page"]
    assert (page.chosen.tier.key, page.seats, page.interval) == ("business", 8, "month")


def test_it_opens_with_the_tier_on_trial(ada: Party, sign_in: SignIn) -> None:
    tries(ada, "scale", started_at=NOON - timedelta(days=1))
    assert sign_in(ada.user).get("/upgrade/").context["page"].chosen.tier.key == "scale"


def test_every_line_of_the_sum_is_shown_and_adds_up(ada: Party, sign_in: SignIn) -> None:
    Payer.objects.filter(customer=ada.customer).update(tax_percent="19", tax_name="VAT", credit=1200)
    client = sign_in(ada.user)
    lines = sum_of(client, "?tier=business&seats=8&interval=month")
    assert list(lines) == ["Business, 8 seats", "Team, time not used", "VAT 19 %", "Your credit", "Due today"]
    cents = [int(re.sub(r"[^\d−]", "", amount).replace("−", "-")) for amount in lines.values()]
    assert sum(cents[:-1]) == cents[-1] > 0
    assert f"Review and pay {lines['Due today']}" in words(client)


def test_what_is_shown_is_said_to_be_of_this_moment_and_fixed_on_the_next_page(
    ada: Party, cy: Party, sign_in: SignIn
) -> None:
    """The time not used is counted to the second, so that the quote may differ by a cent."""
    Payer.objects.filter(customer=ada.customer).update(tax_percent="19", tax_name="VAT")
    assert "as of this moment. The next page fixes the sum, before you pay." in words(sign_in(ada.user))
    assert "The next page shows the tax and fixes the sum, before you pay." in words(sign_in(cy.user))


def test_a_span_within_one_day_is_that_day() -> None:
    ends = {"tier": "Team", "seats": 1, "amount": 5, "currency": "USD", "end": NOON}
    with reading_as(locale="en_GB", zone=ZoneInfo("UTC")):
        assert charge_line(start=NOON - timedelta(hours=6), **ends).note == "22 November 2026"
        assert charge_line(start=NOON - timedelta(days=6), **ends).note == "16 Nov to 22 November 2026"


def test_from_when_how_much_and_what_two_years_cost(ada: Party, sign_in: SignIn) -> None:
    Payer.objects.filter(customer=ada.customer).update(tax_percent="19", tax_name="VAT")
    text = words(sign_in(ada.user))
    assert re.search(r"From \d+ \w+ 2026 US\$304\.64 a month, VAT included\. Nothing else\.", text)
    assert "In 24 months, as things stand: US$7," in text


def test_two_years_count_the_renewals_before_their_end_and_no_more(ada: Party, sign_in: SignIn) -> None:
    estimate = sign_in(ada.user).get("/upgrade/?interval=year").context["page"].estimate
    # Yearly: due now, again after one year, and the one after two years is not within them.
    assert spent_within(estimate, at=NOON) == estimate.due + estimate.renewal_amount


@pytest.mark.parametrize(
    ("seats", "said"),
    [
        ("0", "At least one seat, please."),
        ("100000000000", "More than 100,000 seats are not for sale here; write to us."),
        ("some", "A whole number of seats, please."),
    ],
)
def test_seats_that_cannot_be_are_told_in_our_words(
    ada: Party, sign_in: SignIn, seats: str, said: str
) -> None:
    assert said in words(sign_in(ada.user), f"?tier=team&seats={seats}")


def test_credit_pays_for_as_many_renewals_as_it_lasts(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(ada.user)
    estimate = client.get("/upgrade/?tier=business").context["page"].estimate
    more_than_the_first = estimate.due + 3 * estimate.renewal_amount
    Payer.objects.filter(customer=ada.customer).update(credit=more_than_the_first)
    page = client.get("/upgrade/?tier=business").context["page"]
    assert page.estimate.due == 0
    spent = spent_within(page.estimate, at=NOON, credit=more_than_the_first)
    assert spent == spent_within(estimate, at=NOON) - more_than_the_first
    Payer.objects.filter(customer=ada.customer).update(credit=100 * more_than_the_first)
    assert re.search(r"In 24 months, as things stand: US\$0", words(client, "?tier=business"))


def test_two_years_end_at_the_second_at_which_they_began(ada: Party, sign_in: SignIn) -> None:
    """Stripe's instants are whole seconds, a clock's are not: 1 payment today and 23 more, not 24."""
    estimate = sign_in(ada.user).get("/upgrade/?tier=business").context["page"].estimate
    a_month_on = add_intervals(anchor=NOON, interval="month", count=1)
    begun_now = replace(estimate, renews_at=a_month_on, credit_gained=0)
    spent = spent_within(begun_now, at=NOON.replace(microsecond=900_000))
    assert spent == estimate.due + 23 * estimate.renewal_amount


def test_unknown_tax_is_said_in_words_at_the_sum_and_on_the_button(cy: Party, sign_in: SignIn) -> None:
    text = words(sign_in(cy.user))
    assert "Stripe works it out from your address" in text
    assert "plus tax" in text


def test_features_that_change_come_first_then_what_stays(ada: Party, sign_in: SignIn) -> None:
    uses(ada, "projects", 18)
    text = words(sign_in(ada.user))
    assert text.index("Changes for you") < text.index("Stays the same") < text.index("Not included")
    assert "Projects you use 18 3 20 no limit no limit" in text
    assert "Projects without a limit (now 20)" in text


def test_tier_that_is_not_open_is_shown_with_reason_change_and_rule(ada: Party, sign_in: SignIn) -> None:
    response = sign_in(ada.user).get("/upgrade/?tier=scale&seats=3")
    text = text_of(response)
    assert "Scale like this is not open to you now." in text
    assert "Scale starts at 5 seats. Choose at least 5 seats. The rule " in text, (
        "and not the same sentence again"
    )
    assert "/policy/#seats-fit-tier" in response.content.decode()
    assert "Choose 5 seats" in text
    assert "Review and pay" not in text


@pytest.mark.parametrize("query", ["", "?tier=scale&seats=3", "?tier=team", "?tier=free"])
def test_what_closes_every_tier_is_said_once(ada: Party, sign_in: SignIn, query: str) -> None:
    stop_charging(actor=COMMAND, reason="Something is odd.", at=NOON)
    html = sign_in(ada.user).get(f"/upgrade/{query}").content.decode()
    assert html.count('href="/policy/#paying-is-on"') == 1


def test_tiers_that_are_closed_for_one_reason_stand_beside_it(ada: Party, sign_in: SignIn) -> None:
    stop_charging(actor=COMMAND, reason="Something is odd.", at=NOON)
    client = sign_in(ada.user)
    held, fewer = words(client, "?tier=team&seats=8"), words(client, "?tier=team&seats=4")
    assert re.search(
        r"Business and Scale are not open to you now ?Paying is switched off for a moment\.", held
    )
    assert re.search(r"Scale is not open to you now ?Scale starts at 5 seats\.", fewer)


@pytest.mark.parametrize(
    ("balance", "label", "said"),
    [
        ({"carried": 20}, "Comes with the next payment", "−US$0.20"),
        ({"carried": -30}, "Comes off the next payment", "US$0.30"),
        ({"debt_paid": 400}, "Still to pay", "US$4.00"),
        ({"credit_used": 400}, "Your credit", "−US$4.00"),
    ],
)
def test_whatever_moves_the_total_has_its_line(
    ada: Party, sign_in: SignIn, balance: dict[str, int], label: str, said: str
) -> None:
    page = sign_in(ada.user).get("/upgrade/").context["page"]
    odd = replace(page.estimate, **balance)
    with reading_as(locale="en_GB", zone=ada.customer.zone):
        lines = estimate_sums.sum_of(odd, chosen=page.chosen, held=page.held, tax_name="", ahead=0).lines
    assert (label, said) in [(line.label, line.said) for line in lines]


def test_free_is_shown_to_who_pays_with_the_way_there(ada: Party, sign_in: SignIn) -> None:
    text = words(sign_in(ada.user), "?tier=free")
    assert "You move to Free by cancelling: you keep what you paid for to the last day." in text
    assert "You lose" in text
    assert "Automation runs a month: not included (now 500)" in text


def test_what_is_lost_stands_by_itself_and_what_is_to_do_names_what_it_is_about(
    di: Party, sign_in: SignIn
) -> None:
    type(di.licence).objects.filter(pk=di.licence.pk).update(state="active", past_due_since=None)
    uses(di, "projects", 23)
    text = words(sign_in(di.user), "?tier=team")
    lost, to_do = text[text.index("You lose") :].split("You will need to do")
    assert "Projects: 20 (now no limit)" in lost
    assert "Remove 3 projects, and what you have fits into Team." in to_do
    assert "Make do" not in text
    assert "(now" not in to_do


def test_where_nothing_is_lost_no_list_of_it_stands_there(ada: Party, sign_in: SignIn) -> None:
    assert "You lose" not in words(sign_in(ada.user), "?tier=business")


def test_seats_that_nobody_takes_up_are_no_chore_to_do_without(cy: Party, sign_in: SignIn) -> None:
    """Free has room for three, and Cy is alone. Three people have to do without two seats, and the rule says so too."""
    client = sign_in(cy.user)
    assert "Make do" not in words(client, "?tier=team&seats=1")
    for name in ("Dee Tanaka", "Kei Tanaka"):
        cast.joins(cast.person(name), cy.customer)
    text = words(client, "?tier=team&seats=1")
    assert "Make do with 2 seats less." in text
    assert "You are 3 people, invitations included; 1 seats are too few." in text


def test_what_is_held_has_no_button_to_pay(ada: Party, cy: Party, sign_in: SignIn) -> None:
    for party, query in ((ada, "?tier=team&seats=8"), (cy, "?tier=free")):
        text = words(sign_in(party.user), query)
        assert "as you have it" in text
        assert "Review" not in text


def test_giving_up_an_older_price_is_said_before_paying(bo: Party, sign_in: SignIn) -> None:
    assert "This gives up your terms of March 2025." in words(sign_in(bo.user))


class TestWayBack:
    """Whoever uses more than their tier holds as it is sold today cannot come back to it, and reads so first."""

    def test_where_todays_tier_holds_less_than_is_used_no_way_back_is_said(
        self, bo: Party, sign_in: SignIn
    ) -> None:
        client = sign_in(bo.user)
        uses(bo, "projects", 20)
        assert "could not come back" not in words(client, "?tier=business")
        uses(bo, "projects", 21)
        text = words(client, "?tier=business")
        assert (
            "You use 21 projects; Team, as it is sold today, has room for 20. As it stands you could not come back."
            in text
        )
        assert "Review" in text, "it is said, and not forbidden"
        assert "could not come back" not in words(client, "?tier=team&seats=9"), "who stays goes nowhere"

    def test_it_is_said_of_todays_terms_too(self, ada: Party, sign_in: SignIn) -> None:
        uses(ada, "projects", 24)
        text = words(sign_in(ada.user), "?tier=business")
        assert "This gives up" not in text
        assert "You use 24 projects; Team, as it is sold today, has room for 20." in text

    def test_monthly_counts_shut_no_way(self, bo: Party, sign_in: SignIn) -> None:
        uses(bo, "api-calls", 45_000)
        assert "could not come back" not in words(sign_in(bo.user), "?tier=business")

    def test_back_to_free_leads_cancelling_which_is_always_open(self, cy: Party, sign_in: SignIn) -> None:
        uses(cy, "projects", 9)
        assert "could not come back" not in words(sign_in(cy.user), "?tier=team")


@pytest.mark.parametrize(
    "query", ["?tier=nonsense&seats=-3&interval=day", "?seats=99999999999999", "?seats=x"]
)
def test_nonsense_is_answered_with_the_defaults(ada: Party, sign_in: SignIn, query: str) -> None:
    page = sign_in(ada.user).get(f"/upgrade/{query}").context["page"]
    assert (page.chosen.tier.key, page.seats, page.interval) == ("business", 8, "month")


def test_plus_and_minus_work_without_a_script(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(ada.user)
    assert client.get("/upgrade/?seats=8&step=1").context["page"].seats == 9
    assert client.get("/upgrade/?seats=1&step=-1").context["page"].seats == 1
    assert "Work it out" in words(client)


def test_live_answer_is_only_the_parts_that_change(ada: Party, sign_in: SignIn) -> None:
    html = sign_in(ada.user).get("/upgrade/?tier=scale", headers=LIVE).content.decode()
    assert "<html" not in html
    assert 'id="figures"' in html
    assert html.count('hx-swap-oob="outerHTML"') == 2


def test_live_question_of_who_is_signed_out_reloads_the_page(visitor: Client) -> None:
    assert visitor.get("/upgrade/", headers=LIVE)["HX-Refresh"] == "true"


class TestReview:
    ask = {"tier": "business", "seats": "8", "interval": "month"}

    def test_leads_to_the_quote(self, ada: Party, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: dict[str, Any] = {}
        quote = SimpleNamespace(pk=uuid.uuid4())
        monkeypatch.setattr(door, "issue_quote", lambda **given: asked.update(given) or quote)
        response = sign_in(ada.user).post("/upgrade/", self.ask)
        assert response["Location"] == f"/upgrade/quotes/{quote.pk}/"
        assert (asked["change"].tier.key, asked["change"].seats) == ("business", 8)
        assert asked["email"] == ada.user.email

    def test_nothing_happened_where_stripe_is_silent(
        self, ada: Party, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(**_given: Any) -> None:
            raise StripeUnavailable

        monkeypatch.setattr(door, "issue_quote", silent)
        response = sign_in(ada.user).post("/upgrade/", self.ask)
        assert response.status_code == 503
        assert "nothing was ordered, and you were not charged" in text_of(response)

    def test_a_no_is_given_with_its_reason(
        self, ada: Party, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(**_given: Any) -> None:
            raise UnableToQuote(
                [
                    Reason(
                        "usage-fits",
                        "You use 21 projects.",
                        "Remove 1 project, and what you have fits into Team.",
                    )
                ]
            )

        monkeypatch.setattr(door, "issue_quote", refuse)
        response = sign_in(ada.user).post("/upgrade/", self.ask)
        assert response.status_code == 422
        assert "You use 21 projects. Remove 1 project, and what you have fits into Team." in text_of(response)

    def test_what_a_browser_sends_wrongly_asks_for_no_quote(
        self, ada: Party, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(door, "issue_quote", lambda **_given: pytest.fail("asked for a quote"))
        assert sign_in(ada.user).post("/upgrade/", {**self.ask, "seats": "0"}).status_code == 422

    def test_a_member_asks_an_owner_instead(self, ada: Party, sign_in: SignIn) -> None:
        client = sign_in(cast.eve().user)
        text = words(client)
        assert "Ask an owner" in text
        assert "Review and pay" not in text
        assert client.post("/upgrade/", self.ask).status_code == 403

    @pytest.mark.parametrize("query", ["?tier=team&seats=4", "?tier=team&seats=8&interval=year"])
    def test_of_the_tier_they_have_a_member_reads_who_can_change_it(
        self, ada: Party, sign_in: SignIn, query: str
    ) -> None:
        text = words(sign_in(cast.eve().user), query)
        assert "Only an owner or a billing member can do this. You can ask them to." in text
        assert "Ask for Team" not in text

    def test_a_member_is_not_sent_to_a_page_that_is_closed_to_them(self, ada: Party, sign_in: SignIn) -> None:
        assert "Cancel on the billing page." in words(sign_in(ada.user))
        text = words(sign_in(cast.eve().user), "?tier=free")
        assert "You move to Free by cancelling" in text
        assert "Only an owner or a billing member can do this." in text
        assert "on the billing page" not in text
        assert "on the billing page" not in words(sign_in(cast.eve().user)), "nor among the other tiers"

    def test_what_a_member_can_type_is_taken(self, ada: Party, sign_in: SignIn) -> None:
        page = sign_in(cast.eve().user).get("/upgrade/").content.decode()
        longest = re.search(r'name="note"[^>]*maxlength="(\d+)"', page, re.DOTALL)
        assert longest
        assert int(longest[1]) == AskForm.base_fields["note"].max_length


def test_queries_are_few_and_constant(ada: Party, sign_in: SignIn, django_assert_num_queries: object) -> None:
    client = sign_in(ada.user)
    client.get("/upgrade/")
    uses(ada, "projects", 18)
    tries(ada, "business", started_at=NOON - timedelta(days=11))
    for query in ("", "?tier=scale&seats=40&interval=year"):
        # Who it is and for whom, one (the session is kept in the cache); then the storefront and three for the facts.
        with django_assert_num_queries(5):  # type: ignore[operator]
            client.get(f"/upgrade/{query}")
