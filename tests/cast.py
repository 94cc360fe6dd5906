"""The known cast: the demo's people and organisations as rows, without Stripe. They mean the same in every test.

Ada owns Okafor Bakeries (Team monthly, 8 seats, today's edition, card on file); Eve is a plain member there and Fay
pays the bills. Bo's Lindqvist & Daughters hold Team yearly of the older, kinder edition. Cy's Tanaka Studio is on the
free tier without a card. Di's Marsh Surveyors are past due.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress

from billing.models import Payer, Subscription
from licensing import catalogue
from licensing.customers import open_customer
from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import Customer, Edition, Licence, Member, Price, Role, Tier
from licensing.periods import add_intervals
from portal.models import User
from tests.publishing import publish

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "demo-portal"
OLD, TODAY = "2025-03", "2026-01"
PUBLISHED = {OLD: datetime(2025, 3, 3, 9, 0, tzinfo=UTC), TODAY: datetime(2026, 1, 12, 9, 0, tzinfo=UTC)}
CATALOGUES = Path(__file__).resolve().parents[1] / "portal" / "demo"


@dataclass(frozen=True)
class Party:
    """A customer, the person who speaks for it, and its live licence."""

    user: User
    member: Member
    customer: Customer
    licence: Licence


def make_catalogue() -> Edition:
    """Both editions of the demo, published; the newer one, which is on sale, is returned. Again: nothing happens."""
    if on_sale := Edition.objects.filter(
        key=TODAY, product__key="meridian", published_at__isnull=False
    ).first():
        return on_sale
    for key, at in PUBLISHED.items():
        draft = catalogue.load_draft(source=(CATALOGUES / f"meridian-{key}.toml").read_bytes(), at=at)
        edition = publish(draft, at=at)
    return edition


def later_terms(*changes: tuple[str, str], at: datetime = NOON - timedelta(days=100)) -> Edition:
    """The terms of July 2026, published at `at`: today's with these changes of their file's text."""
    text = (CATALOGUES / f"meridian-{TODAY}.toml").read_text()
    for old, new in (("2026-01", "2026-07"), ("January 2026", "July 2026"), *changes):
        assert old in text
        text = text.replace(old, new)
    return publish(catalogue.load_draft(source=text, at=at), at=at)


def person(name: str, email: str = "", *, verified: bool = True, **fields: Any) -> User:
    """Somebody who can sign in with PASSWORD: `person("Gus")` is gus@demo.test. The same one when asked again."""
    email = email or f"{name.split(' ')[0].lower()}@demo.test"
    if known := User.objects.filter(email=email).first():
        return known
    user = User.objects.create_user(email, PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def organisation(
    name: str,
    *,
    owner: User,
    country: str,
    currency: str,
    time_zone: str,
    locale: str = "en_GB",
    at: datetime,
) -> Customer:
    """A customer on the free tier of today's edition, opened at `at`."""
    make_catalogue()
    return open_customer(
        name=name,
        country=country,
        currency=currency,
        time_zone=time_zone,
        locale=locale,
        owner=owner,
        at=at,
    )


def joins(user: User, customer: Customer, *, role: str = Role.MEMBER, at: datetime = NOON) -> Member:
    """`user` as a member of `customer`."""
    return Member.objects.get_or_create(
        customer=customer, user=user, defaults={"role": role, "joined_at": at}
    )[0]


def holds(
    customer: Customer,
    *,
    tier: str,
    edition: str = TODAY,
    interval: str = "month",
    seats: int = 1,
    since: datetime,
    **fields: Any,
) -> Licence:
    """Put the customer's licence on a paid tier for the period that begins at `since`, with subscription and card."""
    licence = Licence.objects.get(customer=customer, ended_at=None)
    bought = Tier.objects.get(edition__key=edition, key=tier)
    price = Price.objects.get(tier=bought, currency=customer.currency, interval=interval)
    change_licence(
        licence=licence,
        kind="licence_moved",
        at=since,
        actor=COMMAND,
        edition_id=bought.edition_id,
        tier_id=bought.pk,
        price_id=price.pk,
        seats=seats,
        period_start=since,
        period_end=add_intervals(anchor=since, interval=interval, count=1),
        **fields,
    )
    has_card(customer)
    Subscription.objects.get_or_create(
        licence=licence,
        defaults={"stripe_id": f"sub_{customer.slug}", "stripe_item_id": f"si_{customer.slug}"},
    )
    return licence


def has_card(customer: Customer) -> Payer:
    """The customer as known to Stripe, with Visa ·· 4242 on file."""
    return Payer.objects.get_or_create(
        customer=customer,
        defaults={
            "stripe_id": f"cus_{customer.slug}",
            "payment_method_id": f"pm_{customer.slug}",
            "card_brand": "visa",
            "card_last4": "4242",
            "card_exp_month": 12,
            "card_exp_year": 2030,
        },
    )[0]


def ada(*, at: datetime = NOON) -> Party:
    """Okafor Bakeries: Team monthly, 8 seats at $23, renews 22 days after `at`."""
    user = person("Ada Okafor")
    since = at - timedelta(days=8)
    customer = organisation(
        "Okafor Bakeries", owner=user, country="DE", currency="USD", time_zone="Europe/Berlin", at=since
    )
    return _party(user, customer, _unless_held(customer, tier="team", seats=8, since=since))


def bo(*, at: datetime = NOON) -> Party:
    """Lindqvist & Daughters: Team yearly of March 2025, 6 seats at €170, renews 7 days after `at`."""
    user = person("Bo Lindqvist")
    since = add_intervals(anchor=at + timedelta(days=7), interval="year", count=-1)
    customer = organisation(
        "Lindqvist & Daughters",
        owner=user,
        country="SE",
        currency="EUR",
        time_zone="Europe/Stockholm",
        at=since,
    )
    licence = _unless_held(customer, tier="team", edition=OLD, interval="year", seats=6, since=since)
    return _party(user, customer, licence)


def cy(*, at: datetime = NOON) -> Party:
    """Tanaka Studio: free, in yen, no card."""
    user = person("Cy Tanaka")
    customer = organisation(
        "Tanaka Studio",
        owner=user,
        country="JP",
        currency="JPY",
        time_zone="Asia/Tokyo",
        locale="en_US",
        at=at,
    )
    return _party(user, customer, Licence.objects.get(customer=customer, ended_at=None))


def di(*, at: datetime = NOON) -> Party:
    """Marsh Surveyors: Business monthly, 3 seats; the renewal two days before `at` was not paid."""
    user = person("Di Marsh")
    since = at - timedelta(days=2)
    customer = organisation(
        "Marsh Surveyors", owner=user, country="GB", currency="EUR", time_zone="Europe/London", at=since
    )
    licence = _unless_held(
        customer, tier="business", seats=3, since=since, state=Licence.State.PAST_DUE, past_due_since=since
    )
    return _party(user, customer, licence)


def eve(*, at: datetime = NOON) -> Member:
    """A plain member of Okafor Bakeries."""
    return joins(person("Eve Okafor"), ada(at=at).customer, at=at)


def fay(*, at: datetime = NOON) -> Member:
    """Pays the bills of Okafor Bakeries."""
    return joins(person("Fay Brandt"), ada(at=at).customer, role=Role.BILLING, at=at)


def _party(user: User, customer: Customer, licence: Licence) -> Party:
    return Party(user, Member.objects.get(user=user, customer=customer), customer, licence)


def _unless_held(customer: Customer, **terms: Any) -> Licence:
    """The same person asked for again is the same customer with the same licence."""
    licence = Licence.objects.get(customer=customer, ended_at=None)
    return holds(customer, **terms) if licence.is_free else licence
