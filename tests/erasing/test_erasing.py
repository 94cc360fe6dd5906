"""A closed organisation, and a person, can be erased: what names them goes, what must be kept names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from billing import reconcile
from billing.brakes import park
from billing.cancellation import cancel_at_period_end
from billing.invariants import violations
from billing.models import Invoice, Order, Payer, Quote
from licensing.customers import close_customer
from licensing.erasure import ask_for_erasure
from licensing.history import CLOCK, Actor
from licensing.identity import identity_hash
from licensing.invitations import invite
from licensing.models import (
    ERASURE_WAITS,
    Customer,
    Erasure,
    Event,
    Member,
    OptOut,
    Role,
    TrialMark,
)
from licensing.team import remove_member
from licensing.upgrade_requests import answer_request, ask_for_upgrade
from licensing.waivers import ask_for_waiver
from licensing.waivers.threshold import Wish
from portal.erasing import ask_to_be_forgotten, erase_due
from portal.mails.outbox import send_due
from portal.models import User
from tests.billing.conftest import Buyer, newcomer
from tests.cast import ada, cy, joins, make_catalogue, person
from tests.doors.people import browser_of, staff_of
from tests.export.test_nothing_is_forgotten import OF_CUSTOMERS
from tests.infra.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

# Names that nothing else in the house has.
ORGANISATION, OWNER, MEMBER, GUEST = (
    "Quillfeather & Sons",
    "Adalberta Quillfeather",
    "Evangelina Brontide",
    "gustavo.wex@demo.test",
)
NAMES = ("quillfeather", "adalberta", "evangelina", "brontide", "gustavo.wex", "secret-recipe")


def every_text() -> Iterator[tuple[str, str]]:
    """Every text and JSON of every row of every table there is, with where it stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
            yield from ((f"{table}.{column}", text) for (text,) in cursor.fetchall())


def places_that_name(*names: str) -> set[str]:
    return {where for where, text in every_text() for name in names if name in text.lower()}


@pytest.fixture
def lived(sandbox: Sandbox, settings: Any) -> Buyer:
    """An organisation that invited, asked, bought and paid for real, was looked after by staff, and cancelled."""
    make_catalogue()
    settings.STRIPE_AUTOMATIC_TAX = True
    buyer = newcomer(sandbox, name=ORGANISATION, owner=OWNER)
    customer, at, sam = buyer.customer, timezone.now(), staff_of("support")
    eve = person(MEMBER)
    joins(eve, customer, at=at)
    invite(customer=customer, email=GUEST, role=Role.MEMBER, by=buyer.user, at=at)
    asked = ask_for_upgrade(
        customer=customer, asked_by=eve, tier_key="business", note="For my secret-recipe.", at=at
    )
    answer_request(request=asked, by=buyer.user, granted=False, words="No, Evangelina.", at=at)
    OptOut.objects.create(customer=customer, address=eve.email, kind="renewal_reminder", at=at)
    TrialMark.objects.create(
        identity=identity_hash(buyer.user.email),
        product_id=buyer.licence.product_id,
        tier_key="business",
        used_at=at,
    )
    buyer.with_card().buy("team")
    buyer.receive(*buyer.events())
    park(customer=customer, actor=Actor.person(sam), reason="Adalberta wrote strangely.", at=at)
    wish = Wish(kind="limit", starts_at=at, ends_at=at + timedelta(days=20), feature_key="projects", value=22)
    ask_for_waiver(
        customer=customer,
        wish=wish,
        reason="Adalberta asked.",
        words="For Adalberta.",
        actor=Actor.person(sam),
        at=at,
    )
    LogEntry.objects.create(
        user=sam,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(buyer.user.pk),
        object_repr=str(buyer.user),
        action_flag=CHANGE,
        change_message="Looked as Adalberta.",
    )
    send_due(at=at)
    remove_member(member=Member.objects.get(user=eve, customer=customer), by=buyer.user, at=at)
    cancel_at_period_end(customer=customer, actor=buyer.actor, at=at)
    return buyer


def closed(buyer: Buyer) -> datetime:
    """Let the paid time run out and close it; the moment it is then."""
    at = buyer.let_pass(days=32)
    buyer.receive(*buyer.events(), at=at)
    close_customer(customer=buyer.customer, owner=buyer.user, at=at)
    return at


def erased(buyer: Buyer) -> datetime:
    """The organisation, and the account of everybody who acted for it, to the very end."""
    at = closed(buyer)
    ask_for_erasure(customer=buyer.customer, contact=buyer.user.email, actor=buyer.actor, at=at)
    for user in (buyer.user, User.objects.get(name=MEMBER)):
        ask_to_be_forgotten(user, at=at)
    at += ERASURE_WAITS
    assert erase_due(at=at)["erased"] == 1
    send_due(at=at)
    assert erase_due(at=at)["finished"] == 1
    return at


@pytest.mark.proves("erasing")
def test_nothing_in_any_table_names_them_afterwards(lived: Buyer) -> None:
    """Every text and JSON column of every table is looked through."""
    before = places_that_name(*NAMES)
    assert before >= {
        "licensing_customer.name",
        "licensing_event.by",
        "licensing_event.after",
        "portal_user.name",
    }
    assert before >= {"licensing_delivery.address", "licensing_upgraderequest.note", "billing_brake.reason"}
    erased(lived)
    assert places_that_name(*NAMES) == set()


# What stays of a customer, and why none of it names anybody. Everything else is gone, or its words are erased.
STAYS = {
    "licensing.Licence": "terms, dates and numbers",
    "licensing.PlannedChange": "terms and dates, by numbers",
    "licensing.Rehearsed": "terms and sums that a draft would have brought, by numbers",
    "licensing.Erasure": "that it was asked for and done, once its contact is forgotten",
    "billing.Subscription": "Stripe’s numbers; there is none once nothing is paid for",
    "billing.Attempt": "what Stripe was asked, by numbers",
    "billing.BalanceCredit": "an amount and its date",
    "billing.PriceMove": "a price and its date",
    "billing.OpenViolation": "a contradiction in the books, by numbers",
    "billing.Difference": "a difference with Stripe’s books, by numbers",
}
WITHOUT_WORDS = (
    *("licensing.Customer", "licensing.Event", "licensing.Notice", "licensing.Delivery", "licensing.Trial"),
    *(
        "licensing.Waiver",
        "billing.Quote",
        "billing.Order",
        "billing.Invoice",
        "billing.Payer",
        "billing.Brake",
    ),
)
GONE = (
    *("licensing.Member", "licensing.Invitation", "licensing.UpgradeRequest", "licensing.OptOut"),
    *("licensing.UsageReading", "licensing.DeliveryReport", "billing.PayerAttempt"),
)


def test_of_every_row_of_a_customer_it_is_said_what_becomes_of_it() -> None:
    assert {*STAYS, *WITHOUT_WORDS, *GONE} == {model._meta.label for model in OF_CUSTOMERS}


def test_what_is_to_go_is_gone(lived: Buyer) -> None:
    erased(lived)
    assert not [label for label in GONE if apps.get_model(label)._default_manager.exists()]


@pytest.mark.proves("erasing")
def test_what_was_bought_stays_to_the_cent_and_the_second(lived: Buyer) -> None:
    def kept() -> list[Any]:
        return [
            list(Quote.objects.order_by("pk").values_list("pk", "lines", "tax", "total", "due", "quoted_at")),
            list(
                Order.objects.order_by("pk").values_list("pk", "state", "charged", "accepted_at", "closed_at")
            ),
            list(Invoice.objects.order_by("pk").values_list("number", "total", "amount_paid", "issued_at")),
            list(Payer.objects.values_list("stripe_id", "credit", "tax_percent")),
            list(TrialMark.objects.values_list("identity", "tier_key", "used_at")),
        ]

    closed(lived)
    before = kept()
    assert before[2]
    assert before[4]
    country = Customer.objects.get(pk=lived.customer.pk).country
    ask_for_erasure(customer=lived.customer, contact=lived.user.email, actor=lived.actor, at=timezone.now())
    erase_due(at=timezone.now() + ERASURE_WAITS)
    assert kept() == before
    assert Customer.objects.get(pk=lived.customer.pk).country == country


def test_the_books_contradict_neither_themselves_nor_stripe_s_afterwards(lived: Buyer) -> None:
    at = erased(lived)
    assert violations() == []
    done = reconcile.reconcile(actor=CLOCK, at=at)
    assert done is not None
    assert list(done.differences.values_list("kind", "what")) == []
    lived.receive(*lived.events(), at=at)
    assert places_that_name(*NAMES) == set(), "what Stripe tells again brings no name back"
    assert not Invoice.objects.exclude(hosted_url="", pdf_url="").exists()


def test_the_history_still_says_what_changed_when_and_from_what_to_what(lived: Buyer) -> None:
    closed(lived)
    facts = ("pk", "kind", "subject", "at", "actor_id")
    before = list(Event.objects.order_by("pk").values_list(*facts))
    moves = list(
        Event.objects.filter(kind__startswith="licence")
        .order_by("pk")
        .values_list("before", "after", "reason")
    )
    ask_for_erasure(customer=lived.customer, contact=lived.user.email, actor=lived.actor, at=timezone.now())
    erase_due(at=timezone.now() + ERASURE_WAITS)
    after = list(Event.objects.order_by("pk").values_list(*facts))
    assert after[: len(before)] == before
    assert moves == list(
        Event.objects.filter(kind__startswith="licence")
        .order_by("pk")
        .values_list("before", "after", "reason")
    )
    opened = Event.objects.get(kind="customer_opened", customer=lived.customer)
    assert opened.by == f"person {lived.user.pk}"
    assert opened.after["name"] == "erased"
    assert (opened.after["country"], opened.after["currency"]) == ("DE", "USD")
    last = Event.objects.order_by("pk").last()
    assert last is not None
    assert (last.kind, last.by) == ("customer_erased", "the clock")
    assert last.after["history"] > 5


def test_a_person_s_traces_go_in_every_organisation_and_the_organisations_stay() -> None:
    party, at = ada(), timezone.now()
    eve = person("Evangelina Brontide")
    invite(customer=party.customer, email=eve.email, role=Role.MEMBER, by=party.user, at=at)
    send_due(at=at)
    joins(eve, party.customer, at=at)
    ask_for_upgrade(customer=party.customer, asked_by=eve, tier_key="business", note="I, Evangelina", at=at)
    ask_to_be_forgotten(eve, at=at)
    assert erase_due(at=at + ERASURE_WAITS) == {"finished": 1}
    assert places_that_name("evangelina", "brontide") == set()
    assert Customer.objects.get(pk=party.customer.pk).name == "Okafor Bakeries"
    assert Event.objects.filter(customer=party.customer, by="Ada Okafor").exists(), "others keep their names"
    assert Event.objects.filter(kind="upgrade_requested", by=f"person {eve.pk}", reason="erased").exists()
    assert mail.outbox[-1].subject == "Your account is erased"


def test_the_page_asks_for_the_name_and_takes_it_back_with_one_press() -> None:
    party = cy()
    client = browser_of(party.user)
    close_customer(customer=party.customer, owner=party.user, at=timezone.now())
    erase = reverse("data_erase", args=[party.customer.pk])
    client.post(erase, {"name": "Tanaka"})
    assert not Erasure.objects.exists()
    page = client.post(erase, {"name": "Tanaka Studio"}, follow=True).content.decode()
    assert "It is erased on" in page
    page = client.post(reverse("data_keep", args=[party.customer.pk]), follow=True).content.decode()
    assert "Nothing is erased." in page
    assert Erasure.objects.get().withdrawn_at is not None
