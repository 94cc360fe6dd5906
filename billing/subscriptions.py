"""Following a subscription: its periods, its failed payments, its end."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as words

from billing import gateway
from billing.answers import StripeRefused, SubscriptionSeen
from billing.edition_renewals import renewed
from billing.invoices import RENEWS, keep_invoice
from billing.models import Invoice, Subscription
from licensing.history import STRIPE
from licensing.licences import change_licence, lock_live_licence
from licensing.models import Licence
from licensing.notices import owe
from licensing.reasons import Clause
from licensing.terms import edition_terms

LIVE = ("active", "trialing")
OWING = ("past_due", "unpaid")
OVER = ("canceled", "incomplete_expired")
LOOKS = 5
BEFORE_APPLIED = "The subscription had ended before its payment was applied."


FAILED_PAYMENTS = Clause(
    "failed-payments",
    words(
        "When a renewal is not paid, we tell you, and you keep your tier while the card is tried again. "
        "If it never succeeds, you move to the free tier, and its invoice is taken back."
    ),
)


class StillMoving(Exception):
    """The licence changed each time while Stripe was asked; try again later."""


def follow(*, subscription_id: str, at: datetime) -> bool:
    """Bring the licence to what Stripe shows of its subscription now. False where it pays for none of our licences.

    What Stripe shows is only applied if the licence did not change while Stripe was asked, so an old view never
    overwrites a newer one. Raises StripeUnavailable, StillMoving.
    """
    for _ in range(LOOKS):
        ours = Subscription.objects.select_related("licence").filter(stripe_id=subscription_id).first()
        if ours is None:
            return False
        seen = gateway.fetch_subscription(subscription_id)
        if seen.status in OWING and ours.licence.state != Licence.State.PAST_DUE:
            _keep_what_is_owed(seen, at=at)
        if seen.status in OVER:
            _let_go_of_what_is_owed(seen, ours.licence, at=at)
        with transaction.atomic():
            licence = lock_live_licence(ours.licence.customer_id)
            if licence.version != ours.licence.version:
                continue
            _apply(licence, seen, at=at)
            return True
    raise StillMoving(subscription_id)


def _keep_what_is_owed(seen: SubscriptionSeen, *, at: datetime) -> None:
    """Before anybody is told that a payment failed, so that amount and next try can be named, and before it is let go
    of. The word of the invoice may come after the subscription's.
    """
    if seen.latest_invoice_id:
        with suppress(StripeRefused):
            keep_invoice(gateway.fetch_invoice(seen.latest_invoice_id), at=at)


def _let_go_of_what_is_owed(seen: SubscriptionSeen, licence: Licence, *, at: datetime) -> None:
    """Before it ends: nobody may pay for what they no longer have. Where a subscription ends, Stripe leaves the invoice
    of a renewal that was never paid open, with its page.
    """
    _keep_what_is_owed(seen, at=at)
    for owed in Invoice.objects.filter(
        customer=licence.customer_id, reason=RENEWS, status__in=Invoice.UNPAID
    ):
        # Refused where it was paid, or closed by somebody else, meanwhile: an event says so.
        with suppress(StripeRefused):
            gateway.void_invoice(owed.stripe_id)


def _apply(licence: Licence, seen: SubscriptionSeen, *, at: datetime) -> None:
    if seen.status in OVER:
        end_licence(licence, at=at, reason=_why_over(licence, seen))
    elif seen.status in LIVE + OWING:
        _keep_up(licence, seen, at=at)


def _keep_up(licence: Licence, seen: SubscriptionSeen, *, at: datetime) -> None:
    owing = seen.status in OWING
    if licence.period_end is not None and seen.period_start >= licence.period_end:
        renewed(licence, seen, at=at)
    if owing and licence.state != Licence.State.PAST_DUE:
        kind = "licence_past_due"
        owe(
            customer=licence.customer_id,
            kind="payment_failed",
            subject=licence,
            at=at,
            period=seen.latest_invoice_id,
        )
    elif seen.period_end != licence.period_end:
        kind = "licence_renewed"
    elif not owing and licence.state == Licence.State.PAST_DUE:
        kind = "licence_paid_up"
    else:
        kind = "licence_cancelled" if seen.cancels_at_period_end else "licence_resumed"
    change_licence(
        licence=licence,
        kind=kind,
        at=at,
        actor=STRIPE,
        state=Licence.State.PAST_DUE if owing else Licence.State.ACTIVE,
        past_due_since=(licence.past_due_since or at) if owing else None,
        period_start=seen.period_start,
        period_end=seen.period_end,
        cancels_at_period_end=seen.cancels_at_period_end,
    )


def _why_over(licence: Licence, seen: SubscriptionSeen) -> str:
    """As far as it is known here; who ended it at Stripe, and why, is not."""
    if licence.state == Licence.State.PAST_DUE:
        return "Payment did not come."
    if licence.cancels_at_period_end or seen.cancels_at_period_end:
        return "Cancelled at the end of its period."
    return "Ended at Stripe."


def end_licence(licence: Licence, *, at: datetime, reason: str) -> None:
    """The subscription has ended: the locked licence goes to the free tier of the edition it holds, and stays."""
    edition = edition_terms(licence.edition_id)
    before = edition.tier_by_id(licence.tier_id)
    change_licence(
        licence=licence,
        kind="licence_ended",
        at=at,
        actor=STRIPE,
        reason=reason,
        tier_id=edition.free_tier.id,
        price_id=None,
        seats=edition.free_tier.min_seats,
        state=Licence.State.ACTIVE,
        period_start=None,
        period_end=None,
        cancels_at_period_end=False,
        past_due_since=None,
    )
    owe(
        customer=licence.customer_id,
        kind="licence_ended",
        subject=licence,
        at=at,
        period=f"v{licence.version}",
        facts={"tier": before.name},
    )
    Subscription.objects.filter(licence=licence).delete()
