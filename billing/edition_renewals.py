"""The renewal has come: whether it carried the end of an edition, by the price that Stripe shows."""

from __future__ import annotations

from datetime import datetime

from celery.utils.log import get_task_logger
from django.db.models import Q

from billing.answers import SubscriptionSeen
from billing.models import Attempt, PriceMove, StripePrice
from licensing.models import Licence, PlannedChange
from licensing.noticeclock import NoticeClock
from licensing.sunsets.carrying_out import is_due, judged
from licensing.sunsets.following import PASSED
from licensing.sunsets.moving import move_by, put_off, take_effect
from licensing.sunsets.planning import OPEN

TOO_LATE = (
    "The renewal charges the later price, and the licence stays where it is. Give the difference back; the held price "
    "is asked for again."
)
log = get_task_logger(__name__)


def renewed(licence: Licence, seen: SubscriptionSeen, *, at: datetime) -> None:
    """The locked licence's next period has begun at Stripe. It moves, if the period is charged by the later price,
    whatever is remembered of the asking; if not, the next renewal carries it.

    Where it is charged and must not move, since the plan was withdrawn or its notice came back, a person gives the
    difference back.
    """
    touched = (
        PlannedChange.objects.select_for_update(of=("self",))
        .select_related("tier")
        .filter(
            Q(state__in=OPEN) | Q(begun_at__isnull=False),
            kind=PlannedChange.Kind.EDITION_SUNSET,
            licence=licence,
            tier=licence.tier_id,
            notice__isnull=False,
        )
    )
    for change in touched:
        change.licence = licence
        if not _is_charged(change, seen):
            if change.begun_at is not None:
                put_off(change, why=PASSED, at=at)
        elif _moves(change, licence=licence, at=at):
            return


def _is_charged(change: PlannedChange, seen: SubscriptionSeen) -> bool:
    """Whether Stripe shows the price that the change leads to."""
    price = move_by(change).price
    return (
        price is not None
        and StripePrice.objects.filter(lookup_key=price.lookup_key, stripe_id=seen.price_id).exists()
    )


def _moves(change: PlannedChange, *, licence: Licence, at: datetime) -> bool:
    """Move the licence if the change stands on the day, judged once more; if not, show a person what was charged."""
    assert licence.period_end is not None, "it is paid for"
    judgement = judged(change.pk, NoticeClock.read(), at=at)
    stands = judgement is not None and is_due(judgement, by=licence.period_end)
    moves = PriceMove.objects.filter(change=change, step=PriceMove.Step.THERE, renews_at=licence.period_end)
    moves.filter(outcome=Attempt.Outcome.ASKED).update(outcome=Attempt.Outcome.DONE)
    if judgement is not None and stands:
        take_effect(judgement, licence=licence, at=at)
        return True
    if not moves.update(needs_staff=TOO_LATE):
        log.error("renewed_at_a_later_price", extra={"customer": change.customer_id})
    return False
