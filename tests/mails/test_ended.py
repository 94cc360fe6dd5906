"""What the mails say once a plan has ended: who wished it, as far as it is known, and what a receipt may still say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from billing import gateway
from billing.cancellation import cancel_at_period_end, undo_cancellation
from billing.settling import settle
from licensing.models import Event
from portal.mails.outbox import send_due
from tests.billing.conftest import Buyer, ada, catalogue
from tests.billing.test_ended_before_applied import ends, paid_change
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of

__all__ = ["ada", "catalogue"]


def said(ada: Buyer, mailbox: Mailbox, about: str, *, at: datetime) -> tuple[str, str]:
    """Send what is owed; the words of both parts of the one mail whose subject has `about` in it."""
    send_due(at=at + timedelta(minutes=1))
    (message,) = [each for each in mailbox.to(ada.user.email) if about in subject_of(each)]
    return words_of(message)


def cancels(ada: Buyer) -> None:
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())


def after_a_turn(ada: Buyer) -> datetime:
    """The paid period has passed and everything of it was heard; the moment then."""
    at = ada.let_pass(days=32)
    ada.receive(*ada.events(), at=at)
    assert ada.licence.is_free
    return at


def heard_at_once(ada: Buyer) -> datetime:
    ada.receive(*ada.events())
    assert ada.licence.is_free
    return timezone.now()


def set_at_stripe(ada: Buyer, *, cancels: bool) -> None:
    """Somebody sets it on Stripe's own pages: the customer or the vendor, which nobody here can tell."""
    with gateway.client.asking() as v1:
        v1.subscriptions.update(ada.subscriptions()[0].stripe_id, {"cancel_at_period_end": cancels})
    ada.receive(*ada.events())


def test_what_a_member_cancelled_ended_as_they_had_asked(ada: Buyer, mailbox: Mailbox) -> None:
    ada.with_card().buy("team")
    cancels(ada)
    for words in said(ada, mailbox, "has ended", at=after_a_turn(ada)):
        assert ", as you had asked. Nothing more will be charged." in words
    assert Event.objects.get(kind="licence_ended").reason == "Cancelled at the end of its period."


def test_what_was_cancelled_on_stripes_pages_is_not_said_to_be_asked_for(
    ada: Buyer, mailbox: Mailbox
) -> None:
    ada.with_card().buy("team")
    cancels(ada)
    undo_cancellation(customer=ada.customer, actor=ada.actor, at=timezone.now())
    set_at_stripe(ada, cancels=True)
    for words in said(ada, mailbox, "has ended", at=after_a_turn(ada)):
        assert "Team ended on" in words
        assert "as you had asked" not in words
        assert "Nothing more will be charged." in words


def test_what_was_ended_at_stripe_is_not_said_to_be_asked_for(ada: Buyer, mailbox: Mailbox) -> None:
    ada.with_card().buy("team")
    ends(ada)
    for words in said(ada, mailbox, "has ended", at=heard_at_once(ada)):
        assert "Team ended on" in words
        assert "as you had asked" not in words
        assert "payment did not come" not in words
    assert Event.objects.get(kind="licence_ended").reason == "Ended at Stripe."


def test_what_a_member_cancelled_and_was_ended_sooner_is_not_said_to_be_asked_for(
    ada: Buyer, mailbox: Mailbox
) -> None:
    ada.with_card().buy("team")
    cancels(ada)
    ends(ada)
    for words in said(ada, mailbox, "has ended", at=heard_at_once(ada)):
        assert "as you had asked" not in words


def test_what_ended_before_it_was_applied_is_said_so_by_receipt_and_end(
    ada: Buyer, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = paid_change(ada, monkeypatch)
    ends(ada)
    order = settle(order_id=order.pk, at=timezone.now())
    for words in said(ada, mailbox, " for Business", at=timezone.now()):
        assert "You bought Business for 3 people. It has ended." in words
        assert f"{order.quote.due / 100:,.2f} was paid on" in words
        assert "The subscription had ended before we could give you Business." in words
        assert "one of us will look at what you paid for it. You have Free now." in words
        for untrue in ("You have Business", "renews on", "What is new"):
            assert untrue not in words
    for words in said(ada, mailbox, "has ended", at=timezone.now()):
        assert "The subscription for Business had ended before we could give you what was paid for." in words
        assert "one of us will look at it. Nothing more will be charged." in words
        assert "as you had asked" not in words


def test_a_receipt_that_is_late_says_that_it_has_ended(ada: Buyer, mailbox: Mailbox) -> None:
    ada.with_card().buy("team")
    cancels(ada)
    for words in said(ada, mailbox, "Receipt: ", at=after_a_turn(ada)):
        assert "You bought Team for 3 people. It has ended." in words
        assert "Team ended on" in words
        assert "You have Free now. Nothing more will be charged." in words
        assert "renews on" not in words


def test_a_receipt_of_what_was_cancelled_says_until_when_it_runs(ada: Buyer, mailbox: Mailbox) -> None:
    ada.with_card().buy("team")
    cancels(ada)
    for words in said(ada, mailbox, "Receipt: ", at=timezone.now()):
        assert "You have Team for 3 people." in words
        assert "It runs until" in words
        assert "renews on" not in words


def test_a_receipt_of_what_was_changed_since_says_what_they_have_now(ada: Buyer, mailbox: Mailbox) -> None:
    ada.with_card().buy("team")
    ada.buy("business")
    for words in said(ada, mailbox, " for Team", at=timezone.now()):
        assert "You bought Team for 3 people." in words
        assert "Your plan has changed since. You have Business for 3 people now." in words
        assert "It has ended" not in words
        assert "renews on" not in words
