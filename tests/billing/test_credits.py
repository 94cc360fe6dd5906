"""A credit that an exception gives goes to the customer's balance at Stripe, once, and comes off what they pay next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import gateway
from billing.answers import StripeRefused
from billing.brakes import let_go, park
from billing.credits import give_due
from billing.models import BalanceCredit
from billing.payers import payer_of
from licensing import waivers
from licensing.history import COMMAND, Actor
from licensing.models import Event, Notice, Waiver
from licensing.waivers.threshold import Wish
from portal.mails.outbox import send_due
from tests.billing.conftest import Buyer
from tests.cast import person
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of

NOTHING = {"given": 0, "refused": 0, "waiting": 0}


def promise(buyer: Buyer, amount: int = 1000) -> Waiver:
    """A credit, asked for and, where that is needed, approved."""
    at = timezone.now()
    waiver = waivers.ask_for_waiver(
        customer=buyer.customer,
        wish=Wish("price", at, at + timedelta(days=30), amount=amount),
        reason="Ticket 4711.",
        words="For the hours on Monday.",
        actor=Actor.person(person("Sam Support")),
        at=at,
    )
    fin = Actor.person(person("Fin Finance"))
    return waiver if waiver.granted_at else waivers.approve(waiver=waiver, actor=fin, at=at)


def at_stripe(buyer: Buyer) -> list[tuple[int, str, dict[str, str]]]:
    """The rows of the balance: amount, words, our mark."""
    with gateway.client.asking() as v1:
        rows = v1.customers.balance_transactions.list(payer_of(buyer.customer).stripe_id)
    return [(row.amount, row.description, row.metadata.to_dict()) for row in rows.data]


def test_a_credit_comes_off_what_is_paid_next_and_is_traced_to_its_exception(ada: Buyer) -> None:
    ada.with_card().buy("team")
    waiver = promise(ada)
    assert give_due(at=timezone.now()) == {**NOTHING, "given": 1}
    assert at_stripe(ada) == [(-1000, "For the hours on Monday.", {"waiver": str(waiver.pk)})]
    assert payer_of(ada.customer).credit == 1000
    assert ada.quote("business").credit == 1000
    given = Event.objects.get(kind="credit_given")
    assert (given.after["credit"], given.after["currency"]) == (1000, "USD")
    waiver.refresh_from_db()
    assert waiver.end == Waiver.End.USED


def test_however_often_the_sweep_comes_round_it_is_given_once(ada: Buyer) -> None:
    ada.with_card().buy("team")
    promise(ada)
    assert [give_due(at=timezone.now()) for _ in range(3)] == [{**NOTHING, "given": 1}, NOTHING, NOTHING]
    assert len(at_stripe(ada)) == 1


def test_somebody_who_never_paid_has_it_for_the_first_time_they_do(ada: Buyer) -> None:
    waiver = promise(ada)
    assert waiver.needs_approval, "half of what a month costs them is nothing"
    give_due(at=timezone.now())
    assert ada.quote("team").credit == 1000


def test_while_they_are_parked_it_waits(ada: Buyer) -> None:
    ada.with_card().buy("team")
    promise(ada)
    brake = park(customer=ada.customer, actor=COMMAND, reason="Looked at.", at=timezone.now())
    assert give_due(at=timezone.now()) == {**NOTHING, "waiting": 1}
    assert not BalanceCredit.objects.exists()
    let_go(brake=brake, actor=COMMAND, reason="All is well.", at=timezone.now())
    assert give_due(at=timezone.now()) == {**NOTHING, "given": 1}


def test_ended_before_it_was_asked_of_stripe_nothing_is_given(ada: Buyer) -> None:
    ada.with_card().buy("team")
    waiver = promise(ada)
    waivers.end_waiver(waiver=waiver, actor=COMMAND, reason="Mistyped.", at=timezone.now())
    assert give_due(at=timezone.now()) == NOTHING
    assert at_stripe(ada) == []


def test_once_asked_of_stripe_it_cannot_be_ended(ada: Buyer) -> None:
    ada.with_card().buy("team")
    waiver = promise(ada)
    give_due(at=timezone.now())
    with pytest.raises(waivers.UnableToEnd, match="over already"):
        waivers.end_waiver(waiver=waiver, actor=COMMAND, reason="Too late.", at=timezone.now())


def test_granted_it_is_owed_however_late_it_is_given(ada: Buyer) -> None:
    ada.with_card().buy("team")
    waiver = promise(ada)
    late = waiver.ends_at + timedelta(days=1)
    assert waivers.close_due(at=late) == 0
    assert give_due(at=late)["given"] == 1


def test_they_are_told_that_it_comes_off_by_itself(ada: Buyer, mailbox: Mailbox) -> None:
    ada.with_card().buy("team")
    promise(ada)
    give_due(at=timezone.now())
    send_due(at=timezone.now())
    (mail,) = [each for each in mailbox.to(ada.user.email) if subject_of(each).startswith("Made for you")]
    assert subject_of(mail) == "Made for you: $10.00 of credit"
    for words in words_of(mail):
        assert "For the hours on Monday." in words
        assert "It comes off your next payments by itself. There is nothing to do." in words


def test_what_stripe_refuses_waits_for_a_person_and_nobody_is_told_that_they_have_it(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team")
    promise(ada)

    def refuses(**_: object) -> str:
        raise StripeRefused("The currency is another.")

    monkeypatch.setattr(gateway, "move_balance", refuses)
    assert give_due(at=timezone.now()) == {**NOTHING, "refused": 1}
    assert BalanceCredit.objects.get().needs_staff == "Stripe refuses the credit: The currency is another."
    send_due(at=timezone.now())
    assert Notice.objects.get(kind="waiver_granted").state == Notice.State.DROPPED


def test_what_stripe_answered_does_not_change(ada: Buyer) -> None:
    ada.with_card().buy("team")
    promise(ada)
    give_due(at=timezone.now())
    rows = BalanceCredit.objects.all()
    for wrong in (lambda: rows.update(outcome="asked"), lambda: rows.update(answer={}), rows.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()
