"""What was asked for, granted or ended stays so, whoever speaks to the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from licensing import waivers
from licensing.models import Waiver
from tests import cast
from tests.cast import NOON, Party, person
from tests.waivers.wishes import DAY, ask, grant, projects, support

pytestmark = pytest.mark.django_db


def refused(do: Callable[[], Any], words: str = "") -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        do()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", 99),
        ("ends_at", NOON + 99 * DAY),
        ("words", "Other."),
        ("reason", "Other."),
        ("asked_at", NOON + DAY),
    ],
)
def test_what_was_asked_for_never_changes(ada: Party, field: str, value: object) -> None:
    for waiver in (ask(ada.customer, projects(40)), grant(cast.bo().customer, projects(40))):
        rows = Waiver.objects.filter(pk=waiver.pk)
        refused(lambda rows=rows: rows.update(**{field: value}), "what was asked for never changes")
        refused(rows.delete, "not deleted")


def test_what_was_granted_or_ended_does_not_change(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    rows = Waiver.objects.filter(pk=waiver.pk)
    refused(lambda: rows.update(granted_at=NOON + DAY), "was granted")
    refused(lambda: rows.update(approved_by_words="Somebody else"), "was granted")
    waivers.end_waiver(waiver=waiver, actor=support(), reason="Done.", at=NOON)
    refused(lambda: rows.update(ended_at=None, end=""), "is over")


def test_accounts_may_go_and_their_words_stay(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    for name in ("Sam Support", "Fin Finance"):
        person(name).delete()
    waiver.refresh_from_db()
    assert (waiver.asked_by, waiver.approved_by) == (None, None)
    assert (waiver.asked_by_words, waiver.approved_by_words) == ("Sam Support", "Fin Finance")


def test_the_database_refuses_what_contradicts_itself(ada: Party) -> None:
    good: dict[str, Any] = {
        "customer": ada.customer,
        "product_id": ada.licence.product_id,
        "kind": "limit",
        "feature_key": "projects",
        "value": 25,
        "starts_at": NOON,
        "ends_at": NOON + DAY,
        "reason": "x",
        "words": "x",
        "asked_at": NOON,
        "asked_by": ada.user,
        "asked_by_words": "Ada",
        "needs_approval": True,
    }
    for wrong, words in [
        ({"ends_at": NOON}, "waiver_ends_after_start"),
        ({"rule_key": "usage-fits"}, "waiver_of_one_kind"),
        ({"kind": "rule"}, "waiver_of_one_kind"),
        ({"feature_key": ""}, "waiver_of_one_kind"),
        ({"amount": 100, "currency": "USD"}, "waiver_of_one_kind"),
        ({"needs_approval": False}, "waiver_granted_as_needed"),
        ({"granted_at": NOON, "approved_by_words": "Fin"}, "begins as a question"),
    ]:
        refused(lambda wrong=wrong: Waiver.objects.create(**{**good, **wrong}), words)
    rows = Waiver.objects.filter(pk=Waiver.objects.create(**good).pk)
    refused(
        lambda: rows.update(granted_at=NOON, approved_by=ada.user, approved_by_words="Ada"),
        "waiver_approved_by_another",
    )
    refused(lambda: rows.update(granted_at=NOON), "waiver_granted_as_needed")
    refused(lambda: rows.update(ended_at=NOON, end="used"), "waiver_ended_as_said")
    refused(lambda: rows.update(ended_at=NOON), "waiver_ended_as_said")
