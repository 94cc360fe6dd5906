"""What is published, quoted, ordered, received or recorded stays, whatever door one comes through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model

from billing.models import Order, Quote, StripeEvent
from licensing import catalogue
from licensing.history import CLOCK, COMMAND, Actor, entry, record
from licensing.models import (
    Approval,
    Claim,
    Edition,
    EditionAuthor,
    Event,
    Feature,
    Grant,
    PlannedChange,
    Price,
    PromiseException,
    Rehearsal,
    Rehearsed,
    Sunset,
    Tier,
)
from tests.cast import NOON, ada, make_catalogue, person
from tests.licensing.small_catalogue import GOOD, load, published
from tests.publishing import colleague, publish, ready, rehearsed, writer
from tests.staff.rows import exception_of

TERMS: list[type[Model]] = [Edition, Tier, Feature, Grant, Claim, Price]
TABLES = [
    *TERMS,
    Approval,
    EditionAuthor,
    Rehearsal,
    Rehearsed,
    PromiseException,
    Event,
    PlannedChange,
    Sunset,
    Quote,
    Order,
    StripeEvent,
]

pytestmark = pytest.mark.usefixtures("nothing_on_sale")


def refused(words: str, do: Callable[[], Any]) -> None:
    """The database says no, in words, and nothing has changed."""
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        do()


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


# Published editions


@pytest.mark.django_db
@pytest.mark.parametrize("model", TERMS)
def test_published_terms_refuse_every_change(model: type[Model]) -> None:
    published()
    row = model._default_manager.order_by("pk")[0]
    field = {
        Edition: "name",
        Tier: "tagline",
        Feature: "about",
        Grant: "value",
        Claim: "text",
        Price: "unit_amount",
    }[model]
    value = 1 if model in (Grant, Price) else "other"
    setattr(row, field, value)
    table = model._meta.db_table

    refused("never change", row.save)
    refused("never change", lambda: model._default_manager.update(**{field: value}))
    refused("never change", lambda: model._default_manager.bulk_update([row], [field]))
    refused("never change", lambda: model._default_manager.update(id=F("id") + 1000))
    refused("never change", lambda: sql(f"UPDATE {table} SET {field} = {field}"))
    refused("never change", row.delete)
    refused("never change", lambda: model._default_manager.all().delete())
    refused("never change", lambda: sql(f"DELETE FROM {table}"))
    assert catalogue.verify(edition=Edition.objects.get())


@pytest.mark.django_db
def test_nothing_is_added_to_published_terms() -> None:
    edition = published()
    free, team = edition.tiers.all()
    sso = edition.features.get(key="sso")
    new_tier = {"edition": edition, "key": "new", "name": "New", "rank": 9}
    new_feature = {
        "edition": edition,
        "key": "new",
        "name": "New",
        "kind": "switch",
        "group": "core",
        "position": 9,
    }
    new_price = {"tier": team, "currency": "EUR", "interval": "month", "unit_amount": 1, "lookup_key": "new"}
    refused("never change", lambda: Tier.objects.create(**new_tier))
    refused("never change", lambda: Tier.objects.bulk_create([Tier(**new_tier)]))
    refused("never change", lambda: Feature.objects.create(**new_feature))
    refused("never change", lambda: Grant.objects.create(tier=free, feature=sso, value=True))
    refused("never change", lambda: Claim.objects.create(tier=team, feature=sso, text="New", position=9))
    refused("never change", lambda: Price.objects.create(**new_price))


@pytest.mark.django_db
def test_terms_cannot_be_moved_in_or_out_of_a_published_edition() -> None:
    edition = published()
    draft = catalogue.draft_from(edition=edition, key="2026-06", name="June 2026")
    inside, outside = edition.tiers.get(key="team"), draft.tiers.get(key="team")
    refused(
        "never change", lambda: Tier.objects.filter(pk=inside.pk).update(edition=draft, key="moved", rank=8)
    )
    refused(
        "never change",
        lambda: Tier.objects.filter(pk=outside.pk).update(edition=edition, key="moved", rank=8),
    )
    refused("never change", lambda: Price.objects.filter(tier=inside).update(tier=outside, currency="CHF"))
    refused("never change", lambda: Price.objects.filter(tier=outside).update(tier=inside, currency="CHF"))


@pytest.mark.django_db
def test_an_edition_is_published_as_a_draft_with_its_hash_and_never_unpublished() -> None:
    edition = load()
    refused("only together with the hash", lambda: Edition.objects.update(published_at=NOON))
    catalogue.publish(edition=edition, actor=COMMAND, at=NOON)
    refused("never changes", lambda: Edition.objects.update(published_at=None))
    refused(
        "begins as a draft",
        lambda: Edition.objects.create(product=edition.product, key="x", name="X", published_at=NOON),
    )


LATER = GOOD.replace("2026-05", "2026-09")


def sealed(edition: Edition, at: datetime = NOON) -> None:
    """What a script would write that means to publish past everything."""
    Edition.objects.filter(pk=edition.pk).update(
        published_at=at, content_hash=catalogue.draft_hash(edition), published_by=None
    )


@pytest.mark.django_db
def test_a_later_edition_is_published_with_a_colleagues_approval_or_not_at_all() -> None:
    published()
    draft = load(LATER)
    words = "only once somebody who did not write it has approved"
    refused(words, lambda: sealed(draft))
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    refused(words, lambda: sealed(draft))
    terms = {"edition": draft, "terms_hash": catalogue.draft_hash(draft), "at": NOON}
    refused("Nobody approves what they wrote", lambda: Approval.objects.create(by=writer(), **terms))
    refused("Nobody approves what they wrote", lambda: Approval.objects.create(by=None, **terms))
    Approval.objects.create(**{**terms, "terms_hash": "0" * 64}, by=colleague())
    refused(words, lambda: sealed(draft))
    Approval.objects.create(**terms, by=colleague())
    refused("only once these terms were rehearsed", lambda: sealed(draft))
    rehearsed(draft, at=NOON)
    refused("not published before the one that is on sale", lambda: sealed(draft, NOON - timedelta(days=1)))
    sealed(draft)
    assert catalogue.verify(edition=Edition.objects.get(key="2026-09"))


@pytest.mark.django_db
def test_approvals_and_authors_stay_as_long_as_their_draft() -> None:
    published()
    draft = load(LATER)
    ready(draft, at=NOON)
    approval = Approval.objects.get()
    refused("An approval never changes", lambda: Approval.objects.update(note="Other words."))
    refused("An approval never changes", lambda: Approval.objects.bulk_update([approval], ["terms_hash"]))
    refused("An approval never changes", lambda: Approval.objects.update(by=writer()))
    refused("stays its author", lambda: EditionAuthor.objects.update(user=colleague()))
    refused("is kept as long as its edition", lambda: at_the_end(approval.delete))
    refused("stays its author", lambda: at_the_end(EditionAuthor.objects.all().delete))
    refused("stays its author", lambda: at_the_end(lambda: sql("DELETE FROM licensing_editionauthor")))
    at_the_end(draft.delete)
    assert not Approval.objects.exists()


@pytest.mark.django_db
def test_nobody_becomes_an_author_or_approver_of_what_is_published() -> None:
    published()
    edition = publish(load(LATER), at=NOON)
    refused("never change", lambda: catalogue.note_author(edition=edition, by=person("Gus Hall"), at=NOON))
    terms = {"edition": edition, "terms_hash": edition.content_hash, "at": NOON}
    refused("never change", lambda: Approval.objects.create(by=person("Gus Hall"), **terms))


@pytest.mark.django_db
def test_a_broken_promise_is_accepted_by_somebody_else_or_nothing_is_published() -> None:
    asked = exception_of(ada())
    draft = asked.edition
    catalogue.approve(edition=draft, by=colleague(), at=NOON)
    words = "breaks a promise, and nobody else has accepted that"
    refused(words, lambda: sealed(draft))
    refused("asked for first", lambda: PromiseException.objects.create(**{**own(asked), "approved_at": NOON}))
    accepting = {"approved_by": writer(), "approved_at": NOON}
    refused("that they asked for", lambda: PromiseException.objects.update(**accepting))
    refused("An exception never changes", lambda: PromiseException.objects.update(customers=9))
    PromiseException.objects.update(approved_by=colleague(), approved_at=NOON)
    refused("An exception never changes", lambda: PromiseException.objects.update(reason="Other words."))
    refused("is kept as long as its edition", lambda: at_the_end(asked.delete))
    sealed(draft)


def own(asked: PromiseException) -> dict[str, Any]:
    return {
        "edition": asked.edition,
        "terms_hash": asked.terms_hash,
        "promise": "x",
        "customers": 1,
        "asked_at": NOON,
    }


@pytest.mark.django_db
def test_what_a_rehearsal_saw_stays() -> None:
    published()
    draft = load(LATER)
    rehearsal = rehearsed(draft, at=NOON)
    refused("never changes", lambda: Rehearsal.objects.update(totals={}))
    refused("never changes", lambda: sql("UPDATE licensing_rehearsal SET state = 'running'"))
    refused("is kept as long as its edition", lambda: at_the_end(rehearsal.delete))
    seen = (
        "INSERT INTO licensing_rehearsed (rehearsal_id, customer_id, held_edition, held_tier, currency, interval, "
        "seats, cancelled, before, after, effect, moving, gained, lost, gained_if_moved, lost_if_moved, flips, "
        "notices, promises) VALUES (%s, 1, 'x', 'x', 'USD', '', 1, false, 0, 0, 'none', 'none', '[]', '[]', '[]', "
        "'[]', '[]', '[]', '[]')"
    )
    refused("What a rehearsal saw never changes", lambda: sql(seen, Rehearsal.objects.get().pk))
    writer().delete()
    assert Rehearsal.objects.get().started_by is None
    at_the_end(draft.delete)
    assert not Rehearsal.objects.exists()


def at_the_end(do: Callable[[], Any]) -> None:
    """What a transaction refuses only when it ends is asked at once."""
    do()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.django_db
def test_whoever_published_can_be_forgotten_and_nothing_else_changes() -> None:
    user, other = person("Mia Vogel"), person("Gus Hall")
    edition = catalogue.publish(edition=load(), actor=Actor.person(user), at=NOON)
    refused("never changes", lambda: Edition.objects.update(published_by=other))
    refused("never changes", lambda: Edition.objects.update(published_by=None, name="Other"))
    user.delete()
    edition.refresh_from_db()
    assert edition.published_by is None
    assert catalogue.verify(edition=edition)
    refused("never changes", lambda: Edition.objects.update(published_by=other))


@pytest.mark.django_db
def test_a_draft_beside_a_published_edition_changes_freely() -> None:
    edition = published()
    draft = catalogue.draft_from(edition=edition, key="2026-06", name="June 2026")
    draft.tiers.filter(key="team").update(tagline="Better")
    draft.features.filter(key="sso").delete()
    catalogue.load_draft(source=GOOD.replace("2026-05", "2026-06"), at=NOON)
    Edition.objects.get(key="2026-06").delete()
    assert Edition.objects.get() == edition


@pytest.mark.django_db(transaction=True)
def test_nothing_slips_in_while_an_edition_is_being_published() -> None:
    """A price added by another connection between the check and the seal waits, and is then refused."""
    edition = load()
    team = edition.tiers.get(key="team")
    outcome: list[str] = []

    def add_a_price() -> None:
        try:
            Price.objects.create(
                tier=team, currency="EUR", interval="month", unit_amount=1, lookup_key="late"
            )
            outcome.append("added")
        except IntegrityError as error:
            outcome.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        catalogue.publish(edition=edition, actor=COMMAND, at=NOON)
        late = threading.Thread(target=add_a_price)
        late.start()
        time.sleep(0.2)
        assert outcome == []
    late.join(timeout=10)
    assert "never change" in outcome[0]


# The history and the money


@pytest.mark.django_db
def test_the_history_only_grows() -> None:
    customer = ada().customer
    record(entry(customer=customer, kind="tested", subject=customer, at=NOON, actor=CLOCK))
    event = Event.objects.latest("pk")
    event.reason = "rewritten"
    refused("only grows", event.save)
    refused("only grows", lambda: Event.objects.update(reason="rewritten"))
    refused("only grows", lambda: Event.objects.bulk_update([event], ["reason"]))
    refused("only grows", event.delete)
    refused("only grows", lambda: sql("DELETE FROM licensing_event"))


@pytest.mark.django_db
def test_a_quote_is_a_binding_word() -> None:
    row = quote()
    row.due = 1
    refused("binding word", row.save)
    refused("binding word", lambda: Quote.objects.update(expires_at=NOON + timedelta(days=9)))
    refused("binding word", lambda: Quote.objects.bulk_update([row], ["due"]))
    refused("binding word", row.delete)
    refused("binding word", lambda: sql("DELETE FROM billing_quote"))


@pytest.mark.django_db
def test_an_order_moves_forward_only() -> None:
    row = order()
    refused("orders are not deleted", row.delete)
    refused("accepted_at was settled on", lambda: Order.objects.update(accepted_at=NOON + timedelta(days=1)))
    refused("way was settled on", lambda: Order.objects.update(way=Order.Way.CHECKOUT))

    Order.objects.update(state="failed", failure="declined", closed_at=NOON)
    refused("is failed and does not become pending", lambda: Order.objects.update(state="pending"))
    refused("only what was really charged", lambda: Order.objects.update(failure="withdrawn"))
    Order.objects.update(needs_staff="Paid after all?")

    Order.objects.update(state="settled", failure="", charged=7200, closed_at=NOON + timedelta(hours=1))
    for state in ("pending", "failed"):
        refused("is settled and does not become", lambda state=state: Order.objects.update(state=state))
    refused("only what was really charged", lambda: Order.objects.update(closed_at=NOON))
    refused(
        "only what was really charged", lambda: sql("UPDATE billing_order SET pay_url = 'https://elsewhere'")
    )
    Order.objects.update(needs_staff="", charged=7200, stripe_invoice_id="in_1")
    row.refresh_from_db()
    row.save()


@pytest.mark.django_db
def test_a_received_event_stays_as_it_came() -> None:
    row = StripeEvent.objects.create(
        stripe_id="evt_1",
        type="invoice.paid",
        object_id="in_1",
        created_at=NOON,
        received_at=NOON,
        next_try_at=NOON,
    )
    StripeEvent.objects.update(handled_at=NOON, tries=2, error="", next_try_at=NOON + timedelta(minutes=1))
    for field, value in {
        "stripe_id": "evt_2",
        "type": "invoice.voided",
        "object_id": "in_2",
        "stripe_customer_id": "cus_2",
        "created_at": NOON + timedelta(days=1),
        "received_at": NOON + timedelta(days=1),
    }.items():
        refused(
            "stays as it was received", lambda change={field: value}: StripeEvent.objects.update(**change)
        )
    refused("received twice", row.delete)


# Emptying tables


@pytest.mark.django_db
@pytest.mark.parametrize("model", TABLES)
def test_a_table_is_not_emptied_past_the_guards(model: type[Model]) -> None:
    refused("is not emptied", lambda: sql(f"TRUNCATE {model._meta.db_table} CASCADE"))


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_database_and_leaves_the_guards_up() -> None:
    make_catalogue()
    # Ids are not used anew: terms are remembered by them for as long as the process lives.
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
    assert not Edition.objects.exists()
    refused("is not emptied", lambda: sql("TRUNCATE licensing_edition CASCADE"))


def quote() -> Quote:
    party = ada()
    business = Price.objects.get(lookup_key="business-2026-01-month-usd")
    return Quote.objects.create(
        customer=party.customer,
        licence=party.licence,
        licence_version=party.licence.version,
        tier=business.tier,
        price=business,
        seats=8,
        currency="USD",
        quoted_at=NOON,
        expires_at=NOON + timedelta(hours=1),
        lines=[],
        subtotal=7200,
        tax=0,
        total=7200,
        credit=0,
        due=7200,
        renews_at=NOON + timedelta(days=22),
        renewal_amount=25600,
        fingerprint="f" * 64,
    )


def order() -> Order:
    row = quote()
    return Order.objects.create(quote=row, customer=row.customer, accepted_at=NOON, way=Order.Way.CARD)
