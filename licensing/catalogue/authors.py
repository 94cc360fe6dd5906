"""Who wrote a draft. Whoever wrote any of it does not approve it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from licensing.models import Edition, EditionAuthor


def note_author(*, edition: Edition, by: Any, at: datetime) -> None:
    """`by` has drafted or edited `edition` at `at`. Noted once; called in the transaction of what they wrote."""
    EditionAuthor.objects.bulk_create(
        [EditionAuthor(edition=edition, user_id=by.pk, since=at)], ignore_conflicts=True
    )


def authors_of(edition: Edition) -> list[Any]:
    """The people who wrote it, the first of them first."""
    return [each.user for each in EditionAuthor.objects.filter(edition=edition).select_related("user")]


def named(people: Iterable[Any]) -> str:
    """People in a sentence: Mara Lind, Sam Reyes and Noor Haddad."""
    *others, last = [str(person) for person in people]
    return f"{', '.join(others)} and {last}" if others else last
