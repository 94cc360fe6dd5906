"""What we say before a licence renews: when, how much exactly, what is different, what is used, and the ways out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.invoices import RENEWS
from billing.models import Invoice, Payer
from billing.renewals import MONTHLY, YEARLY, Renewal, carried_by_the_renewal, next_renewal
from licensing.counting import usage_now
from licensing.entitlements import entitlements
from licensing.models import Event, Licence, Notice
from licensing.offers import compare
from licensing.periods import add_intervals
from licensing.planned import Change, changes_of
from licensing.sharing import publications
from licensing.standing import Standing, less_retired
from licensing.terms import EditionTerms, TierTerms, edition_terms, storefront
from licensing.usage import DATA_KEPT, Meter, Usage, meters
from licensing.waived import Waived, open_waivers_of
from portal.mails.features import held_words
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import is_yearly, newest_usage, rows_of, terms_in_force
from portal.mails.sums import card_of, seats_words, tax_words
from portal.mails.turns import is_the_turn
from portal.pages.moving import moving

# Invoices that charged a whole period: what "last time" means.
WHOLE_PERIOD = ("subscription_create", RENEWS)


@dataclass(frozen=True)
class AboutRenewal:
    """A licence about to renew. `before` is how an event remembers it when the last whole period was charged."""

    licence: Licence
    payer: Payer | None
    last: Invoice | None
    before: dict[str, Any] | None
    newest_id: int
    usage: dict[str, Usage] = field(default_factory=dict)
    today: EditionTerms | None = None
    waived: tuple[Waived, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Leaving:
    """A feature that leaves within what the renewal pays for, as it was announced."""

    name: str
    when: datetime


@dataclass(frozen=True)
class Cheaper:
    """A lower tier of today's terms that everything in use would fit into. `amount` is for one period, before tax."""

    tier: TierTerms
    edition: EditionTerms
    amount: int
    saves: int
    loses: list[str]


class RenewalReminder(Kind[AboutRenewal]):
    """Yearly thirty, seven and one days before, monthly three days; only the nearest is said."""

    key = "renewal_reminder"
    audience = Audience.SPENDERS
    opt_out_words = gettext_lazy("reminders of monthly renewals")

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutRenewal]:
        """Nine queries."""
        licences = rows_of(notices, Licence.objects.select_related("price"))
        customers = {licence.customer_id for licence in licences.values()}
        payers = {payer.customer_id: payer for payer in Payer.objects.filter(customer_id__in=customers)}
        last = _last_whole_invoices(customers)
        before = _before(licences.values(), last)
        usage = newest_usage(customers, at=at)
        waived = open_waivers_of(customers, at=at)
        shop = storefront()
        planned = changes_of(licence.pk for licence in licences.values())
        published = publications()
        return {
            number: AboutRenewal(
                licence,
                payers.get(licence.customer_id),
                last.get(licence.customer_id),
                before.get(licence.customer_id),
                published.newest(licence.product_id),
                usage.get(licence.customer_id, {}),
                shop.edition if shop else None,
                waived.get(licence.customer_id, ()),
                planned.get(licence.pk, ()),
            )
            for number, licence in licences.items()
        }

    def is_true(self, about: AboutRenewal, notice: Notice, at: datetime) -> bool:
        """While it renews on the day that was meant, nothing is owed already, and no nearer reminder has its turn."""
        licence = about.licence
        return (
            licence.ended_at is None
            and licence.price is not None
            and licence.period_end is not None
            and not licence.cancels_at_period_end
            and licence.state == Licence.State.ACTIVE
            and is_the_turn(
                notice.period,
                when=licence.period_end,
                turns=YEARLY if is_yearly(licence) else MONTHLY,
                at=at,
            )
        )

    def may_opt_out(self, about: AboutRenewal) -> bool:
        """Before a monthly renewal; a year's money is always announced."""
        return not is_yearly(about.licence)

    def facts(self, about: AboutRenewal, notice: Notice, at: datetime) -> dict[str, Any]:
        """The date, the exact amount and its parts, what changed, what is used, and how to change or cancel."""
        licence = about.licence
        edition, _ = terms_in_force(licence, newest_id=about.newest_id)
        edition = less_retired(edition, licence.tier_id, about.changes)
        tier = edition.tier_by_id(licence.tier_id)
        standing = Standing(
            customer=notice.customer,
            licence=licence,
            trial=None,
            edition=edition,
            tier=tier,
            trial_edition=None,
            trial_tier=None,
            at=at,
            newest_id=about.newest_id,
            open_waivers=about.waived,
            changes=about.changes,
        )
        renewal = next_renewal(standing=standing, payer=about.payer)
        assert renewal is not None
        usage = usage_now(about.usage, standing=standing)
        used = meters(entitled=entitlements(standing), usage=usage)
        price = tier.price_by_id(licence.price_id)
        return {
            "licence": licence,
            "tier": tier,
            "edition": edition,
            "renewal": renewal,
            "currency": renewal.currency,
            "minus_credit": -renewal.credit_used,
            "minus_carried": -renewal.carried,
            "bought": seats_words(tier, seats=licence.seats, per_seat=price is None or price.per_seat),
            "is_yearly": is_yearly(licence),
            "tax_words": tax_words(about.payer),
            "card": card_of(about.payer),
            "last": about.last,
            "difference": renewal.price + renewal.tax - about.last.total if about.last else None,
            "changes": _changes(about.before, licence, tier) if about.before else [],
            "leaving": _leaving(about, edition, at=at),
            "move": moving(standing, usage=usage) if carried_by_the_renewal(standing) else None,
            "data_kept": DATA_KEPT.text(None),
            "meters": used,
            "cheaper": _cheaper(about, used, renewal, tier, edition),
            "change_url": link("upgrade"),
            "billing_url": link("billing"),
            "plan_url": link("plan"),
        }


def _leaving(about: AboutRenewal, edition: EditionTerms, *, at: datetime) -> list[Leaving]:
    """What goes before the period that is paid for now is over, the soonest first."""
    licence = about.licence
    assert licence.price is not None
    assert licence.period_end is not None
    paid_until = add_intervals(anchor=licence.period_end, interval=licence.price.interval, count=1)
    found = [
        Leaving(feature.name, change.takes_effect_at)
        for change in about.changes
        if change.is_announced
        and change.takes_effect_at is not None
        and at < change.takes_effect_at < paid_until
        and (feature := edition.feature(change.feature_key)) is not None
    ]
    return sorted(found, key=lambda one: one.when)


def _last_whole_invoices(customers: set[int]) -> dict[int, Invoice]:
    """Customer number → the newest paid invoice for a whole period."""
    paid = Invoice.objects.filter(customer_id__in=customers, status="paid", reason__in=WHOLE_PERIOD)
    newest = paid.order_by("customer_id", "-issued_at", "-pk").distinct("customer_id")
    return {invoice.customer_id: invoice for invoice in newest}


def _before(licences: Any, last: dict[int, Invoice]) -> dict[int, dict[str, Any]]:
    """Customer number → the paid licence as it was before its first move since the last whole invoice.

    The move out of the free tier that the invoice itself paid for is no change since.
    """
    since = {li.customer_id: last[li.customer_id].issued_at for li in licences if li.customer_id in last}
    if not since:
        return {}
    moves = Event.objects.filter(customer_id__in=since, kind="licence_moved", at__gt=min(since.values()))
    found: dict[int, dict[str, Any]] = {}
    for customer_id, at, before in moves.order_by("at", "pk").values_list("customer_id", "at", "before"):
        if at > since[customer_id] and before.get("price") is not None:
            found.setdefault(customer_id, before)
    return found


def _changes(before: dict[str, Any], licence: Licence, tier: TierTerms) -> list[str]:
    """What of the licence is not as it was when the last whole period was charged."""
    earlier_tier = edition_terms(before["edition"]).tier_by_id(before["tier"])
    changes = []
    if earlier_tier.key != tier.key:
        changes.append(_("from %(old)s to %(new)s") % {"old": earlier_tier.name, "new": tier.name})
    if before["seats"] != licence.seats:
        changes.append(
            ngettext("from %(old)d to %(new)d person", "from %(old)d to %(new)d people", licence.seats)
            % {"old": before["seats"], "new": licence.seats}
        )
    price = earlier_tier.price_by_id(before["price"])
    if price is not None and licence.price is not None and price.interval != licence.price.interval:
        changes.append(_("from monthly to yearly") if is_yearly(licence) else _("from yearly to monthly"))
    return changes


def _cheaper(
    about: AboutRenewal, used: list[Meter], renewal: Renewal, tier: TierTerms, edition: EditionTerms
) -> Cheaper | None:
    """The nearest lower tier on sale that costs less and holds all that is in use; None without readings to show it."""
    licence = about.licence
    if not used or about.today is None or licence.price is None:
        return None
    lower = [other for other in about.today.tiers if other.rank < tier.rank and other.key != tier.key]
    for other in sorted(lower, key=lambda other: -other.rank):
        price = other.price(currency=renewal.currency, interval=licence.price.interval)
        if price is None or not other.takes(licence.seats) or price.amount(licence.seats) >= renewal.price:
            continue
        if all(_fits(meter, other) for meter in used):
            rows = compare(held=tier, held_edition=edition, offered=other, edition=about.today)
            loses = [row for row in rows if row.change == "lose"]
            amount = price.amount(licence.seats)
            return Cheaper(other, about.today, amount, renewal.price - amount, held_words(loses))
    return None


def _fits(meter: Meter, tier: TierTerms) -> bool:
    """Whether what has been used is within the tier's own limit; what it does not include holds nothing."""
    limit = tier.value(meter.feature.key)
    return limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and meter.used <= limit)
