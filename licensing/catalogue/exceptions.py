"""Exceptions from a promise: asked for with a reason, accepted by somebody else who wrote none of the draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from licensing.catalogue.approvals import refusal
from licensing.catalogue.faults import UnableToApprove
from licensing.catalogue.writing import draft_hash
from licensing.models import Edition, PromiseException, Rehearsal


def ask_exception(
    *, rehearsal: Rehearsal, promise: str, reason: str, by: Any, at: datetime
) -> PromiseException:
    """Ask that `promise`, which `rehearsal` found broken, may be broken for as many customers as it found.

    Asked again, it is the same question. Raises UnableToApprove where the rehearsal found no such thing.
    """
    customers = rehearsal.totals.get("promises", {}).get(promise, 0)
    if rehearsal.state != Rehearsal.State.DONE or not customers:
        raise UnableToApprove(["The rehearsal found no such promise broken, so there is nothing to except."])
    asked, _made = PromiseException.objects.get_or_create(
        edition_id=rehearsal.edition_id,
        terms_hash=rehearsal.terms_hash,
        promise=promise,
        customers=customers,
        defaults={"reason": reason, "asked_by": by, "asked_at": at},
    )
    return asked


def accept_exception(*, exception: PromiseException, by: Any, at: datetime) -> PromiseException:
    """Accept that the promise is broken. Raises UnableToApprove for an author of the draft, and for whoever asked."""
    with transaction.atomic():
        asked = PromiseException.objects.select_for_update().select_related("edition").get(pk=exception.pk)
        if asked.approved_at is not None:
            return asked
        if why_not := exception_refusal(exception=asked, by=by):
            raise UnableToApprove([why_not])
        asked.approved_by, asked.approved_at = by, at
        asked.save(update_fields=["approved_by", "approved_at"])
    return asked


def exception_refusal(*, exception: PromiseException, by: Any) -> str:
    """Why `by` cannot accept it, in a sentence; empty where they can."""
    if exception.asked_by_id == by.pk:
        return "You asked for it, and nobody accepts their own exception. Ask a colleague."
    return refusal(edition=exception.edition, by=by)


def to_ask(rehearsal: Rehearsal) -> dict[str, int]:
    """Promise → customers, of those for which an exception can be asked: broken, not accepted, and not asked yet."""
    asked = set(_waiting().filter(**_about(rehearsal)).values_list("promise", "customers"))
    left = unexcepted(rehearsal.edition, rehearsal)
    return {promise: customers for promise, customers in left.items() if (promise, customers) not in asked}


def exceptions_that_wait() -> list[int]:
    """The numbers of those that somebody should answer: for a draft's terms as they stand, and as its newest rehearsal
    found the promise broken.
    """
    waiting = _waiting().filter(edition__published_at=None)
    found: list[int] = []
    for draft in Edition.objects.filter(pk__in=waiting.values("edition")).select_related("product"):
        done = Rehearsal.objects.filter(
            edition=draft, terms_hash=draft_hash(draft), state=Rehearsal.State.DONE
        )
        if (rehearsal := done.first()) is None:
            continue
        broken = unexcepted(draft, rehearsal)
        about = waiting.filter(**_about(rehearsal))
        found += [each.pk for each in about if broken.get(each.promise) == each.customers]
    return found


def _waiting() -> QuerySet[PromiseException]:
    return PromiseException.objects.filter(approved_at=None)


def _about(rehearsal: Rehearsal) -> dict[str, Any]:
    return {"edition": rehearsal.edition_id, "terms_hash": rehearsal.terms_hash}


def unexcepted(draft: Edition, rehearsal: Rehearsal) -> dict[str, int]:
    """Promise → customers, of those that `rehearsal` found broken and nobody has accepted for these terms."""
    accepted = (
        PromiseException.objects.filter(
            edition=draft, terms_hash=rehearsal.terms_hash, approved_by__isnull=False
        )
        .exclude(approved_by__in=draft.authors.all())
        .values_list("promise", "customers")
    )
    allowed: dict[str, int] = {}
    for promise, customers in accepted:
        allowed[promise] = max(customers, allowed.get(promise, 0))
    return {
        promise: customers
        for promise, customers in rehearsal.totals.get("promises", {}).items()
        if customers > allowed.get(promise, 0)
    }
