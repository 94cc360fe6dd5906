"""Once a night our books are held against Stripe's: every subscription, 30 days of events, 30 days of paid invoices.

What is safe is mended by the functions that would have done it in time: a subscription is followed, an order is
settled, an event is stored and worked off. What is not, such as a price that somebody changed at Stripe by hand, is
listed for staff. Lists come in pages of a hundred, and a page is compared by a few queries, so memory stays flat.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from django.db import connection
from django.db.models import Q

from billing import gateway, inbox
from billing.answers import EventSeen, InvoiceSeen, StripeRefused, SubscriptionSeen
from billing.comparing import Found, Kind, differences, ours_among, stripe_prices
from billing.handlers import HANDLERS, look_at_subscription
from billing.looking import OURS
from billing.models import Difference, Order, Payer, Reconciliation, StripeEvent, Subscription
from billing.settling import settle
from billing.subscriptions import LIVE, OWING, StillMoving
from licensing import restores
from licensing.history import Actor

LOOKS_BACK = timedelta(days=30)
# An event this young may still be on its way; it is no difference yet.
ON_ITS_WAY = timedelta(minutes=10)
NIGHTLY_AT = time(3, tzinfo=UTC)
# One at a time, whoever starts it. Any number will do that no other lock of this database has.
LOCK = 5_317_001
log = logging.getLogger(__name__)
Seen = TypeVar("Seen")


def is_due(*, at: datetime) -> bool:
    """Whether none has finished that began since the last night's hour, or a restore waits for one."""
    night = datetime.combine(at.date(), NIGHTLY_AT)
    since = night if night <= at else night - timedelta(days=1)
    done = Reconciliation.objects.filter(began_at__gte=since, finished_at__isnull=False)
    return restores.is_held(at=at) or not done.exists()


def reconcile(*, actor: Actor, at: datetime, mend: bool = True) -> Reconciliation | None:
    """Compare everything, and mend what is safe; without `mend`, only list. None where another one is running.

    Ends the hold after a restore. Raises StripeUnavailable where Stripe falls silent; what was mended stays mended,
    and the next one begins anew.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    try:
        return _Run(actor=actor, at=at, mend=mend).whole()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def pages(fetch: Callable[[str], tuple[Sequence[Seen], str]]) -> Iterator[Sequence[Seen]]:
    """Page after page of a list at Stripe; `fetch` takes the id to go on after, and gives the next one."""
    after = ""
    while True:
        page, after = fetch(after)
        yield page
        if not after:
            return


class _Run:
    """One comparison, as far as it has come."""

    def __init__(self, *, actor: Actor, at: datetime, mend: bool) -> None:
        self.at, self.mend = at, mend
        self.row = Reconciliation.objects.create(began_at=at, asked_by=actor.words[:160])

    def whole(self) -> Reconciliation:
        for page in pages(gateway.subscriptions_page):
            self._compare(page)
        self._look_for_those_not_listed()
        since = self.at - LOOKS_BACK
        kinds = sorted(HANDLERS)
        for first in range(0, len(kinds), gateway.TYPES_AT_ONCE):
            self._catch_up_with(kinds[first : first + gateway.TYPES_AT_ONCE], since=since)
        for invoices in pages(lambda after: gateway.paid_invoices_page(since=since, after=after)):
            self._apply(invoices)
        if self.mend:
            self._work_off()
            restores.end_hold(noticed_before=self.at, at=self.at)
        self.row.finished_at = self.at
        self.row.save()
        return self.row

    # Subscriptions

    def _compare(self, page: Sequence[SubscriptionSeen]) -> None:
        ours = ours_among(seen.stripe_id for seen in page)
        prices = stripe_prices(ours.values())
        for seen in page:
            if row := ours.get(seen.stripe_id):
                self._follow(list(differences(row, seen, prices=prices)))
            elif seen.order_id and seen.status in LIVE + OWING:
                self._follow([self._without_a_licence(seen)])
        Subscription.objects.filter(stripe_id__in=ours).update(reconciled_at=self.at)
        self.row.subscriptions += len(page)

    def _look_for_those_not_listed(self) -> None:
        """Ours that Stripe does not list have ended there, or never were, or came while we listed."""
        last = 0
        unseen = Subscription.objects.filter(~Q(reconciled_at__gte=self.at) | Q(reconciled_at=None))
        while rows := list(unseen.filter(pk__gt=last).order_by("pk").select_related("licence")[:100]):
            last = rows[-1].pk
            for row in rows:
                try:
                    self._compare([gateway.fetch_subscription(row.stripe_id)])
                except StripeRefused as refusal:
                    what = f"Stripe does not show the subscription of licence {row.licence_id}: {refusal}"
                    self._list([Found(Kind.MISSING, row.stripe_id, row.licence.customer_id, what)])

    def _without_a_licence(self, seen: SubscriptionSeen) -> Found:
        what = f"It is {seen.status}, begun for order {seen.order_id}, and pays for no licence."
        return Found(Kind.UNKNOWN, seen.stripe_id, _customer_of(seen.customer_id), what)

    def _follow(self, found: list[Found]) -> None:
        """Settle and follow the subscription, then see what is left of the differences."""
        if not found:
            return
        left = {each.kind for each in found}
        if self.mend:
            stripe_id = found[0].stripe_id
            try:
                look_at_subscription(stripe_id, self.at)
                left = self._left_of(stripe_id)
            except (StripeRefused, StillMoving):
                log.exception("difference_not_mended", extra={"subscription": stripe_id})
        self._list(found, mended={each.kind for each in found} - left)

    def _left_of(self, stripe_id: str) -> set[Difference.Kind]:
        seen, ours = gateway.fetch_subscription(stripe_id), ours_among([stripe_id])
        if stripe_id in ours:
            row = ours[stripe_id]
            return {each.kind for each in differences(row, seen, prices=stripe_prices([row]))}
        return {Kind.UNKNOWN} if seen.status in LIVE + OWING else set()

    # Events

    def _catch_up_with(self, types: Sequence[str], *, since: datetime) -> None:
        for events in pages(lambda after: gateway.events_page(since=since, types=types, after=after)):
            self._catch_up(events)

    def _catch_up(self, events: Sequence[EventSeen]) -> None:
        """Store what never came. It is worked off at the end, all of it together."""
        ids = [event.stripe_id for event in events]
        known = set(StripeEvent.objects.filter(stripe_id__in=ids).values_list("stripe_id", flat=True))
        missed = [
            event
            for event in events
            if event.stripe_id not in known and event.created_at <= self.at - ON_ITS_WAY
        ]
        if self.mend:
            inbox.store(missed, at=self.at)
        self._list(
            Found(
                Kind.EVENT,
                event.stripe_id,
                _customer_of(event.customer_id),
                f"{event.type} of {event.object_id}, {event.created_at:%Y-%m-%d %H:%M} UTC.",
            )
            for event in missed
        )
        self.row.events += len(events)

    def _work_off(self) -> None:
        inbox.drain(at=self.at)
        handled = StripeEvent.objects.filter(handled_at__isnull=False).values("stripe_id")
        self.row.differences.filter(kind=Kind.EVENT, stripe_id__in=handled).update(mended=True)

    # Invoices

    def _apply(self, invoices: Sequence[InvoiceSeen]) -> None:
        """Settle the orders of what was paid. What is going back is seen to; an order we do not have needs a person."""
        for_orders: dict[uuid.UUID, InvoiceSeen] = {}
        for invoice in invoices:
            if invoice.reason in OURS:
                with suppress(ValueError):
                    for_orders[uuid.UUID(invoice.order_id)] = invoice
        orders = Order.objects.in_bulk(list(for_orders))
        for order_id, invoice in for_orders.items():
            order = orders.get(order_id)
            if order is None or not (order.state == Order.State.SETTLED or order.was_paid_twice):
                self._settle(order, invoice)
        self.row.invoices += len(invoices)

    def _settle(self, order: Order | None, invoice: InvoiceSeen) -> None:
        what = f"Paid for order {invoice.order_id}, which is {order.state if order else 'not in our books'}."
        customer_id = order.customer_id if order else _customer_of(invoice.customer_id)
        mended = False
        if order and self.mend:
            try:
                order = settle(order_id=order.pk, at=self.at)
                mended = order.state == Order.State.SETTLED
                what = f"{what} {order.needs_staff}".strip()
            except StripeRefused:
                log.exception("difference_not_mended", extra={"invoice": invoice.stripe_id})
        found = Found(Kind.INVOICE, invoice.stripe_id, customer_id, what)
        self._list([found], mended={Kind.INVOICE} if mended else set())

    def _list(
        self, found: Sequence[Found] | Iterator[Found], *, mended: set[Difference.Kind] | None = None
    ) -> None:
        rows = [
            Difference(
                reconciliation=self.row,
                kind=each.kind,
                customer_id=each.customer_id,
                stripe_id=each.stripe_id,
                what=each.what[:400],
                mended=each.kind in (mended or ()),
            )
            for each in found
        ]
        Difference.objects.bulk_create(rows)
        for row in rows:
            if row.kind != Kind.EVENT:
                log.warning(
                    "difference_with_stripe",
                    extra={"kind": row.kind, "object": row.stripe_id, "what": row.what, "mended": row.mended},
                )


def _customer_of(stripe_customer_id: str) -> int | None:
    found = Payer.objects.filter(stripe_id=stripe_customer_id).values_list("customer_id", flat=True)
    return found.first()
