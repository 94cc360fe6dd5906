"""What is published stays, whatever door one comes through."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model

from licensing import catalogue
from licensing.history import COMMAND, Actor
from licensing.models import (
    Claim,
    Edition,
    Feature,
    Grant,
    Price,
    Tier,
)
from tests.cast import NOON, person
from tests.guards.refusing import TERMS, refused, sql
from tests.licensing.small_catalogue import load, published

pytestmark = pytest.mark.usefixtures("nothing_on_sale")


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
    catalogue.load_draft(source=catalogue.dump(draft), at=NOON)
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
