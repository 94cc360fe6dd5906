"""What we say about money that moved, or did not: a receipt, a payment that failed, a licence that ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from billing.endings import Ending, is_held_as_bought, pasts_of
from billing.models import Invoice, Order, Payer
from billing.second_payments import SecondPayment, second_payments
from licensing.models import Event, Licence, Notice
from licensing.sharing import in_force, publications
from licensing.terms import EditionTerms, TierTerms, edition_terms
from portal.mails.features import gained, included, offered_words
from portal.mails.inert import one_line
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import newest_of, rows_of, terms_of
from portal.mails.sums import card_of, card_that_paid, seats_words, sum_lines, tax_words
from portal.pages.trials_after import trials_ended_with


@dataclass(frozen=True)
class AboutOrder:
    """A settled order, the tier held before it, and its invoice where Stripe has shown it to us already.

    `ending`: how what it brought has ended, where it has. `trial`: the tier whose trial it ended, if any.
    """

    order: Order
    held: tuple[EditionTerms, TierTerms] | None
    invoice: Invoice | None
    payer: Payer | None
    ending: Ending | None = None
    trial: str = ""


class Receipt(Kind[AboutOrder]):
    """What was bought, what it cost, and what is new."""

    key = "receipt"
    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutOrder]:
        """Seven queries."""
        orders = rows_of(
            notices, Order.objects.select_related("quote__tier", "quote__price", "quote__licence__price")
        )
        pasts = pasts_of(order.quote.licence for order in orders.values())
        tried = trials_ended_with(orders.values())
        customers = {order.customer_id for order in orders.values()}
        held = _held_before(orders.values())
        numbers = [order.stripe_invoice_id for order in orders.values() if order.stripe_invoice_id]
        invoices = {row.stripe_id: row for row in Invoice.objects.filter(stripe_id__in=numbers)}
        payers = {payer.customer_id: payer for payer in Payer.objects.filter(customer_id__in=customers)}
        return {
            number: AboutOrder(
                order,
                held.get(str(order.pk)),
                invoices.get(order.stripe_invoice_id),
                payers.get(order.customer_id),
                pasts[order.quote.licence_id].end_of(order),
                tried.get(order.pk, ""),
            )
            for number, order in orders.items()
        }

    def is_true(self, about: AboutOrder, notice: Notice, at: datetime) -> bool:
        """From the moment it is settled, for ever."""
        return about.order.state == Order.State.SETTLED

    def facts(self, about: AboutOrder, notice: Notice, at: datetime) -> dict[str, Any]:
        """The quote's own sum, what was really charged, what is new, and the next date and amount; or that what
        was bought is not held any more.
        """
        order, quote, licence = about.order, about.order.quote, about.order.quote.licence
        is_held = is_held_as_bought(quote, licence)
        _edition, now = terms_of(licence)
        edition = edition_terms(quote.tier.edition_id)
        tier = edition.tier_by_id(quote.tier_id)
        rows = (
            gained(held=about.held[1], held_edition=about.held[0], offered=tier, edition=edition)
            if about.held and is_held
            else []
        )
        return {
            "order": order,
            "quote": quote,
            "tier": tier,
            "edition": edition,
            "currency": quote.currency,
            "charged": quote.due if order.charged is None else order.charged,
            "paid_at": order.closed_at or order.accepted_at,
            "lines": sum_lines(quote, tier=tier, held=about.held[1] if about.held else None),
            "bought": seats_words(tier, seats=quote.seats, per_seat=quote.price.per_seat),
            "is_held": is_held,
            "renews_at": _ahead(quote.renews_at, at=at),
            "has_credit": bool(about.payer and about.payer.credit > 0),
            "cancels_at": licence.period_end if licence.cancels_at_period_end else None,
            "ended_trial": about.trial,
            "why": about.ending.why if about.ending else "",
            "ended_at": about.ending.at if about.ending else None,
            "now_held": seats_words(
                now, seats=licence.seats, per_seat=bool(licence.price and licence.price.per_seat)
            ),
            "is_free": licence.is_free,
            "tax_words": tax_words(about.payer),
            "minus_credit": -quote.credit,
            "credit_words": _("Your credit, taken off") if quote.credit > 0 else _("Kept as your credit"),
            "card": card_that_paid(about.invoice, about.payer),
            "new": offered_words(rows),
            "invoice_number": about.invoice.number if about.invoice else "",
            "invoice_url": (about.invoice.hosted_url if about.invoice else "") or link("billing"),
            "plan_url": link("plan"),
            "billing_url": link("billing"),
        }


@dataclass(frozen=True)
class AboutSecondPayment:
    """An order that was paid a second time, where its money is, and the licence that stays."""

    order: Order
    second: SecondPayment
    licence: Licence


class _SecondPayment(Kind[AboutSecondPayment]):
    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutSecondPayment]:
        """Three queries."""
        orders = rows_of(notices, Order.objects.select_related("quote"))
        seconds = second_payments(orders.values())
        customers = {order.customer_id for order in orders.values()}
        live = Licence.objects.filter(customer_id__in=customers, ended_at=None).select_related("price")
        licences = {licence.customer_id: licence for licence in live}
        return {
            number: AboutSecondPayment(order, seconds[order.pk], licences[order.customer_id])
            for number, order in orders.items()
            if order.customer_id in licences
        }


class PaymentGivenBack(_SecondPayment):
    """Something was paid twice, and the second payment went back."""

    key = "payment_given_back"

    def is_true(self, about: AboutSecondPayment, notice: Notice, at: datetime) -> bool:
        """From the moment it is given back, unless its refund fails."""
        return not about.second.waits and not about.second.bounced

    def facts(self, about: AboutSecondPayment, notice: Notice, at: datetime) -> dict[str, Any]:
        """What went back and where to, when it arrives, what could not go back, and what stays as it is."""
        _edition, tier = terms_of(about.licence)
        second = about.second
        return {
            "tier": tier,
            "refunded": second.on_card,
            "credit": second.credit,
            "debt": second.debt,
            "owed": 0 if second.is_seen_to else second.owed,
            "amount": second.on_card + second.credit,
            "currency": about.order.quote.currency,
            "given_back_at": notice.owed_at,
            "quote_url": link("quote", about.order.quote_id),
            "billing_url": link("billing"),
        }


class RefundFailed(_SecondPayment):
    """A second payment was said to go back to its card, and the bank sent it back to us."""

    key = "refund_failed"

    def is_true(self, about: AboutSecondPayment, notice: Notice, at: datetime) -> bool:
        """From the moment it fails, for ever."""
        return about.second.bounced

    def facts(self, about: AboutSecondPayment, notice: Notice, at: datetime) -> dict[str, Any]:
        """What is owed again, and what stays as it is."""
        _edition, tier = terms_of(about.licence)
        return {
            "tier": tier,
            "owed": about.second.owed_on_card,
            "currency": about.order.quote.currency,
            "quote_url": link("quote", about.order.quote_id),
            "billing_url": link("billing"),
        }


@dataclass(frozen=True)
class AboutLicence:
    """A licence; `invoice` is the one that was not paid, where we have seen it; `ending`, how it ended last."""

    licence: Licence
    is_newest: bool
    invoice: Invoice | None = None
    payer: Payer | None = None
    ending: Ending | None = None


class PaymentFailed(Kind[AboutLicence]):
    """A renewal could not be charged."""

    key = "payment_failed"
    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutLicence]:
        """Four queries. The notice's period is Stripe's number of the invoice."""
        newest = newest_of(notices)
        licences = rows_of(notices, Licence.objects.select_related("price"))
        periods = {notice.pk: notice.period for notice in notices}
        rows = Invoice.objects.filter(stripe_id__in=[period for period in periods.values() if period])
        invoices = {row.stripe_id: row for row in rows}
        customers = {licence.customer_id for licence in licences.values()}
        payers = {payer.customer_id: payer for payer in Payer.objects.filter(customer_id__in=customers)}
        return {
            number: AboutLicence(
                licence, number in newest, invoices.get(periods[number]), payers.get(licence.customer_id)
            )
            for number, licence in licences.items()
        }

    def is_true(self, about: AboutLicence, notice: Notice, at: datetime) -> bool:
        """While the licence is past due, for the latest invoice."""
        licence = about.licence
        return about.is_newest and licence.ended_at is None and licence.state == Licence.State.PAST_DUE

    def facts(self, about: AboutLicence, notice: Notice, at: datetime) -> dict[str, Any]:
        """What failed, what stays, what happens if nothing is done, and where to pay."""
        edition, tier = terms_of(about.licence)
        invoice = about.invoice if about.invoice and about.invoice.owed > 0 else None
        return {
            "tier": tier,
            "free_tier": edition.free_tier,
            "amount": invoice.owed if invoice else None,
            "currency": invoice.currency if invoice else "",
            "invoice_number": invoice.number if invoice else "",
            "failed_at": about.licence.past_due_since or notice.owed_at,
            "is_last_try": invoice is not None and invoice.next_attempt_at is None,
            "next_attempt_at": invoice.next_try(at=at) if invoice else None,
            "card": card_of(about.payer),
            "pay_url": (invoice.hosted_url if invoice else "") or link("billing"),
            "billing_url": link("billing"),
        }


class LicenceEnded(Kind[AboutLicence]):
    """A paid licence has ended, and the free tier has taken its place."""

    key = "licence_ended"
    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutLicence]:
        """Three queries."""
        newest = newest_of(notices)
        licences = rows_of(notices, Licence.objects.select_related("price"))
        pasts = pasts_of(licences.values())
        return {
            number: AboutLicence(licence, number in newest, ending=pasts[licence.pk].last_end())
            for number, licence in licences.items()
        }

    def is_true(self, about: AboutLicence, notice: Notice, at: datetime) -> bool:
        """While the free tier is what they have; of two ends, only the later is told."""
        return about.is_newest and about.licence.is_free and about.licence.ended_at is None

    def facts(self, about: AboutLicence, notice: Notice, at: datetime) -> dict[str, Any]:
        """What ended and why, what is there now, and the way back."""
        edition, tier = terms_of(about.licence)
        return {
            "ended_tier": one_line(str(notice.facts.get("tier", ""))),
            "why": about.ending.why if about.ending else "",
            "ended_at": notice.owed_at,
            "tier": tier,
            "edition": edition,
            "has": included(tier, edition),
            "upgrade_url": link("upgrade"),
            "plan_url": link("plan"),
        }


def _ahead(moment: datetime | None, *, at: datetime) -> datetime | None:
    """A date is only worth naming while it lies ahead."""
    return moment if moment and moment > at else None


def _held_before(orders: Any) -> dict[str, tuple[EditionTerms, TierTerms]]:
    """Order number → the edition and tier that its licence had before, by the event of the move, as they were in force
    then. Two queries.
    """
    orders = list(orders)
    moves = Event.objects.filter(
        customer_id__in={order.customer_id for order in orders},
        kind="licence_moved",
        reason__in=[f"Order {order.pk}" for order in orders],
    )
    products = {f"Order {order.pk}": order.quote.licence.product_id for order in orders}
    published = publications()
    found = {}
    for reason, before, at in moves.values_list("reason", "before", "at"):
        newest_id = published.newest(products[reason], at=at)
        edition = in_force(before["edition"], newest_id=newest_id).terms
        found[reason.removeprefix("Order ")] = (edition, edition.tier_by_id(before["tier"]))
    return found
