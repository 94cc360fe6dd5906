"""Whoever pays leaves an edition that ends with a renewal: the new price from then on, and nothing before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.cancellation import cancel_at_period_end
from billing.clearing import UnableToClear, clear
from billing.edition_moves import LEAD, TOO_NEAR, move_due
from billing.models import Invoice, Order, PriceMove, Quote
from billing.orders import UnableToAccept
from billing.promises import PROMISES
from billing.quotes import UnableToQuote
from billing.reconcile import reconcile
from billing.renewals import next_renewal
from licensing import sunsets
from licensing.history import COMMAND
from licensing.models import Delivery, Event, Licence, PlannedChange, Sunset
from licensing.promises import breaches_of
from licensing.standing import standing_of
from licensing.terms import edition_terms
from portal.mails.outbox import send_due
from tests.billing.conftest import Buyer
from tests.billing.ending import before_renewal, change_of, days, ending, renews
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.pages.conftest import text_of

NOTHING = {"begun": 0, "moved": 0, "refused": 0, "waiting": 0}
CHEAP, DEAR = 3 * 2300, 3 * 2700
WITH_TAX = 1.19


@pytest.fixture
def holder(ada: Buyer) -> Buyer:
    ending(ada)
    return ada


def test_the_renewal_charges_the_later_price_and_nothing_is_charged_before(holder: Buyer) -> None:
    assert change_of(holder).takes_effect_at == holder.licence.period_end
    period_end = holder.licence.period_end
    at = before_renewal(holder)
    assert move_due(at=at) == {**NOTHING, "begun": 1, "moved": 1}
    assert holder.charged() == [round(CHEAP * WITH_TAX)], "what is paid stays paid"
    assert holder.licence.edition.key == "2026-01"
    at = renews(holder)
    licence = holder.licence
    assert (licence.edition.key, licence.tier.edition.key, licence.tier.key) == ("2026-07", "2026-07", "team")
    assert (licence.price.unit_amount, licence.seats, licence.period_start) == (2700, 3, period_end)
    assert holder.charged() == [round(CHEAP * WITH_TAX), round(DEAR * WITH_TAX)]
    change = change_of(holder)
    assert (change.state, change.begun_at) == (PlannedChange.State.DONE, None)
    assert Invoice.objects.filter(customer=holder.customer, reason="subscription_cycle").count() == 1
    kinds = list(Event.objects.filter(subject=f"licence:{licence.pk}").values_list("kind", flat=True))
    assert kinds.count("edition_moved") == kinds.count("licence_renewed") == 1


def test_whoever_has_moved_is_told_what_they_pay_now(holder: Buyer, client: Client, mailbox: Mailbox) -> None:
    move_due(at=before_renewal(holder))
    at = renews(holder)
    send_due(at=at)
    moved, receipt = sorted(mailbox.to("ada@demo.test")[-2:], key=subject_of, reverse=True)
    assert subject_of(moved) == "Your Team is on the terms of July 2026 now"
    assert subject_of(receipt) == "Receipt: $96.39 for your renewal"
    for words in words_of(moved):
        assert "It moved with your renewal on" in words
        assert "You pay $81.00 a month now; it was $69.00. That is $12.00 a month more, before tax" in words
    with time_machine.travel(at, tick=False):
        client.force_login(holder.user)
        plan = client.get(reverse("plan")).content.decode()
    assert "your Team is on the terms of July 2026." in plan
    assert "You pay $81.00 a month now; it was $69.00. That is $12.00 a month more" in plan


def test_a_lower_price_is_no_credit_for_what_was_paid(ada: Buyer) -> None:
    ending(ada, price="1900")
    before_renewal(ada)
    move_due(at=before_renewal(ada))
    renews(ada)
    assert ada.charged() == [round(CHEAP * WITH_TAX), round(3 * 1900 * WITH_TAX)]
    assert ada.payer.credit == 0


def test_what_is_said_of_the_next_renewal_is_what_it_charges(holder: Buyer) -> None:
    due = next_renewal(standing=standing_of(holder.customer, at=timezone.now()), payer=holder.payer)
    assert due is not None
    move_due(at=before_renewal(holder))
    renews(holder)
    assert holder.charged()[-1] == due.due == round(DEAR * WITH_TAX)


def test_more_seats_are_quoted_with_what_the_renewal_will_charge(holder: Buyer) -> None:
    quote = holder.quote("team", seats=5, edition=edition_terms(holder.licence.edition_id))
    assert quote.renewal_amount == round(5 * 2700 * WITH_TAX)
    holder.accept(quote)
    holder.receive(*holder.events())
    move_due(at=before_renewal(holder))
    renews(holder)
    assert holder.charged()[-1] == quote.renewal_amount


def test_where_a_later_renewal_carries_it_the_page_of_a_quote_says_from_when_on_it_costs_what(
    holder: Buyer,
) -> None:
    PlannedChange.objects.update(takes_effect_at=holder.licence.period_end + days(1))
    quote = holder.quote("team", seats=5, edition=edition_terms(holder.licence.edition_id))
    assert quote.renewal_amount == round(5 * 2300 * WITH_TAX)
    client = Client()
    client.force_login(holder.user)
    shown = text_of(client.get(reverse("quote", args=[quote.pk])))
    assert "Your terms of January 2026 end, as we wrote to you: from " in shown
    assert f"on it is ${5 * 2700 * WITH_TAX / 100:.2f} a month, tax included." in shown


def test_it_is_asked_once_however_often_the_sweep_comes_round(holder: Buyer) -> None:
    at = before_renewal(holder)
    assert [move_due(at=at)["begun"] for _ in range(3)] == [1, 0, 0]
    assert PriceMove.objects.count() == 1


def test_long_before_the_renewal_nothing_is_asked(holder: Buyer) -> None:
    assert move_due(at=before_renewal(holder, lead=LEAD + timedelta(minutes=1))) == NOTHING


def test_too_near_to_the_renewal_nothing_is_begun_and_the_next_one_carries_it(holder: Buyer) -> None:
    assert move_due(at=before_renewal(holder, lead=TOO_NEAR - timedelta(minutes=1))) == NOTHING
    at = renews(holder)
    assert holder.licence.edition.key == "2026-01"
    assert holder.charged()[-1] == round(CHEAP * WITH_TAX)
    assert sunsets.put_off_passed(at=at) == 1
    change = change_of(holder)
    assert (change.state, change.takes_effect_at) == ("deferred", holder.licence.period_end)
    move_due(at=before_renewal(holder))
    renews(holder)
    assert holder.licence.edition.key == "2026-07"


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(holder: Buyer) -> None:
    at = before_renewal(holder)
    holder.fault("timeout_after", path="/subscriptions/", method="POST")
    assert move_due(at=at) == {**NOTHING, "begun": 1, "waiting": 1}
    assert PriceMove.objects.get().outcome == "asked"
    assert move_due(at=at + timedelta(minutes=1))["moved"] == 1
    renews(holder)
    assert holder.charged()[-1] == round(DEAR * WITH_TAX)


def test_an_answer_that_never_comes_is_looked_for_when_it_renews(holder: Buyer) -> None:
    """Carried out or not: what Stripe shows is what counts, and the licence goes with what was charged."""
    at = before_renewal(holder)
    holder.fault("timeout_after", path="/subscriptions/", method="POST")
    move_due(at=at)
    renews(holder)
    assert holder.licence.edition.key == "2026-07"
    assert PriceMove.objects.get().outcome == "done"
    assert holder.charged()[-1] == round(DEAR * WITH_TAX)


def test_what_was_not_carried_out_waits_for_the_next_renewal_at_the_old_price(holder: Buyer) -> None:
    at = before_renewal(holder)
    holder.fault("500_before", path="/subscriptions/", method="POST")
    move_due(at=at)
    at = renews(holder)
    assert holder.licence.edition.key == "2026-01"
    assert holder.charged()[-1] == round(CHEAP * WITH_TAX)
    assert move_due(at=at)["refused"] == 1
    change = change_of(holder)
    assert (change.state, change.begun_at) == ("deferred", None)
    sunsets.put_off_passed(at=at)
    move_due(at=before_renewal(holder))
    renews(holder)
    assert holder.licence.edition.key == "2026-07"


def test_what_stripe_refuses_needs_a_person_and_leaves_the_customer_free(holder: Buyer) -> None:
    at = before_renewal(holder)
    holder.fault("400", path="/subscriptions/", method="POST")
    assert move_due(at=at)["refused"] == 1
    move = PriceMove.objects.get()
    assert "Stripe refuses the price" in move.needs_staff
    clear(row=move, actor=COMMAND, reason="Moved by hand.", at=at)
    with pytest.raises(UnableToClear):
        clear(row=move, actor=COMMAND, reason="Moved by hand.", at=at)
    assert Event.objects.get(kind="price_move_cleared").reason == "Moved by hand."
    assert change_of(holder).begun_at is None
    assert holder.quote("business", at=at).tier.key == "business"


@pytest.mark.proves("renewal-is-not-prepared")
def test_while_the_renewal_is_prepared_no_other_change_begins_and_it_is_said_until_when(
    holder: Buyer,
) -> None:
    at = before_renewal(holder)
    early = holder.quote("business", at=at)
    move_due(at=at)
    with pytest.raises(UnableToQuote) as refusal:
        holder.quote("business", at=at)
    assert refusal.value.reasons[0].rule == "renewal-is-not-prepared"
    assert refusal.value.reasons[0].when == holder.licence.period_end
    with pytest.raises(UnableToAccept):
        holder.accept(early, at)
    assert not Order.objects.exclude(state="settled").exists()
    at = renews(holder)
    assert holder.quote("business", at=at).tier.key == "business"


def test_an_order_on_its_way_comes_first(holder: Buyer) -> None:
    at = before_renewal(holder)
    quote = holder.quote("business", at=at)
    holder.fault("500_before", path="/subscriptions/", method="POST")
    holder.fault("500_before", path="/subscriptions/", method="POST")
    order = holder.accept(quote, at, gives_up=True)
    assert order.state == Order.State.PENDING
    assert move_due(at=at) == NOTHING


def test_whoever_has_cancelled_is_not_moved(holder: Buyer) -> None:
    cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=timezone.now(), gives_up=True)
    assert move_due(at=before_renewal(holder)) == NOTHING
    renews(holder)
    assert holder.licence.is_free
    assert holder.charged() == [round(CHEAP * WITH_TAX)]


def test_withdrawn_after_it_was_asked_the_old_price_is_asked_for_again(holder: Buyer) -> None:
    at = before_renewal(holder)
    move_due(at=at)
    sunsets.withdraw(
        sunset=Sunset.objects.get(), actor=COMMAND, reason="Too many of you.", at=at + timedelta(minutes=1)
    )
    assert move_due(at=at + timedelta(minutes=2))["moved"] == 1
    assert list(PriceMove.objects.order_by("pk").values_list("step", "outcome")) == [
        ("there", "done"),
        ("back", "done"),
    ]
    renews(holder)
    assert holder.licence.edition.key == "2026-01"
    assert holder.charged()[-1] == round(CHEAP * WITH_TAX)


def test_withdrawn_too_near_to_the_renewal_a_person_gives_the_difference_back(holder: Buyer) -> None:
    move_due(at=before_renewal(holder))
    at = before_renewal(holder, lead=timedelta(minutes=5))
    sunsets.withdraw(sunset=Sunset.objects.get(), actor=COMMAND, reason="Too many of you.", at=at)
    move_due(at=at)
    assert "Give the difference back" in PriceMove.objects.get().needs_staff


def test_a_notice_that_came_back_meanwhile_holds_it(holder: Buyer) -> None:
    at = before_renewal(holder)
    Delivery.objects.update(outcome="bounced", outcome_at=at, arrived_at=None)
    assert move_due(at=at) == NOTHING
    renews(holder)
    assert holder.licence.edition.key == "2026-01"


def test_a_renewal_that_is_not_paid_moves_all_the_same_and_is_past_due(holder: Buyer) -> None:
    holder.with_card("pm_card_chargeCustomerFail")
    move_due(at=before_renewal(holder))
    renews(holder)
    assert (holder.licence.edition.key, holder.licence.state) == ("2026-07", Licence.State.PAST_DUE)


def test_while_it_is_prepared_our_books_and_stripes_agree(holder: Buyer) -> None:
    at = before_renewal(holder)
    move_due(at=at)
    done = reconcile(actor=COMMAND, at=at)
    assert done is not None
    assert not done.differences.exclude(kind="event").exists()


def test_the_ledger_counts_it_as_a_promise_kept(holder: Buyer) -> None:
    move_due(at=before_renewal(holder))
    at = renews(holder)
    for promise in PROMISES:
        if promise.key in ("terms-kept", "sunsets-told"):
            assert breaches_of(promise, since=at - days(2), at=at + days(1)) == (0, [])


def test_control_the_ledger_finds_a_licence_that_moved_without_a_plan(holder: Buyer) -> None:
    move_due(at=before_renewal(holder))
    at = renews(holder)
    with transaction.atomic():
        PlannedChange.objects.filter(state="done").update(done_at=at + timedelta(seconds=1))
    terms_kept = next(promise for promise in PROMISES if promise.key == "terms-kept")
    assert breaches_of(terms_kept, since=at - days(2), at=at + days(1))[0] == 1


def test_what_was_asked_of_stripe_is_kept_as_it_was(holder: Buyer) -> None:
    move_due(at=before_renewal(holder))
    for forbidden in (
        lambda: PriceMove.objects.all().delete(),
        lambda: PriceMove.objects.update(renews_at=timezone.now()),
        lambda: PriceMove.objects.update(outcome="asked"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            forbidden()


def test_a_quote_of_before_does_not_outlive_the_move(holder: Buyer) -> None:
    at = before_renewal(holder)
    quote = holder.quote("business", at=at)
    move_due(at=at)
    assert Quote.objects.get(pk=quote.pk).licence_version != holder.licence.version
