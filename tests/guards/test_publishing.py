"""What a publication needs, and that what it was decided on stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from licensing import catalogue
from licensing.models import (
    Approval,
    Edition,
    EditionAuthor,
    PromiseException,
    Rehearsal,
)
from tests.cast import NOON, ada, person
from tests.guards.refusing import at_the_end, refused, sql
from tests.licensing.small_catalogue import GOOD, load, published
from tests.publishing import colleague, publish, ready, rehearsed, writer
from tests.staff.rows import exception_of

LATER = GOOD.replace("2026-05", "2026-09").replace("May 2026", "September 2026")

pytestmark = pytest.mark.usefixtures("nothing_on_sale")


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
