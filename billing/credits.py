"""Credits that exceptions give: put on the customer's balance at Stripe, once, with our mark.

A credit is decided under the customer's lock: the exception is used up and the asking committed in one transaction.
Then Stripe is asked under its key until there is an answer. What Stripe refuses for good waits for a person.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from celery.utils.log import get_task_logger
from django.db import transaction

from billing import brakes, gateway
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Attempt, BalanceCredit, Payer
from billing.payers import ensure_payer, refresh_payer
from licensing.history import CLOCK, STRIPE, entry, record
from licensing.licences import lock_customer
from licensing.models import Member, Role, Waiver
from licensing.waivers import use_credit

ASKED, DONE, REFUSED = Attempt.Outcome.ASKED, Attempt.Outcome.DONE, Attempt.Outcome.REFUSED
log = get_task_logger(__name__)


def give_due(*, at: datetime) -> dict[str, int]:
    """Begin every credit that is granted, and carry on with each that has no answer: {end: how many}.

    Safe to repeat, from anywhere: whoever comes second finds it done. While a brake holds, each waits.
    """
    counts = dict.fromkeys(("given", "refused", "waiting"), 0)
    granted = Waiver.objects.filter(
        kind=Waiver.Kind.PRICE, granted_at__lte=at, ended_at=None, customer__closed_at=None
    )
    for waiver in granted.select_related("customer").order_by("granted_at"):
        if not _begun(waiver, at=at):
            counts["waiting"] += 1
    asked = BalanceCredit.objects.filter(outcome=ASKED).order_by("first_asked_at")
    for number in asked.values_list("pk", flat=True):
        counts[_carried_on(number, at=at)] += 1
    return counts


def _begun(waiver: Waiver, *, at: datetime) -> bool:
    """Use the exception up and commit the asking. False where that must wait: a brake holds, or Stripe is silent."""
    owner = Member.objects.filter(customer=waiver.customer_id, role=Role.OWNER).select_related("user").first()
    if owner is None or not brakes.may_move_money(waiver.customer_id, at=at):
        return False
    try:
        ensure_payer(customer=waiver.customer, email=owner.user.email, at=at)
    except (StripeUnavailable, StripeRefused) as silence:
        log.warning("credit_not_begun", extra={"customer": waiver.customer_id, "why": str(silence)})
        return False
    with transaction.atomic():
        lock_customer(waiver.customer_id)
        if use_credit(waiver, actor=CLOCK, at=at):
            BalanceCredit.objects.create(
                waiver=waiver, idempotency_key=f"waiver-{waiver.pk}-credit", first_asked_at=at
            )
    return True


def _carried_on(number: int, *, at: datetime) -> str:
    credit = BalanceCredit.objects.select_related("waiver__customer").get(pk=number)
    if not brakes.may_move_money(credit.customer_id, at=at):
        return "waiting"
    payer = Payer.objects.get(customer=credit.customer_id)
    try:
        found = _given(credit, payer, at=at)
    except StripeUnavailable as silence:
        log.warning("credit_not_given", extra={"customer": credit.customer_id, "why": str(silence)})
        return "waiting"
    except StripeRefused as refusal:
        _close(credit, REFUSED, {"code": refusal.code, "words": str(refusal)}, at=at)
        return "refused"
    _close(credit, DONE, {"balance_transaction": found}, at=at)
    with suppress(StripeUnavailable, StripeRefused):
        refresh_payer(payer)
    return "given"


def _given(credit: BalanceCredit, payer: Payer, *, at: datetime) -> str:
    """The id of the row of the balance. Looked for by our mark once its key is too old."""
    waiver, mark = credit.waiver, {"waiver": str(credit.waiver_id)}
    if at - credit.first_asked_at > gateway.KEYS_LAST:
        if found := gateway.find_balance_move(customer_id=payer.stripe_id, mark=mark):
            return found
        _take_new_key(credit, at=at)
    return gateway.move_balance(
        customer_id=payer.stripe_id,
        amount=-(waiver.amount or 0),
        currency=waiver.currency,
        mark=mark,
        why=waiver.words,
        idempotency_key=credit.idempotency_key,
    )


def _take_new_key(credit: BalanceCredit, *, at: datetime) -> None:
    """What the old key asked for is proven absent. Of two who found that out, both go on with the same new one.

    Raises StripeUnavailable while the list may still lag behind the last use of the old key.
    """
    if at - credit.first_asked_at <= gateway.KEYS_LAST + gateway.IN_THE_LIST_WITHIN:
        raise StripeUnavailable("It is not in Stripe's list yet, and not proven absent.")
    BalanceCredit.objects.filter(pk=credit.pk, idempotency_key=credit.idempotency_key).update(
        idempotency_key=f"waiver-{credit.waiver_id}-credit-{int(at.timestamp())}", first_asked_at=at
    )
    credit.refresh_from_db(fields=["idempotency_key", "first_asked_at"])


def _close(credit: BalanceCredit, outcome: str, answer: dict[str, str], *, at: datetime) -> None:
    """Note Stripe's answer and its event, once."""
    waiver = credit.waiver
    said = f"Stripe refuses the credit: {answer['words']}"[:200] if outcome == REFUSED else ""
    with transaction.atomic():
        lock_customer(credit.customer_id)
        waits = BalanceCredit.objects.filter(pk=credit.pk, outcome=ASKED)
        if not waits.update(outcome=outcome, answer=answer, needs_staff=said):
            return
        after = {"credit": waiver.amount, "currency": waiver.currency, **answer}
        kind = "credit_given" if outcome == DONE else "credit_refused"
        _record(credit, kind, actor=STRIPE, at=at, after=after)


def _record(credit: BalanceCredit, kind: str, **facts: object) -> None:
    record(entry(customer=credit.customer_id, kind=kind, subject=credit, **facts))  # type: ignore[arg-type]
