"""One story in every channel: what a tier brings is said everywhere in the very words of the edition."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from licensing import trials
from licensing.claims import claim_about
from licensing.models import Edition
from licensing.terms import EditionTerms, edition_terms
from portal.mails.outbox import send_due
from tests.cast import NOON, TODAY, Party, ada, make_catalogue
from tests.infra.mailbox import Mailbox
from tests.mails.reading import words_of
from tests.mails.scenes import owed, settled_order, trial_of
from tests.staff.conftest import staff_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def today() -> EditionTerms:
    make_catalogue()
    return edition_terms(Edition.objects.get(key=TODAY).pk)


@pytest.fixture
def okafor(today: EditionTerms) -> Party:
    return ada()


@pytest.fixture
def of_business(today: EditionTerms) -> list[str]:
    """What Business claims; all of it is new to Ada, who holds Team."""
    texts = [claim.text for claim in today.tiers[2].claims]
    assert len(texts) == 4
    return texts


def read(client: Client, address: str) -> str:
    """The words of a page."""
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


# Which text


def test_a_claim_holds_for_every_higher_tier_that_gives_the_same(today: EditionTerms) -> None:
    team, business, scale = today.tiers[1:]
    sso = "Everybody signs in with your company’s own accounts."
    assert claim_about("sso", tier=business, edition=today) == sso
    assert claim_about("sso", tier=scale, edition=today) == sso
    assert claim_about("sso", tier=team, edition=today) == ""


def test_a_claim_is_not_made_for_a_tier_that_gives_another_value(today: EditionTerms) -> None:
    team, business, _scale = today.tiers[1:]
    assert claim_about("history", tier=team, edition=today).endswith("up to 90 days ago.")
    assert claim_about("history", tier=business, edition=today) == ""


# Where it stands


def test_the_price_list_says_what_every_tier_claims(today: EditionTerms, client: Client) -> None:
    words = read(client, reverse("pricing"))
    for tier in today.tiers[1:]:
        for claim in tier.claims:
            assert claim.text in words


def test_the_calculator_says_it_of_the_chosen_tier(okafor: Party, of_business: list[str]) -> None:
    words = read(signed_in(okafor.user), "/upgrade/?tier=business")
    gains = words[words.index("You gain") : words.index("You keep")]
    for text in of_business:
        assert text in gains
    assert "Roles of your own. You decide exactly who may see and change what." in gains


def test_a_running_trial_says_what_is_lent(okafor: Party, of_business: list[str]) -> None:
    trial_of(okafor, ends_at=NOON + timedelta(days=2, hours=4))
    words = read(signed_in(okafor.user), "/trials/")
    for text in of_business:
        assert text in words


def test_the_mail_before_a_trial_ends_says_what_goes_back(
    okafor: Party, of_business: list[str], mailbox: Mailbox
) -> None:
    trial_of(okafor, ends_at=NOON + timedelta(days=2, hours=4))
    trials.remind_due(at=NOON)
    send_due(at=NOON)
    for part in words_of(mailbox.to("ada@demo.test")[0]):
        for text in of_business:
            assert text in part


def test_the_receipt_says_what_is_new(okafor: Party, of_business: list[str], mailbox: Mailbox) -> None:
    owed(okafor, "receipt", settled_order(okafor))
    send_due(at=NOON)
    for part in words_of(mailbox.to("ada@demo.test")[0]):
        for text in of_business:
            assert text in part


@pytest.mark.parametrize("group", ["support", "catalogue"])
def test_staff_read_the_same_words_in_their_playbook(today: EditionTerms, group: str) -> None:
    client = signed_in(staff_person(group))
    page = reverse("admin:licensing_edition_change", args=[today.id])
    door = reverse("admin:licensing_edition_playbook_of_this", args=[today.id])
    assert door in client.get(page).content.decode()
    words = read(client, door)
    for tier in today.tiers:
        assert tier.tagline in words
        for claim in tier.claims:
            assert claim.text in words


# What staff may say against an upgrade


def test_the_playbook_gives_honest_reasons_not_to_upgrade(today: EditionTerms) -> None:
    words = read(
        signed_in(staff_person("support")),
        reverse("admin:licensing_edition_playbook_of_this", args=[today.id]),
    )
    business = words[words.index("For several teams") : words.index("For companies whose auditors")]
    for reason in (
        "Team is enough for whoever needs no more than this: 20 projects, 2,000,000 rows, 40,000 calls, 25 guests, "
        "next working day (Answer from support), 10 dashboards, 500 runs, 90 days (Version history).",
        "It costs more than Team: €8.00 a seat a month, ¥1,400 a seat a month, $9.00 a seat a month.",
        "It does not help whoever comes for Automatic onboarding or Own region: it does not include that either.",
        "Whoever holds Team on older terms gives those up, and does not get them back.",
        "Automatic onboarding: from Scale on",
    ):
        assert reason in business
    assert "It begins at 5 seats; fewer people would pay for empty ones." in words


def test_what_every_channel_says_it_costs_is_seen_without_asking_stripe(okafor: Party) -> None:
    """Inside a transaction, as here, the gateway refuses to ask."""
    door = reverse("admin:licensing_customer_prices_of", args=[okafor.customer.pk])
    words = read(signed_in(staff_person("support")), door)
    assert "Ask Stripe too" in words
    assert "prices compared." in words
