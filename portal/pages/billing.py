"""What the billing page says: how the licence is paid for, what comes next, and every invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.invoices import unpaid_invoice_of
from billing.models import Invoice, Order, Payer
from billing.payers import payer_of
from billing.renewals import Renewal, carried_by_the_renewal, next_renewal
from billing.second_payments import SecondPayment, second_payments
from licensing.giving_up import given_up
from licensing.grandfathering import Difference
from licensing.models import Customer, Licence
from licensing.offers import Row, compare
from licensing.seats import people_of
from licensing.standing import Standing, standing_of
from licensing.sunsets.moving import Move
from licensing.terms import EditionTerms, TierTerms
from licensing.usage import usage_of
from portal.pages.ahead import announced_words
from portal.pages.exceptions import carried
from portal.pages.values import card_words
from portal.pages.way_back import no_way_back

INVOICES_A_PAGE = 24
# Stripe's words for an invoice, in ours, with the badge that goes with them.
INVOICE_WORDS: dict[str, tuple[str | Promise, str]] = {
    "draft": (_("being made"), ""),
    "open": (_("to be paid"), "mind"),
    "paid": (_("paid"), "good"),
    "void": (_("not charged"), ""),
    "uncollectible": (_("written off"), "bad"),
}


@dataclass(frozen=True)
class InvoiceLine:
    invoice: Invoice
    words: str | Promise
    badge: str
    given_back: Order | None = None
    second: SecondPayment | None = None

    @property
    def is_open(self) -> bool:
        return self.invoice.status == "open"

    @property
    def is_owed(self) -> bool:
        """Whether it was a second payment of which we still owe something."""
        return self.second is not None and self.second.owed > 0 and not self.second.is_seen_to


@dataclass(frozen=True)
class PaidPage:
    """What is said of a licence and of the invoice that it waits for, where one is open."""

    standing: Standing
    open_invoice: Invoice | None

    @property
    def licence(self) -> Licence:
        return self.standing.licence

    @property
    def is_past_due(self) -> bool:
        return self.licence.state == Licence.State.PAST_DUE

    @property
    def next_try(self) -> datetime | None:
        """When the open invoice is tried again by itself, where that is known and still ahead."""
        return self.open_invoice.next_try(at=self.standing.at) if self.open_invoice else None

    @property
    def has_no_more_tries(self) -> bool:
        """Whether the open invoice is known, and Stripe plans to try it no more."""
        return self.open_invoice is not None and self.open_invoice.next_attempt_at is None


@dataclass(frozen=True)
class BillingPage(PaidPage):
    """Everything the billing page reads."""

    payer: Payer | None
    renewal: Renewal | None
    invoices: list[InvoiceLine]
    list_page: Page[Invoice] | None
    pending_order: Order | None

    @cached_property
    def announced(self) -> list[str]:
        return announced_words(self.standing, with_move=self.move is None)

    @property
    def move(self) -> Move | None:
        """The announced end of the held edition, where the next payment carries it."""
        return carried_by_the_renewal(self.standing)

    @property
    def card(self) -> str:
        return card_words(self.payer.card_brand, self.payer.card_last4) if self.payer else ""

    @property
    def card_expires(self) -> str:
        """Month and year as they stand on the card: 08/28."""
        payer = self.payer
        if payer is None or not payer.card_exp_month or not payer.card_exp_year:
            return ""
        return f"{payer.card_exp_month:02d}/{payer.card_exp_year % 100:02d}"

    @property
    def card_dies_before_renewal(self) -> bool:
        """Whether the card on file will have expired when the next payment is due."""
        payer, renews_at = self.payer, self.licence.period_end
        if renews_at is None or payer is None or not payer.card_exp_month or not payer.card_exp_year:
            return False
        return (payer.card_exp_year, payer.card_exp_month) < (renews_at.year, renews_at.month)


def billing_page(*, customer: Customer, at: datetime, page: str | int = 1) -> BillingPage:
    """Gather the billing page of one customer, with one page of the invoices, newest first."""
    standing = standing_of(customer, at=at)
    payer = payer_of(customer)
    invoices = Invoice.objects.filter(customer=customer).exclude(status="draft")
    listed = Paginator(invoices, INVOICES_A_PAGE).get_page(page)
    twice = _paid_twice(customer)
    return BillingPage(
        standing=standing,
        payer=payer,
        renewal=next_renewal(standing=standing, payer=payer),
        invoices=[_invoice_line(invoice, twice.get(invoice.stripe_id)) for invoice in listed],
        list_page=listed if listed.has_other_pages() else None,
        open_invoice=unpaid_invoice_of(customer),
        pending_order=Order.objects.filter(customer=customer, state=Order.State.PENDING).first(),
    )


def _paid_twice(customer: Customer) -> dict[str, tuple[Order, SecondPayment]]:
    """Stripe's number of each invoice that was a second payment → its order, and what has come back of it."""
    orders = Order.objects.select_related("quote").filter(
        customer=customer, state=Order.State.FAILED, charged__isnull=False
    )
    seconds = second_payments(orders)
    return {order.stripe_invoice_id: (order, seconds[order.pk]) for order in orders}


def _invoice_line(invoice: Invoice, twice: tuple[Order, SecondPayment] | None) -> InvoiceLine:
    words, badge = INVOICE_WORDS.get(invoice.status, (invoice.status, ""))
    if invoice.status == "paid" and invoice.total < 0:
        words = _("became your credit")
    if twice is None:
        return InvoiceLine(invoice, words, badge)
    order, second = twice
    if second.is_seen_to:
        words = _("paid twice, seen to")
    elif second.owed:
        words, badge = _("paid twice, still owed to you"), "mind"
    else:
        words = _("paid twice, being given back") if second.waits else _("paid twice, given back")
    return InvoiceLine(invoice, words, badge, order, second)


@dataclass(frozen=True)
class CancelPage(PaidPage):
    """What cancelling would do, and when. `is_sold`: whether what ends can be bought today."""

    free_tier: TierTerms
    rows: tuple[Row, ...]
    given_up: tuple[Difference, ...]
    carried: tuple[str, ...]
    payer: Payer | None
    is_sold: bool
    no_way_back: str
    trouble: str = ""

    @property
    def loses(self) -> list[Row]:
        return [row for row in self.rows if row.change == "lose"]

    @property
    def keeps(self) -> list[Row]:
        return [row for row in self.rows if row.change == "keep"]


def cancel_page(
    *, customer: Customer, today: EditionTerms | None, at: datetime, trouble: str = ""
) -> CancelPage:
    """Compare what is held with the free tier of the same edition, to which a licence goes when it ends."""
    standing = standing_of(customer, at=at)
    edition = standing.edition
    is_past_due = standing.licence.state == Licence.State.PAST_DUE
    return CancelPage(
        standing=standing,
        open_invoice=unpaid_invoice_of(customer) if is_past_due else None,
        free_tier=edition.free_tier,
        rows=compare(held=standing.tier, held_edition=edition, offered=edition.free_tier, edition=edition),
        given_up=given_up(standing, today=today) if today else (),
        carried=carried(standing, tier=edition.free_tier, edition=edition, since=standing.licence.period_end),
        payer=payer_of(customer),
        is_sold=today is not None and today.tier(standing.tier.key) is not None,
        no_way_back=no_way_back(
            standing, people=people_of(customer, at=at), usage=usage_of(customer, at=at), today=today
        )
        if today
        else "",
        trouble=trouble,
    )
