"""Nobody gives up an old price or a kept feature without having been told and having agreed, at whatever door."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.cancellation import cancel_at_period_end, undo_cancellation
from billing.models import Order
from licensing.customers import close_customer
from licensing.giving_up import NotAgreed, keys_of
from licensing.models import Event, Licence
from licensing.terms import edition_terms, storefront
from licensing.usage import record_reading
from tests.cast import joins, later_terms, person
from tests.money_pages.conftest import Buyer


def new_terms(*changes: tuple[str, str]) -> None:
    later_terms(*changes, at=timezone.now())


@pytest.fixture
def holder(ada: Buyer) -> Buyer:
    """Ada bought Team, and then it became dearer."""
    ada.with_card().buy("team", seats=3)
    new_terms(("2300", "2700"))
    return ada


class TestMoving:
    def test_a_function_without_agreement_refuses_and_nothing_is_asked_of_stripe(self, holder: Buyer) -> None:
        quote = holder.quote("business", seats=3)
        with pytest.raises(NotAgreed) as refused:
            holder.accept(quote)
        assert keys_of(refused.value.given_up) == ["price"]
        assert refused.value.reason.rule == "giving-up-is-agreed"
        assert not Order.objects.filter(quote=quote).exists()

    def test_with_it_the_move_is_made_and_what_was_agreed_is_on_record(self, holder: Buyer) -> None:
        order = holder.accept(holder.quote("business", seats=3), gives_up=True)
        assert order.state == Order.State.SETTLED
        assert Event.objects.filter(kind="order_accepted").latest("pk").after["given_up"] == ["price"]

    def test_more_seats_on_the_terms_held_need_none(self, holder: Buyer) -> None:
        terms = storefront()
        assert terms is not None
        held = holder.licence.edition
        assert held.key != terms.edition.key
        order = holder.accept(holder.quote("team", seats=5, edition=edition_terms(held.pk)))
        assert order.state == Order.State.SETTLED

    def test_where_todays_terms_are_nowhere_worse_there_is_nothing_to_agree_to(
        self, ada: Buyer, ada_client: Client
    ) -> None:
        ada.with_card().buy("team", seats=3)
        new_terms(("2300", "2100"))
        quote = ada.quote("business", seats=3)
        assert "gives_up" not in ada_client.get(reverse("quote", args=[quote.pk])).content.decode()
        assert ada.accept(quote).state == Order.State.SETTLED

    def test_beside_the_tick_it_says_where_what_is_used_would_not_fit_on_coming_back(
        self, ada: Buyer, ada_client: Client
    ) -> None:
        ada.with_card().buy("team", seats=3)
        new_terms(("projects = 20\n", "projects = 15\n"))
        door = reverse("quote", args=[ada.quote("business", seats=3).pk])
        record_reading(customer=ada.customer, feature_key="projects", value=15, at=timezone.now())
        said = ada_client.get(door).content.decode()
        assert "gives_up" in said
        assert "could not come back" not in said
        record_reading(customer=ada.customer, feature_key="projects", value=18, at=timezone.now())
        assert (
            "You use 18 projects; Team, as it is sold today, has room for 15. As it stands you could not come back."
            in ada_client.get(door).content.decode()
        )

    def test_it_says_so_where_the_tier_is_sold_no_longer(self, ada: Buyer, ada_client: Client) -> None:
        ada.with_card().buy("team", seats=3)
        new_terms(('key = "team"', 'key = "crew"'), ('name = "Team"', 'name = "Crew"'))
        said = ada_client.get(reverse("quote", args=[ada.quote("business", seats=3).pk])).content.decode()
        assert "Team is sold no longer: you could not come back." in said
        assert "Team is not sold any more:" in said
        assert "If you come back" not in said
        said = ada_client.get(reverse("billing_cancel")).content.decode()
        assert "Team is sold no longer: you could not come back." in said
        assert "You can buy Team again at any time" not in said
        assert "If you buy Team again later" not in said

    def test_fewer_seats_are_given_up_like_anything_else(self, ada: Buyer, ada_client: Client) -> None:
        ada.with_card().buy("team", seats=3)
        new_terms(("max_seats = 50\n", "max_seats = 2\n"), ("max_seats = 3\n", "max_seats = 2\n"))
        quote = ada.quote("business", seats=3)
        with pytest.raises(NotAgreed) as refused:
            ada.accept(quote)
        assert keys_of(refused.value.given_up) == ["seats.most"]
        for number in range(2):
            joins(person(f"P{number}"), ada.customer)
        for door in (reverse("quote", args=[quote.pk]), reverse("billing_cancel")):
            said = " ".join(ada_client.get(door).content.decode().split())
            assert "Most seats: <b>2</b> in place of your 50" in said
            assert "You are 3 people; Team, as it is sold today, has at most 2 seats." in said
            assert "gives_up" in said


class TestCancelling:
    def test_the_page_says_what_is_lost_and_wants_a_tick(self, holder: Buyer, ada_client: Client) -> None:
        door = reverse("billing_cancel")
        said = ada_client.get(door).content.decode()
        assert "What you give up with Team of January 2026" in said
        assert "<b>$27.00</b> in place of your $23.00 a seat a month" in said
        assert 'Automation runs a month: not included <small class="muted">(now 500)</small>' in said
        answer = ada_client.post(door)
        assert answer.status_code == 422
        assert "Tick this first. Nothing was charged, and nothing changed." in answer.content.decode()
        assert not Licence.objects.get(pk=holder.licence.pk).cancels_at_period_end
        assert ada_client.post(door, {"gives_up": "yes"}).status_code == 302
        assert Licence.objects.get(pk=holder.licence.pk).cancels_at_period_end

    def test_a_function_without_agreement_refuses(self, holder: Buyer) -> None:
        with pytest.raises(NotAgreed):
            cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=timezone.now())
        assert not Licence.objects.get(pk=holder.licence.pk).cancels_at_period_end

    def test_what_was_agreed_is_on_record_and_undoing_needs_no_agreement(self, holder: Buyer) -> None:
        at = timezone.now()
        cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=at, gives_up=True)
        event = Event.objects.filter(kind="licence_cancelled").latest("pk")
        assert event.reason == "Agreed to give up: price."
        assert not undo_cancellation(
            customer=holder.customer, actor=holder.actor, at=at
        ).cancels_at_period_end

    def test_whoever_holds_todays_terms_sees_no_box(self, ada: Buyer, ada_client: Client) -> None:
        ada.with_card().buy("team", seats=3)
        assert "gives_up" not in ada_client.get(reverse("billing_cancel")).content.decode()
        assert ada_client.post(reverse("billing_cancel")).status_code == 302


class TestClosing:
    @pytest.fixture
    def kept_free(self, ada: Buyer) -> Buyer:
        """Ada is on Free with three projects; today's has two."""
        new_terms(("projects = 3\n", "projects = 2\n"))
        return ada

    def test_a_function_without_agreement_refuses(self, kept_free: Buyer) -> None:
        with pytest.raises(NotAgreed) as refused:
            close_customer(customer=kept_free.customer, owner=kept_free.user, at=timezone.now())
        assert keys_of(refused.value.given_up) == ["projects"]
        assert kept_free.customer.members.exists()

    def test_the_page_says_what_is_lost_wants_a_tick_and_keeps_the_name(
        self, kept_free: Buyer, ada_client: Client
    ) -> None:
        assert "This gives up Free of January 2026 for good." in ada_client.get("/team/").content.decode()
        form = {"name": kept_free.customer.name}
        answer = ada_client.post("/team/close/", form)
        assert answer.status_code == 422
        assert f'value="{kept_free.customer.name}"' in answer.content.decode()
        assert "Tick this first." in answer.content.decode()
        assert ada_client.post("/team/close/", {**form, "gives_up": "yes"}).status_code == 302
        kept_free.customer.refresh_from_db()
        assert kept_free.customer.closed_at is not None
        assert Event.objects.get(kind="customer_closed").after == {"given_up": ["projects"]}

    def test_without_anything_given_up_there_is_no_box(self, ada: Buyer, ada_client: Client) -> None:
        assert "gives_up" not in ada_client.get("/team/").content.decode()
        assert ada_client.post("/team/close/", {"name": ada.customer.name}).status_code == 302


def test_the_calculator_says_it_before_there_is_a_quote(holder: Buyer, ada_client: Client) -> None:
    said = ada_client.get("/upgrade/?tier=business&seats=3").content.decode()
    assert "This gives up your terms of January 2026." in said
    assert "This gives up" not in ada_client.get("/upgrade/?tier=team&seats=5").content.decode()
