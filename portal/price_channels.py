"""What each channel says that a tier costs, read where a person reads it: out of the page, the mail, Stripe's answer.

Every amount is what one interval costs for `Case.seats`, in minor units, before tax and credit. None: the channel says
nothing where it should. A channel knows nothing of what would be right.
"""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from billing import gateway
from billing.renewals import next_renewal
from licensing.certificates import certificate_of
from licensing.history import subject_of
from licensing.models import Customer, Notice
from licensing.money import minor_digits
from licensing.offers import offers_for
from licensing.rules.situation import Situation
from licensing.standing import Standing
from licensing.terms import EditionTerms, PriceTerms, Storefront, TierTerms
from portal.facts import Facts
from portal.mails.briefing import Brief
from portal.mails.kinds import KINDS
from portal.mails.letter import write_letter
from portal.pages.prices import INTERVALS
from portal.reader import reading_as
from portal.views.pricing import pricing

READER = "en_US"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Said:
    tier_key: str
    currency: str
    interval: str
    amount: int | None


@dataclass(frozen=True)
class Case:
    """One customer at a moment, priced for the seats that they hold."""

    customer: Customer
    facts: Facts
    shop: Storefront
    at: datetime

    @property
    def standing(self) -> Standing:
        return self.facts.standing

    @property
    def today(self) -> EditionTerms:
        return self.shop.edition

    @property
    def seats(self) -> int:
        return self.standing.licence.seats

    @property
    def own_tiers(self) -> list[TierTerms]:
        """Every paid tier as this customer may have it: their own on the terms they hold, the others on today's."""
        held = self.standing.tier
        return [tier for tier in (held, *self._others) if not tier.is_free]

    @property
    def _others(self) -> list[TierTerms]:
        return [tier for tier in self.today.tiers if tier.key != self.standing.tier.key]

    @cached_property
    def at_stripe(self) -> dict[str, tuple[str, int, str]]:
        """Lookup key → (price id, unit amount, currency). Raises StripeUnavailable, StripeRefused."""
        keys = sorted({p.lookup_key for tier in (*self.today.tiers, *self.own_tiers) for p in tier.prices})
        found: dict[str, tuple[str, int, str]] = {}
        for start in range(0, len(keys), gateway.KEYS_AT_ONCE):
            found |= gateway.find_prices(keys[start : start + gateway.KEYS_AT_ONCE])
        return found


def price_list(case: Case) -> Iterator[Said]:
    """The public page, as a visitor gets it, in every currency and interval."""
    for currency in case.today.currencies:
        for interval in INTERVALS:
            request = RequestFactory().get("/", {"currency": currency, "interval": interval})
            request.user = AnonymousUser()
            with reading_as(locale=READER, zone=UTC):
                page = pricing(request).content.decode()
            shown = re.findall(r'<p class="price">\s*([^<]*?)\s*<small>(.*?)</small>', page, re.DOTALL)
            if len(shown) != len(case.today.tiers):
                shown = [("", "")] * len(case.today.tiers)
            for tier, (amount, per) in zip(case.today.tiers, shown, strict=True):
                if not tier.is_free:
                    unit = read_money(html.unescape(amount), currency)
                    many = case.seats if "a seat" in per else 1
                    yield Said(tier.key, currency, interval, None if unit is None else unit * many)


def calculator(case: Case) -> Iterator[Said]:
    """What each tier costs from its first renewal on; in other currencies, as a new customer would be told."""
    for currency in case.today.currencies:
        situation = case.facts.situation
        if currency != case.customer.currency:
            situation = _as_newcomer(situation, currency)
        for interval in INTERVALS:
            for offer in offers_for(situation, seats=case.seats, interval=interval):
                if not offer.tier.is_free:
                    amount = offer.estimate.renewal_amount if offer.estimate else None
                    yield Said(offer.tier.key, currency, interval, amount)


def at_stripe(case: Case) -> Iterator[Said]:
    """Stripe's prices of today's edition, found by lookup key."""
    for tier in case.today.tiers:
        for price in tier.prices:
            yield _found_at_stripe(tier, price, case)


def held_at_stripe(case: Case) -> Iterator[Said]:
    """Stripe's prices of the tier and edition that the customer holds: what a renewal charges."""
    tier = case.standing.tier
    for price in tier.prices:
        if price.currency == case.customer.currency:
            yield _found_at_stripe(tier, price, case)


def quote(case: Case) -> Iterator[Said]:
    """What Stripe's preview, of which quotes are made, bills for a whole period. Only for who is known at Stripe."""
    if case.facts.payer is None:
        return
    for tier in case.own_tiers:
        for price in tier.prices:
            if price.currency != case.customer.currency:
                continue
            price_id = case.at_stripe.get(price.lookup_key, ("", 0, ""))[0]
            amount = None
            if price_id:
                preview = gateway.preview_first(
                    customer_id=case.facts.payer.stripe_id,
                    price_id=price_id,
                    quantity=_quantity(price, case),
                )
                amount = sum(line.amount for line in preview.lines if line.kind == "charge")
            yield Said(tier.key, price.currency, price.interval, amount)


def renewal_mail(case: Case) -> Iterator[Said]:
    """The reminder as it would be written today, read in its text."""
    standing = case.standing
    if next_renewal(standing=standing, payer=case.facts.payer) is None or standing.held is None:
        return
    reader = copy.copy(case.customer)
    reader.locale = READER
    kind = KINDS["renewal_reminder"]
    notice = Notice(
        pk=0, customer=reader, kind=kind.key, subject=subject_of(standing.licence), owed_at=case.at
    )
    about = kind.read([notice], case.at)[0]
    letter = write_letter(
        brief=Brief(notice, kind, about, is_true=True), address="", product=case.shop.product, at=case.at
    )
    found = re.search(r"for a (?:year|month): (\S+)$", letter.text, re.MULTILINE)
    price = standing.held.price
    amount = read_money(found[1], price.currency) if found else None
    yield Said(standing.tier.key, price.currency, price.interval, amount)


def certificate(case: Case) -> Iterator[Said]:
    """The price that is locked, and that of the other interval."""
    locked = certificate_of(case.standing, shop=case.shop)
    if locked is not None:
        for price in filter(None, (locked.price, locked.other_price)):
            yield Said(locked.tier.key, price.currency, price.interval, price.amount(locked.seats))


def read_money(words: str, currency: str) -> int | None:
    """What an amount as we write it in English is in minor units: ("US$1,230.50", "USD") → 123050. None: no amount."""
    found = re.search(r"\d[\d,]*(?:\.(\d+))?", words)
    if found is None:
        return None
    digits = minor_digits(currency)
    whole = found[0].split(".")[0].replace(",", "")
    return int(whole) * 10**digits + int((found[1] or "").ljust(digits, "0")[:digits] or 0)


def _found_at_stripe(tier: TierTerms, price: PriceTerms, case: Case) -> Said:
    _, unit_amount, currency = case.at_stripe.get(price.lookup_key, ("", 0, ""))
    amount = unit_amount * _quantity(price, case) if currency == price.currency else None
    return Said(tier.key, price.currency, price.interval, amount)


def _quantity(price: PriceTerms, case: Case) -> int:
    return case.seats if price.per_seat else 1


def _as_newcomer(situation: Situation, currency: str) -> Situation:
    """The same people with a free licence of today, in another currency."""
    today, standing = situation.today, situation.standing
    customer, licence = copy.copy(standing.customer), copy.copy(standing.licence)
    customer.currency = currency
    licence.price = licence.period_start = licence.period_end = None
    free = today.free_tier
    held = replace(
        standing,
        customer=customer,
        licence=licence,
        edition=today,
        tier=free,
        trial=None,
        trial_edition=None,
        trial_tier=None,
    )
    return replace(situation, standing=held)
