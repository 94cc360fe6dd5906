"""The end of an edition, for whoever pays: a renewal carries it.

Shortly before a renewal Stripe is asked to charge the later edition's price from then on, without proration: what is
paid stays paid. When Stripe shows the new period, the licence moves (`billing.edition_renewals`). An asking without an
answer is repeated under its key, and near the renewal we only look. What is not there when it renews waits for the next
renewal, at the old price. What was asked and does not stand any more is asked back, before the renewal or after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from celery.utils.log import get_task_logger
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing import brakes, gateway
from billing.answers import StripeRefused, StripeUnavailable, SubscriptionSeen
from billing.edition_renewals import TOO_LATE
from billing.models import Attempt, Order, PriceMove, StripePrice, Subscription
from billing.prices import stripe_price_id
from billing.quotes import quantity_of
from licensing.deliveries import told_at
from licensing.history import STRIPE, entry, record
from licensing.licences import lock_customer
from licensing.models import Licence, PlannedChange, Price
from licensing.noticeclock import NoticeClock
from licensing.sunsets.carrying_out import is_due, judged
from licensing.sunsets.following import PASSED
from licensing.sunsets.moving import begin, move_by, put_off
from licensing.sunsets.planning import OPEN

# So long before a renewal it is prepared. Until it is over no other change of the licence begins.
LEAD = timedelta(hours=6)
# So near to it Stripe is not asked any more: an answer that is lost might be carried out after it.
TOO_NEAR = timedelta(minutes=10)
LIMIT = 1000
ASKED, DONE, REFUSED = Attempt.Outcome.ASKED, Attempt.Outcome.DONE, Attempt.Outcome.REFUSED
THERE, BACK = PriceMove.Step.THERE, PriceMove.Step.BACK
T = TypeVar("T")
log = get_task_logger(__name__)


def move_due(*, at: datetime) -> dict[str, int]:
    """Prepare the renewals of the next hours that carry the end of an edition, and carry on with each that has no
    answer: {end: how many}. Safe to repeat. Up to 1,000 are begun at a time.
    """
    counts = dict.fromkeys(("begun", "moved", "refused", "waiting"), 0)
    clock = NoticeClock.read()
    for number in list(_near(at=at).values_list("pk", flat=True)[:LIMIT]):
        counts["begun"] += _one(lambda number: _begun(number, clock, at=at), number) or 0
    for number in _came_back(at=at):
        _one(lambda number: _judge_again(number, clock, at=at), number)
    for number in list(_not_to_be_carried().values_list("pk", flat=True)[:LIMIT]):
        _one(lambda number: _turn_back(number, at=at), number)
    asked = PriceMove.objects.filter(outcome=ASKED).order_by("first_asked_at")
    for number in asked.values_list("pk", flat=True):
        counts[_one(lambda number: _carried_on(number, at=at), number) or "waiting"] += 1
    return counts


def _one(step: Callable[[int], T], number: int) -> T | None:
    """One that cannot be carried on must not hold up the others; it stays as it is for the next turn. None then."""
    try:
        return step(number)
    except Exception:
        log.exception("edition_move_not_carried_on", extra={"row": number})
        return None


def _near(*, at: datetime) -> QuerySet[PlannedChange]:
    """Changes that a renewal of the next hours carries, the nearest first. For one renewal Stripe is asked once."""
    return (
        PlannedChange.objects.filter(
            kind=PlannedChange.Kind.EDITION_SUNSET,
            state__in=OPEN,
            begun_at=None,
            told_at__isnull=False,
            takes_effect_at__lte=at + LEAD,
            sunset__withdrawn_at=None,
            licence__ended_at=None,
            licence__price__isnull=False,
            licence__cancels_at_period_end=False,
            licence__period_end__gt=at + TOO_NEAR,
            licence__period_end__lte=at + LEAD,
            licence__period_end__gte=F("takes_effect_at"),
        )
        .exclude(
            Exists(PriceMove.objects.filter(change=OuterRef("pk"), renews_at=OuterRef("licence__period_end")))
        )
        .order_by("licence__period_end", "pk")
    )


def _begun(number: int, clock: NoticeClock, *, at: datetime) -> bool:
    """Judge it once more with everything locked, and commit the asking. False where it is not to be, or not yet."""
    change = PlannedChange.objects.select_related("licence", "tier").get(pk=number)
    paid = move_by(change).price
    if paid is None:
        return False  # It has ended since it was looked for.
    price = Price.objects.select_related("tier__edition__product").get(pk=paid.id)
    try:
        stripe_price_id(price, at=at)
    except (StripeUnavailable, StripeRefused) as silence:
        log.warning("edition_move_not_begun", extra={"customer": change.customer_id, "why": str(silence)})
        return False
    with transaction.atomic():
        judgement = judged(number, clock, at=at)
        if judgement is None or not _may_begin(judgement, at=at):
            return False
        begin(judgement, at=at)
        renews_at = judgement.licence.period_end
        assert renews_at is not None, "it is paid for"
        PriceMove.objects.create(
            change=judgement,
            step=THERE,
            price=price,
            renews_at=renews_at,
            idempotency_key=_key(judgement, renews_at),
            first_asked_at=at,
        )
    return True


def _may_begin(change: PlannedChange, *, at: datetime) -> bool:
    licence = change.licence
    return (
        change.begun_at is None
        and licence.price_id is not None
        and licence.period_end is not None
        and not licence.cancels_at_period_end
        and at + TOO_NEAR < licence.period_end <= at + LEAD
        and is_due(change, by=licence.period_end)
        and not change.price_moves.filter(renews_at=licence.period_end).exists()
        and not Order.objects.filter(customer=licence.customer_id, state=Order.State.PENDING).exists()
        and brakes.may_move_money(licence.customer_id, at=at)
    )


def _came_back(*, at: datetime) -> list[int]:
    """Begun changes whose notice does not count as delivered any more."""
    begun = PlannedChange.objects.filter(
        kind=PlannedChange.Kind.EDITION_SUNSET, state__in=OPEN, begun_at__isnull=False, told_at__isnull=False
    )
    notices = dict(begun.values_list("pk", "notice"))
    heard = told_at(notices.values(), at=at)
    return [number for number, notice in notices.items() if notice not in heard]


def _judge_again(number: int, clock: NoticeClock, *, at: datetime) -> None:
    with transaction.atomic():
        judged(number, clock, at=at)


def _not_to_be_carried() -> QuerySet[PriceMove]:
    """Moves there whose plan was withdrawn afterwards, or whose notice came back, and that were not asked back yet."""
    back = PriceMove.objects.filter(
        change=OuterRef("change"),
        step=BACK,
        outcome__in=[ASKED, DONE],
        first_asked_at__gte=OuterRef("first_asked_at"),
    )
    return PriceMove.objects.filter(
        Q(change__sunset__withdrawn_at__isnull=False) | Q(change__told_at=None),
        step=THERE,
        outcome=DONE,
        change__begun_at__isnull=False,
        change__licence__ended_at=None,
        change__licence__tier=F("change__tier"),
    ).exclude(Exists(back))


def _turn_back(number: int, *, at: datetime) -> None:
    """Commit the asking for the held price. Where it is too late for that, a person gives the difference back, and it
    is asked for once the renewal is over.
    """
    with transaction.atomic():
        move = PriceMove.objects.select_related("change").get(pk=number)
        lock_customer(move.customer_id)
        licence = Licence.objects.select_for_update(of=("self",)).get(pk=move.change.licence_id)
        renews_at = licence.period_end
        if licence.price_id is None or renews_at is None:
            return
        if at >= renews_at - TOO_NEAR:
            PriceMove.objects.filter(pk=move.pk).update(needs_staff=TOO_LATE)
            return
        PriceMove.objects.get_or_create(
            change=move.change,
            step=BACK,
            renews_at=renews_at,
            defaults={
                "price_id": licence.price_id,
                "idempotency_key": f"{_key(move.change, renews_at)}-back",
                "first_asked_at": at,
            },
        )


def _key(change: PlannedChange, renews_at: datetime) -> str:
    return f"edition-{change.pk}-{renews_at:%Y%m%d%H%M%S}"


def _carried_on(number: int, *, at: datetime) -> str:
    move = PriceMove.objects.select_related("change__licence", "price").get(pk=number)
    subscription = Subscription.objects.filter(licence=move.change.licence_id).first()
    if subscription is None:
        return _close(move, REFUSED, {"words": "The subscription has ended."}, at=at)
    if not brakes.may_move_money(move.customer_id, at=at):
        return "waiting"
    try:
        seen = _asked(move, subscription, at=at)
    except StripeUnavailable as silence:
        log.warning("edition_not_moved", extra={"customer": move.customer_id, "why": str(silence)})
        return "waiting"
    except StripeRefused as refusal:
        if _is_too_near(move, at=at):
            # A no to looking is no answer to what was asked before.
            log.error("edition_move_not_shown", extra={"customer": move.customer_id, "code": refusal.code})
            return "waiting"
        said = {"code": refusal.code, "words": str(refusal)}
        return _close(move, REFUSED, said, at=at, needs_staff=f"Stripe refuses the price: {refusal}"[:200])
    if seen.price_id == _at_stripe(move.price):
        return _close(move, DONE, {"price": seen.price_id}, at=at)
    if at < move.renews_at:
        return "waiting"
    return _close(move, REFUSED, {"words": "It was not there when the licence renewed."}, at=at)


def _asked(move: PriceMove, subscription: Subscription, *, at: datetime) -> SubscriptionSeen:
    """Ask under the move's key; near the renewal, only look. Keys last far longer than both."""
    if _is_too_near(move, at=at):
        return gateway.fetch_subscription(subscription.stripe_id)
    return gateway.set_renewal_price(
        subscription_id=subscription.stripe_id,
        item_id=subscription.stripe_item_id,
        price_id=_at_stripe(move.price),
        quantity=quantity_of(move.price, seats=move.change.licence.seats),
        idempotency_key=move.idempotency_key,
    )


def _is_too_near(move: PriceMove, *, at: datetime) -> bool:
    return at >= move.renews_at - TOO_NEAR


def _close(
    move: PriceMove, outcome: str, answer: dict[str, str], *, at: datetime, needs_staff: str = ""
) -> str:
    """Note Stripe's answer and its event, once. A no leaves the licence free for other changes."""
    with transaction.atomic():
        lock_customer(move.customer_id)
        waits = PriceMove.objects.filter(pk=move.pk, outcome=ASKED)
        if not waits.update(outcome=outcome, answer=answer, needs_staff=needs_staff):
            return "waiting"
        move.needs_staff = needs_staff
        change = PlannedChange.objects.select_for_update().get(pk=move.change_id)
        if _is_over(move, change, outcome):
            kept = change.why if move.step == BACK else ""
            put_off(change, why=needs_staff or kept or PASSED, at=at)
        _record(move, f"price_move_{outcome}", actor=STRIPE, at=at, after={"step": move.step, **answer})
    return "moved" if outcome == DONE else "refused"


def _is_over(move: PriceMove, change: PlannedChange, outcome: str) -> bool:
    """Whether other changes of the licence may begin. A move back that the renewal passed by is asked for anew."""
    if change.begun_at is None:
        return False
    if move.step == THERE:
        return outcome == REFUSED and change.begun_at == move.first_asked_at
    return outcome == DONE or bool(move.needs_staff)


def _at_stripe(price: Price) -> str:
    """The price's id at Stripe; it was found or made there before the move was begun."""
    return str(StripePrice.objects.values_list("stripe_id", flat=True).get(lookup_key=price.lookup_key))


def _record(move: PriceMove, kind: str, **facts: object) -> None:
    record(entry(customer=move.customer_id, kind=kind, subject=move, **facts))  # type: ignore[arg-type]
