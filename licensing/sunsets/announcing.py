"""Announcing a sunset: a second person's act, after which it never changes; and withdrawing it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as words

from licensing.history import Actor
from licensing.models import Product, Sunset
from licensing.reasons import Clause
from licensing.sunsets.faults import faults
from licensing.sunsets.planning import plan_open, tell_due, void_withdrawn

SUNSETS = Clause(
    "sunsets",
    words(
        "The one exception: what cannot go on, a feature or a whole edition, leaves by an announced plan. We write "
        "why, what takes its place, what to take along, and your day. You keep it until that mail was delivered and "
        "the days of notice have passed; a mail that is late or comes back puts your day off. Where a feature goes, "
        "the rest and what you pay stay. Where an edition ends, you move to the later one on your day; where you pay, "
        "with a renewal, and never within what is paid for. Our mail says what you will pay, and you can cancel "
        "before."
    ),
)


class UnableToAnnounce(ValueError):
    """With every fault that stands in the way."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


class UnableToWithdraw(ValueError):
    """It is not announced, or withdrawn already."""


def announce(*, sunset: Sunset, approver: Actor, at: datetime) -> Sunset:
    """Announce a draft. From `at` on it never changes; whoever it touches has a planned change, and is told: the
    first thousand at once, the others by the sweep.

    `approver` is a person who did not write it. Raises UnableToAnnounce.
    """
    with transaction.atomic():
        sunset = Sunset.objects.select_for_update().get(pk=sunset.pk)
        # Whoever announces another draft of the same end, or publishes an edition, waits here.
        Product.objects.select_for_update(no_key=True).get(pk=sunset.product_id)
        if found := faults(sunset=sunset, approver=approver, at=at):
            raise UnableToAnnounce(found)
        _put_on_record(sunset, approver, at=at)
    plan_open(at=at, sets=1)
    tell_due(at=at, sets=1)
    return sunset


def _put_on_record(sunset: Sunset, approver: Actor, *, at: datetime) -> None:
    sunset.announced_at = at
    sunset.announced_by = sunset.authors.order_by("pk").last()
    sunset.approved_by_id = approver.user_id
    sunset.save(update_fields=["announced_at", "announced_by", "approved_by"])


def withdraw(*, sunset: Sunset, actor: Actor, reason: str, at: datetime) -> Sunset:
    """Call an announced sunset off. Nobody loses anything by it any more, and who was told hears. A feature comes back
    to whoever has lost it; who has moved to another edition stays there.

    Raises UnableToWithdraw.
    """
    with transaction.atomic():
        sunset = Sunset.objects.select_for_update().get(pk=sunset.pk)
        if not sunset.is_open:
            raise UnableToWithdraw("It is not announced, or it was withdrawn already.")
        sunset.withdrawn_at, sunset.withdrawn_because = at, reason[:400]
        sunset.withdrawn_by_id = actor.user_id
        sunset.save(update_fields=["withdrawn_at", "withdrawn_because", "withdrawn_by"])
    void_withdrawn(at=at, sets=1)
    return sunset
