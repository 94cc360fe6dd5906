"""Whoever buys while a trial runs reads before and after what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing.models import Trial
from licensing.standing import standing_of
from licensing.terms import storefront
from licensing.trials import start_trial
from portal.facts import facts_of
from portal.mails.outbox import send_due
from tests.billing.conftest import Buyer
from tests.infra.mailbox import Mailbox
from tests.mails.reading import words_of
from tests.pages.conftest import text_of


@pytest.fixture
def trying(ada: Buyer) -> Buyer:
    """Ada has Free and a card on file, and tries Business."""
    ada.with_card()
    today, at = storefront().edition, timezone.now()
    situation = facts_of(ada.customer, today=today, at=at).situation
    start_trial(situation=situation, tier=today.tier("business"), actor=ada.actor, at=at)
    return ada


def page_of(client: Client, quote_id: object) -> str:
    return text_of(client.get(reverse("quote", args=[quote_id])))


def test_a_higher_tier_ends_the_trial_and_quote_page_and_receipt_say_so(
    trying: Buyer, ada_client: Client, mailbox: Mailbox
) -> None:
    quote = trying.quote("scale", seats=5)
    said = page_of(ada_client, quote.pk)
    assert "Your Business trial, which would run until" in said
    assert "ends with this." in said

    trying.accept(quote)
    assert Trial.objects.get().end == Trial.End.CONVERTED
    assert "Your Business trial has ended with this." in page_of(ada_client, quote.pk)
    send_due(at=timezone.now() + timedelta(seconds=1))
    for words in words_of(mailbox.to(trying.user.email)[-1]):
        assert "Your Business trial has ended with it." in words


def test_the_tier_that_is_tried_is_theirs_then(trying: Buyer, ada_client: Client) -> None:
    quote = trying.quote("business", seats=3)
    assert "Your Business trial ends with this: Business is yours then." in page_of(ada_client, quote.pk)


def test_over_a_lower_tier_the_trial_goes_on(trying: Buyer, ada_client: Client) -> None:
    quote = trying.quote("team", seats=3)
    assert "Your Business trial goes on over Team until" in page_of(ada_client, quote.pk)

    trying.accept(quote)
    assert standing_of(trying.customer, at=timezone.now()).feels_like.key == "business"
    assert "Your Business trial has ended" not in page_of(ada_client, quote.pk)


def test_without_a_trial_nothing_is_said_of_one(ada: Buyer, ada_client: Client) -> None:
    assert "Your trial" not in page_of(ada_client, ada.with_card().quote("team", seats=3).pk)
