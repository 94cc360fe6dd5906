"""One row of everything that staff look at, about Ada's organisation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from billing.models import (
    Attempt,
    BalanceCredit,
    Brake,
    Difference,
    Invoice,
    OpenViolation,
    Order,
    PriceMove,
    Quote,
    Reconciliation,
    StripeEvent,
)
from licensing import catalogue
from licensing.history import CLOCK, entry, record
from licensing.models import (
    Delivery,
    Edition,
    Erasure,
    Notice,
    PlannedChange,
    Price,
    PromiseCheck,
    PromiseException,
    Rehearsal,
    Tier,
    Trial,
    UsageReading,
    Waiver,
)
from portal.models import PolicyVersion
from portal.policy import record_policy
from tests.cast import NOON, TODAY, Party
from tests.publishing import rehearsed, writer
from tests.sunsets.editions import draft as edition_sunset


def policy_version(*, since: datetime = NOON) -> PolicyVersion:
    """The rules as they stand, kept at that moment; the same ones when asked again."""
    return record_policy(at=since) or PolicyVersion.objects.get()


def trial_of(party: Party, *, ends_in: timedelta = timedelta(days=3)) -> Trial:
    """A live trial of Business."""
    return Trial.objects.create(
        customer=party.customer,
        product=party.licence.product,
        licence=party.licence,
        tier=Tier.objects.get(edition__key=TODAY, key="business"),
        started_at=NOON - timedelta(days=11),
        ends_at=NOON + ends_in,
        started_by=party.user,
    )


def waiver_of(party: Party, *, days: int = 30, **fields: Any) -> Waiver:
    """25 projects instead of 20, for a month, by somebody alone."""
    starts_at = fields.pop("starts_at", NOON)
    if "kind" not in fields:
        fields = {"kind": "limit", "feature_key": "projects", "value": 25, **fields}
    return Waiver.objects.create(
        **{
            "customer": party.customer,
            "product": party.licence.product,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(days=days),
            "reason": "Ticket 4711.",
            "words": "So that you can move without haste.",
            "asked_at": min(starts_at, NOON),
            "asked_by_words": "Sam support",
            "needs_approval": False,
            "granted_at": min(starts_at, NOON),
            **fields,
        }
    )


def credit_of(party: Party, *, amount: int = 2000, given_at: datetime = NOON, **fields: Any) -> BalanceCredit:
    """$20.00 that Stripe refuses to put on the balance."""
    waiver = waiver_of(party, kind="price", amount=amount, currency="USD", starts_at=given_at)
    Waiver.objects.filter(pk=waiver.pk).update(ended_at=given_at, end="used", ended_by_words="the clock")
    return BalanceCredit.objects.create(
        **{
            "waiver": waiver,
            "idempotency_key": f"waiver-{waiver.pk}-credit",
            "first_asked_at": NOON,
            "outcome": "refused",
            "answer": {"code": "", "words": "The currency is another."},
            "needs_staff": "Stripe refuses the credit: The currency is another.",
            **fields,
        }
    )


def price_move_of(party: Party, **fields: Any) -> PriceMove:
    """The renewal that was to charge January's price; Stripe refuses it."""
    change = PlannedChange.objects.create(
        sunset=edition_sunset(),
        customer=party.customer,
        licence=party.licence,
        tier=party.licence.tier,
        kind="edition_sunset",
        tell_at=NOON,
        planned_at=NOON,
    )
    return PriceMove.objects.create(
        **{
            "change": change,
            "step": "there",
            "price": party.licence.price,
            "renews_at": NOON + timedelta(days=22),
            "idempotency_key": f"edition-{change.pk}",
            "first_asked_at": NOON,
            "outcome": "refused",
            "answer": {"code": "", "words": "No such price."},
            "needs_staff": "Stripe refuses the price: No such price.",
            **fields,
        }
    )


def quote_of(party: Party, **fields: Any) -> Quote:
    """Business for eight, $54.67 due."""
    tier = Tier.objects.get(edition__key=TODAY, key="business")
    return Quote.objects.create(
        **{
            "customer": party.customer,
            "licence": party.licence,
            "licence_version": party.licence.version,
            "tier": tier,
            "price": Price.objects.get(tier=tier, currency="USD", interval="month"),
            "seats": 8,
            "currency": "USD",
            "quoted_at": NOON - timedelta(minutes=5),
            "expires_at": NOON + timedelta(minutes=25),
            "quoted_for": party.user,
            "lines": [
                {
                    "kind": "unused",
                    "amount": -13500,
                    "quantity": 8,
                    "from": "",
                    "to": "",
                    "text": "Unused time on Team",
                },
                {
                    "kind": "charge",
                    "amount": 18967,
                    "quantity": 8,
                    "from": "",
                    "to": "",
                    "text": "Rest of Business",
                },
            ],
            "subtotal": 5467,
            "tax": 0,
            "total": 5467,
            "credit": 0,
            "due": 5467,
            "renews_at": NOON + timedelta(days=22),
            "renewal_amount": 25600,
            "fingerprint": "f" * 64,
            **fields,
        }
    )


def order_of(party: Party, *, quote: Quote | None = None, **fields: Any) -> Order:
    """A pending order by card, asked once without an answer."""
    order = Order.objects.create(
        **{
            "quote": quote or quote_of(party),
            "customer": party.customer,
            "accepted_by": party.user,
            "accepted_at": NOON,
            "way": Order.Way.CARD,
            **fields,
        }
    )
    Attempt.objects.create(
        order=order, step="change", idempotency_key=f"key-{order.pk}", first_asked_at=order.accepted_at
    )
    return order


def invoice_of(party: Party, *, number: str = "MER-0001") -> Invoice:
    """$184.00, paid."""
    return Invoice.objects.create(
        customer=party.customer,
        stripe_id=f"in_{number}",
        number=number,
        status="paid",
        reason="subscription_cycle",
        currency="USD",
        total=18400,
        amount_due=18400,
        amount_paid=18400,
        issued_at=NOON - timedelta(days=8),
        hosted_url="https://invoice.stripe.com/i/1",
    )


def notice_of(
    party: Party, *, state: str = Notice.State.DONE, delivery: str = "sent", **fields: Any
) -> Notice:
    """A trial reminder to Ada."""
    notice = Notice.objects.create(
        **{
            "customer": party.customer,
            "kind": "trial_reminder",
            "subject": "trial:1",
            "period": "3d:2026-11-25",
            "owed_at": NOON - timedelta(minutes=10),
            "state": state,
            **fields,
        }
    )
    Delivery.objects.create(
        notice=notice,
        address=party.user.email,
        message_id=f"<notice-{notice.pk}@testserver>",
        state=delivery,
        tries=1,
        next_try_at=NOON - timedelta(minutes=10),
        sent_at=NOON if delivery == Delivery.State.SENT else None,
        error="550 no such mailbox" if delivery == Delivery.State.FAILED else "",
    )
    return notice


def reading_of(party: Party) -> UsageReading:
    """18 of 20 projects."""
    return UsageReading.objects.create(
        customer=party.customer, feature_key="projects", value=18, read_at=NOON - timedelta(hours=1)
    )


def stripe_event(*, number: int = 1, **fields: Any) -> StripeEvent:
    """A webhook that waits."""
    return StripeEvent.objects.create(
        **{
            "stripe_id": f"evt_{number}",
            "type": "invoice.paid",
            "object_id": "in_1",
            "created_at": NOON,
            "received_at": NOON,
            "next_try_at": NOON,
            **fields,
        }
    )


def violation_of(party: Party) -> OpenViolation:
    """Two live licences, they say."""
    return OpenViolation.objects.create(
        customer=party.customer,
        invariant="one-live-licence",
        what="It has 2 live licences and is open.",
        found_at=NOON - timedelta(minutes=10),
        seen_at=NOON,
    )


def brake_of(party: Party) -> Brake:
    """Ada's organisation, parked."""
    return Brake.objects.create(
        customer=party.customer, pulled_at=NOON, pulled_by_words="the clock", reason="Asked too often."
    )


def difference_of(party: Party) -> Difference:
    """Last night Stripe showed other seats."""
    night = NOON - timedelta(hours=9)
    done = Reconciliation.objects.create(began_at=night, finished_at=night, asked_by="the clock")
    return Difference.objects.create(
        reconciliation=done,
        kind=Difference.Kind.SEATS,
        customer=party.customer,
        stripe_id="sub_okafor-bakeries",
        what="Here 8, at Stripe 9.",
    )


def erasure_of(party: Party) -> Erasure:
    """Asked for, as if the organisation had been closed."""
    return Erasure.objects.create(
        customer=party.customer,
        contact=party.user.email,
        asked_at=NOON,
        due_at=NOON + timedelta(days=14),
    )


def promise_check_of(party: Party) -> PromiseCheck:
    """One promise, broken at Ada's."""
    return PromiseCheck.objects.create(
        promise="notices-leave",
        day=NOON.date(),
        broken=1,
        breaches=[{"customer": party.customer.pk, "what": "Notice 1 waits."}],
        checked_at=NOON,
    )


def breaking_a_promise(party: Party) -> Rehearsal:
    """A draft without Business, rehearsed while Ada tries Business."""
    draft = catalogue.draft_from(edition=Edition.objects.get(key=TODAY), key="2027-03", name="March 2027")
    draft.tiers.get(key="business").delete()
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    if not Trial.objects.filter(customer=party.customer, ended_at=None).exists():
        trial_of(party)
    return rehearsed(draft, at=NOON)


def exception_of(party: Party) -> PromiseException:
    """The exception that Mara asks for, for such a draft."""
    return catalogue.ask_exception(
        rehearsal=breaking_a_promise(party),
        promise="trial-can-be-bought",
        reason="They get Scale at the price of Business.",
        by=writer(),
        at=NOON,
    )


def everything_of(party: Party) -> None:
    """One of each."""
    trial = trial_of(party)
    order_of(party)
    invoice_of(party)
    notice_of(party)
    reading_of(party)
    waiver_of(party)
    erasure_of(party)
    promise_check_of(party)
    record(
        entry(
            customer=party.customer,
            kind="trial_started",
            subject=trial,
            at=trial.started_at,
            actor=CLOCK,
            after={"tier": trial.tier_id, "ends_at": trial.ends_at.isoformat()},
        )
    )
