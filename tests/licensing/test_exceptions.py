"""A promise is broken by publishing only where somebody else has read why and accepted it."""

from __future__ import annotations

import pytest

from licensing import catalogue
from licensing.history import COMMAND
from licensing.models import Edition, PromiseException, Rehearsal
from tests.cast import NOON, ada, bo, make_catalogue, person
from tests.publishing import colleague, rehearsed, writer
from tests.staff.rows import exception_of, trial_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked() -> PromiseException:
    make_catalogue()
    exception = exception_of(ada())
    Edition.objects.filter(pk=exception.edition_id).update(rationale="Business was two tiers in one.")
    draft = Edition.objects.get(pk=exception.edition_id)
    rehearsal = rehearsed(draft, at=NOON)
    catalogue.approve(edition=draft, by=colleague(), at=NOON)
    return catalogue.ask_exception(
        rehearsal=rehearsal, promise="trial-can-be-bought", reason="They get Scale.", by=writer(), at=NOON
    )


def why_not(draft: Edition) -> str:
    with pytest.raises(catalogue.UnableToPublish) as refusal:
        catalogue.publish(edition=draft, actor=COMMAND, at=NOON)
    return " ".join(refusal.value.faults)


def test_a_draft_that_breaks_a_promise_is_published_with_an_accepted_exception(
    asked: PromiseException,
) -> None:
    assert why_not(asked.edition).startswith(
        "The promise “Whoever tries a tier can buy it when the trial ends” would be broken for 1 customer."
    )
    catalogue.accept_exception(exception=asked, by=colleague(), at=NOON)
    assert catalogue.publish(edition=asked.edition, actor=COMMAND, at=NOON).published_at == NOON


@pytest.mark.parametrize("who", ["the one who asked", "an author"])
def test_it_is_accepted_by_nobody_who_asked_or_wrote(asked: PromiseException, who: str) -> None:
    by = writer()
    if who == "an author":
        by = person("Gus Hall", is_staff=True, is_superuser=True)
        catalogue.note_author(edition=asked.edition, by=by, at=NOON)
    with pytest.raises(catalogue.UnableToApprove):
        catalogue.accept_exception(exception=asked, by=by, at=NOON)


def test_it_holds_for_as_many_customers_as_were_seen(asked: PromiseException) -> None:
    """Bo tries Business too, later on: that is one more than anybody has accepted."""
    catalogue.accept_exception(exception=asked, by=colleague(), at=NOON)
    trial_of(bo())
    rehearsed(asked.edition, at=NOON)
    assert "would be broken for 2 customers" in why_not(asked.edition)


def test_an_edit_of_the_draft_makes_it_void(asked: PromiseException) -> None:
    catalogue.accept_exception(exception=asked, by=colleague(), at=NOON)
    Edition.objects.filter(pk=asked.edition_id).update(name="Another name")
    draft = Edition.objects.get(pk=asked.edition_id)
    rehearsed(draft, at=NOON)
    assert "would be broken for 1 customer." in why_not(draft)


def test_where_nothing_is_broken_nothing_is_excepted(asked: PromiseException) -> None:
    rehearsal = Rehearsal.objects.filter(edition=asked.edition).first()
    assert rehearsal
    with pytest.raises(catalogue.UnableToApprove, match="found no such promise broken"):
        catalogue.ask_exception(rehearsal=rehearsal, promise="price-stays", reason="?", by=writer(), at=NOON)
