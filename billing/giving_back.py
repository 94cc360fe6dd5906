"""Giving back what was paid a second time.

Two of Stripe's pages can both be paid, and one can be paid after the plan has moved on another way. One subscription
pays for the licence; what begins beside it pays for nothing. It is cancelled, and all that its first invoice took goes
back to where it came from: the payment to its card, credit to the balance.

That is decided once, under the customer's lock, with an attempt for each step; then each is asked of Stripe with a key
of its own until there is an answer. A refund may still fail for weeks after it was made; then a person sees to it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as words

from billing import brakes, gateway
from billing.answers import InvoiceSeen, RefundSeen, StripeRefused, StripeUnavailable
from billing.invoices import keep_invoice
from billing.models import Attempt, Order
from licensing.history import STRIPE, entry, record
from licensing.licences import lock_customer
from licensing.money import format_money
from licensing.notices import owe
from licensing.reasons import Clause

CANCEL, REFUND, CREDIT = STEPS = ("cancel", "refund", "credit")
ALREADY = "charge_already_refunded"
FAILED = "refund_failed"
ASKED, DONE, REFUSED = Attempt.Outcome.ASKED, Attempt.Outcome.DONE, Attempt.Outcome.REFUSED
Answer = dict[str, str]


PAID_TWICE = Clause(
    "paid-twice",
    words(
        "What was paid a second time goes back by itself, whole: the payment to the card it came from, credit to your "
        "balance. You are told once it has."
    ),
)


def begin_giving_back(order: Order, *, invoice: InvoiceSeen, at: datetime) -> None:
    """Note that a locked order was paid a second time, and commit what Stripe will be asked to undo.

    Called under the customer's lock, in the transaction that found it out. A pending order fails with it; one that had
    failed before keeps its failure.
    """
    was_pending = order.is_pending
    order.charged, order.stripe_invoice_id = invoice.amount_paid, invoice.stripe_id
    if was_pending:
        order.state, order.failure = Order.State.FAILED, Order.Failure.TWICE
        order.closed_at, order.pay_url = at, ""
    order.needs_staff = f"Paid a second time: {_words(order, invoice.amount_paid)} is being given back."
    order.save()
    steps = {
        CANCEL: True,
        REFUND: bool(invoice.amount_paid),
        CREDIT: invoice.balance_before != invoice.balance_after,
    }
    Attempt.objects.bulk_create(
        Attempt(order=order, step=step, idempotency_key=f"order-{order.pk}-{step}", first_asked_at=at)
        for step, needed in steps.items()
        if needed
    )
    paid = {
        "charged": invoice.amount_paid,
        "currency": invoice.currency,
        "invoice": invoice.stripe_id,
        "subscription": invoice.subscription_id,
    }
    told: dict[str, dict[str, object]] = {"order_failed": {"failure": order.failure}} if was_pending else {}
    told["order_paid_twice"] = paid
    record(
        *(
            entry(customer=order.customer_id, kind=kind, subject=order, at=at, actor=STRIPE, after=after)
            for kind, after in told.items()
        )
    )


def give_back(*, order_id: UUID, at: datetime) -> Order:
    """Ask Stripe for every step of an order's giving back that has no answer yet; the last one closes it.

    Safe to repeat, from anywhere: whoever comes second finds it done. While a brake holds, only the cancelling goes on.
    Raises StripeUnavailable; the sweep asks again.
    """
    order = Order.objects.select_related("quote").get(pk=order_id)
    waiting = list(order.attempts.filter(step__in=STEPS, outcome=ASKED))
    if waiting:
        invoice = gateway.fetch_invoice(order.stripe_invoice_id)
        keep_invoice(invoice, at=at)
        may_move_money = brakes.may_move_money(order.customer_id, at=at)
        for attempt in waiting:
            if attempt.step != CANCEL and not may_move_money:
                continue
            try:
                _answer(attempt, DONE, QUESTIONS[attempt.step](attempt, invoice, at))
            except StripeRefused as refusal:
                _answer(attempt, REFUSED, {"code": refusal.code, "words": str(refusal)})
    return close(order, at=at)


def has_failed(attempt: Attempt | None) -> bool:
    """Whether a refund was made and did not arrive."""
    return attempt is not None and attempt.outcome == REFUSED and attempt.answer.get("code") == FAILED


def amount_of(attempt: Attempt | None) -> int:
    """What an answered step gave back, in minor units."""
    return int(attempt.answer.get("amount", 0)) if attempt and attempt.outcome == DONE else 0


def _cancel(_attempt: Attempt, invoice: InvoiceSeen, _at: datetime) -> Answer:
    """Absolute, and so safe without a key. Nothing is prorated: the invoice is undone as a whole."""
    gateway.cancel_subscription(invoice.subscription_id)
    return {"subscription": invoice.subscription_id}


def _refund(attempt: Attempt, invoice: InvoiceSeen, at: datetime) -> Answer:
    payment, order_id = invoice.payment_intent_id, str(attempt.order_id)
    if not payment:
        raise StripeRefused("It was not paid by card through Stripe.")
    if _key_is_old(attempt, at=at):
        for seen in gateway.list_refunds(payment):
            if seen.order_id == order_id and not seen.has_failed:
                return {"refund": seen.stripe_id, "amount": str(seen.amount)}
        _take_new_key(attempt, at=at)
    try:
        made = gateway.refund_payment(
            payment_intent_id=payment, order_id=order_id, idempotency_key=attempt.idempotency_key
        )
    except StripeRefused as refusal:
        if refusal.code != ALREADY:
            raise
        # Somebody gave it back by hand, at Stripe.
        there = [seen for seen in gateway.list_refunds(payment) if not seen.has_failed]
        return {"refund": there[0].stripe_id, "amount": str(sum(seen.amount for seen in there))}
    if made.has_failed:
        raise StripeRefused(why_it_failed(made), code=FAILED)
    return {"refund": made.stripe_id, "amount": str(made.amount)}


def _credit(attempt: Attempt, invoice: InvoiceSeen, at: datetime) -> Answer:
    """Put the balance back to what it would be without the invoice, whether credit or a debt was settled with it."""
    mark, owed_more = {"order": str(attempt.order_id)}, invoice.balance_before - invoice.balance_after
    found = ""
    if _key_is_old(attempt, at=at):
        found = gateway.find_balance_move(customer_id=invoice.customer_id, mark=mark)
        if not found:
            _take_new_key(attempt, at=at)
    if not found:
        found = gateway.move_balance(
            customer_id=invoice.customer_id,
            amount=owed_more,
            currency=invoice.currency,
            mark=mark,
            why=f"Invoice {invoice.number} was paid a second time",
            idempotency_key=attempt.idempotency_key,
        )
    return {"balance_transaction": found, "amount": str(-owed_more)}


QUESTIONS: dict[str, Callable[[Attempt, InvoiceSeen, datetime], Answer]] = {
    CANCEL: _cancel,
    REFUND: _refund,
    CREDIT: _credit,
}


def _key_is_old(attempt: Attempt, *, at: datetime) -> bool:
    return at - attempt.first_asked_at > gateway.KEYS_LAST


def _take_new_key(attempt: Attempt, *, at: datetime) -> None:
    """What the old key asked for is proven absent. Of two who found that out, both go on with the same new one.

    Raises StripeUnavailable while the list may still lag behind the last use of the old key.
    """
    if at - attempt.first_asked_at <= gateway.KEYS_LAST + gateway.IN_THE_LIST_WITHIN:
        raise StripeUnavailable("It is not in Stripe's list yet, and not proven absent.")
    key = f"order-{attempt.order_id}-{attempt.step}-{int(at.timestamp())}"
    Attempt.objects.filter(pk=attempt.pk, idempotency_key=attempt.idempotency_key).update(
        idempotency_key=key, first_asked_at=at
    )
    attempt.refresh_from_db()


def _answer(attempt: Attempt, outcome: str, answer: Answer) -> None:
    Attempt.objects.filter(pk=attempt.pk, outcome=ASKED).update(outcome=outcome, answer=answer)


def close(order: Order, *, at: datetime) -> Order:
    """Once every step is answered: note what went back, and owe the customer one word about it."""
    with transaction.atomic():
        lock_customer(order.customer_id)
        order = Order.objects.select_for_update(of=("self",)).select_related("quote").get(pk=order.pk)
        steps = {attempt.step: attempt for attempt in order.attempts.filter(step__in=STEPS)}
        if order.refunded is not None or any(step.outcome == ASKED for step in steps.values()):
            return order
        order.refunded, credit = amount_of(steps.get(REFUND)), amount_of(steps.get(CREDIT))
        order.needs_staff = words_for_staff(order, credit, list(steps.values()))
        order.save(update_fields=["refunded", "needs_staff"])
        record(
            entry(
                customer=order.customer_id,
                kind="payment_given_back",
                subject=order,
                at=at,
                actor=STRIPE,
                after={"refunded": order.refunded, "credit": credit, "currency": order.quote.currency},
            )
        )
        if order.refunded or credit:
            owe(customer=order.customer_id, kind="payment_given_back", subject=order, at=at)
    return order


def words_for_staff(order: Order, credit: int, steps: list[Attempt]) -> str:
    """What became of an order's giving back, and what is left to do."""
    refused = [step for step in steps if step.outcome == REFUSED]
    said = "; ".join(f"{step.step}: {step.answer['words']}" for step in refused)
    if any(has_failed(step) for step in refused):
        owed = _words(order, (order.charged or 0) - (order.refunded or 0))
        back = f"{owed} came back to your balance at Stripe. Pay it another way."
        return f"Paid a second time; {back} {said}"[:200]
    if refused:
        return f"Paid a second time, and Stripe refuses to undo it. {said}"[:200]
    back = f"Paid a second time: {_words(order, order.refunded or 0)} was given back"
    if credit:
        back += f", {_words(order, credit)} put back as credit"
    return f"{back}, and the second subscription cancelled. Nothing is left to do."


def why_it_failed(refund: RefundSeen) -> str:
    """In words for staff."""
    return f"The refund has {refund.status}: {refund.failure or 'no reason given'}.".replace("_", " ")


def _words(order: Order, amount: int) -> str:
    return format_money(amount, order.quote.currency, locale="en")
