"""A second person's yes to a draft: to exactly its terms, and from nobody who wrote any of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from licensing.catalogue.authors import authors_of, named
from licensing.catalogue.faults import UnableToApprove
from licensing.catalogue.writing import draft_hash
from licensing.models import Approval, Edition

RIGHT = "add_approval"


def approve(*, edition: Edition, by: Any, at: datetime, note: str = "") -> Approval:
    """Say yes to a draft's terms as they stand. The same yes again is the one there is.

    The draft is locked, so that what is approved is what is seen here. Raises UnableToApprove with why this person
    cannot, and who could.
    """
    with transaction.atomic():
        draft = Edition.objects.select_for_update().get(pk=edition.pk)
        if why_not := refusal(edition=draft, by=by):
            raise UnableToApprove([why_not])
        approval, _made = Approval.objects.get_or_create(
            edition=draft, terms_hash=draft_hash(draft), by=by, defaults={"at": at, "note": note}
        )
    return approval


def refusal(*, edition: Edition, by: Any) -> str:
    """Why `by` cannot approve `edition` now, in sentences; empty where they can."""
    if edition.published_at is not None:
        return f"The edition {edition.key} was published on {edition.published_at:%d %B %Y} already."
    if not (by.is_active and by.is_staff and by.has_perm(f"licensing.{RIGHT}")):
        return f"{by} has no right to approve editions. {_who_could(edition)}"
    authors = authors_of(edition)
    if not authors:
        return (
            f"Nobody is noted as author of {edition.key}, so it cannot be told that you are another person. "
            "Let whoever wrote it save it in the admin, or load it with --by and their address."
        )
    if by in authors:
        return f"{by} wrote part of {edition.key}, and nobody approves what they wrote. {_who_could(edition)}"
    return ""


def valid_approval(edition: Edition, terms_hash: str) -> Approval | None:
    """The newest yes to exactly those terms by somebody who wrote none of them; None where there is none."""
    return (
        Approval.objects.filter(edition=edition, terms_hash=terms_hash, by__isnull=False)
        .exclude(by__in=edition.authors.all())
        .select_related("by")
        .first()
    )


def why_void(approval: Approval, *, terms_hash: str, authors: Iterable[Any]) -> str:
    """Why an approval of a draft, whose terms have `terms_hash` now, does not count; empty where it does."""
    if approval.by is None:
        return "The account of whoever gave it is gone. Ask somebody else to approve."
    if approval.by in authors:
        return f"{approval.by} has edited the draft since. Ask somebody else to approve."
    if approval.terms_hash != terms_hash:
        return f"The terms were edited after it. Ask {approval.by} to look again."
    return ""


def may_approve(edition: Edition) -> list[Any]:
    """Everybody who has the right and wrote none of it."""
    right = {"codename": RIGHT, "content_type__app_label": "licensing"}
    given = Q(is_superuser=True)
    for way in ("groups__permissions", "user_permissions"):
        given |= Q(**{f"{way}__{name}": value for name, value in right.items()})
    people = get_user_model()._default_manager.filter(given, is_active=True, is_staff=True)
    return list(people.exclude(pk__in=edition.authors.all()).distinct().order_by("pk"))


def _who_could(edition: Edition) -> str:
    people = may_approve(edition)
    if not people:
        return "Nobody else has the right yet: put a colleague into the group “catalogue”."
    return f"Ask {named(people[:3])}{' or another of the group “catalogue”' if len(people) > 3 else ''}."
