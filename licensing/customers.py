"""Opening an organisation, and closing it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from licensing.giving_up import ask_whether_agreed, given_up, keys_of
from licensing.grandfathering import Difference
from licensing.history import Actor, entry, record
from licensing.licences import change_licence, lock_customer, open_free_licence
from licensing.models import Customer, Event, Licence, Member, Role, Trial
from licensing.names import plain_name
from licensing.reasons import Reason
from licensing.rules.opening import (
    A_DAY,
    ORGANISATIONS_A_DAY,
    closes_when_free,
    currency_is_on_sale,
    has_a_name,
    pace_of_organisations,
    something_is_on_sale,
    time_zone_exists,
)
from licensing.standing import standing_of
from licensing.terms import edition_terms, storefront
from licensing.trials import end_trial

SLUG_TRIES = 8


class UnableToOpen(Exception):
    """The organisation cannot be made; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


class UnableToClose(Exception):
    """The organisation must stay open; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


def open_customer(
    *, name: str, country: str, currency: str, time_zone: str, locale: str, owner: Any, at: datetime
) -> Customer:
    """Make an organisation with `owner` as its owner and the free tier of today's edition as its licence.

    `country` is an ISO 3166 code, `currency` an ISO 4217 code that today's edition has prices in, `time_zone` a name
    of the tz database. Two clicks make one organisation: an open one that `owner` owns under the same name is
    returned as it is. Raises UnableToOpen.
    """
    name, currency = plain_name(name), currency.upper()
    shop = storefront()
    today = shop.edition if shop else None
    _refuse(
        something_is_on_sale(today)
        or has_a_name(name)
        or currency_is_on_sale(currency, today.currencies if today else [])
        or time_zone_exists(time_zone)
    )
    assert today is not None, "the first rule asks for it"
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=owner.pk)
        if already := Customer.objects.filter(
            name=name, closed_at=None, members__user_id=owner.pk, members__role=Role.OWNER
        ).first():
            return already
        _refuse(pace_of_organisations(_made_long_ago(owner, at)))
        customer = _insert(
            Customer(
                name=name,
                country=country.upper(),
                currency=currency,
                time_zone=time_zone,
                locale=locale,
                created_at=at,
            )
        )
        Member.objects.create(customer=customer, user_id=owner.pk, role=Role.OWNER, joined_at=at)
        actor = Actor.person(owner)
        record(
            entry(
                customer=customer,
                kind="customer_opened",
                subject=customer,
                at=at,
                actor=actor,
                after={"name": name, "country": customer.country, "currency": currency, "owner": owner.pk},
            )
        )
        open_free_licence(customer=customer, edition=today, at=at, actor=actor)
    return customer


def close_customer(
    *, customer: Customer, owner: Any, at: datetime, reason: str = "", gives_up: bool = False
) -> Customer:
    """Close an organisation for good: its trial is given back, its free licence ends, its people leave it.

    What was bought, billed and recorded stays on record. A paid licence is cancelled first and runs to its end, so
    that nobody loses paid time by a click. `gives_up`: the owner has agreed to give up what is better in the terms they
    hold than in today's. Raises NotAgreed where that is needed and missing, UnableToClose.
    """
    actor = Actor.person(owner)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        if customer.closed_at:
            return customer
        licences = list(Licence.objects.select_for_update().filter(customer=customer, ended_at=None))
        for licence in licences:
            if refusal := closes_when_free(licence):
                raise UnableToClose(refusal)
        lost = _given_up(customer, at=at) if licences else ()
        ask_whether_agreed(lost, agreed=gives_up)
        end_trial(customer=customer, end=Trial.End.GIVEN_BACK, actor=actor, at=at, reason=reason)
        for licence in licences:
            change_licence(
                licence=licence, kind="licence_ended", at=at, actor=actor, reason=reason, ended_at=at
            )
        customer.closed_at = at
        customer.save(update_fields=["closed_at"])
        customer.invitations.filter(accepted_at=None, revoked_at=None).update(revoked_at=at)
        people = list(customer.members.values("user_id", "role"))
        customer.members.all().delete()
        record(
            entry(
                customer=customer,
                kind="customer_closed",
                subject=customer,
                at=at,
                actor=actor,
                before={"members": people},
                after={"given_up": keys_of(lost)} if lost else {},
                reason=reason,
            )
        )
    return customer


def _given_up(customer: Customer, *, at: datetime) -> tuple[Difference, ...]:
    """What would not come back, if the customer opened another organisation on today's terms."""
    standing = standing_of(customer, at=at)
    return given_up(standing, today=edition_terms(standing.newest_id))


def closed_by(user: Any) -> QuerySet[Customer]:
    """The organisations that `user` closed, the latest first. Nobody is in them any more; their data is still here."""
    mine = Event.objects.filter(kind="customer_closed", actor_id=user.pk).values("customer_id")
    return Customer.objects.filter(pk__in=mine, erased_at=None).exclude(closed_at=None).order_by("-closed_at")


def closed_by_whom(customer: Customer) -> Any:
    """The person who closed an organisation; None while it is open, and where they can sign in no more."""
    closing = Event.objects.filter(customer=customer, kind="customer_closed").first()
    if closing is None or closing.actor_id is None:
        return None
    return get_user_model()._default_manager.filter(pk=closing.actor_id, is_active=True).first()


def _refuse(reason: Reason | None) -> None:
    if reason:
        raise UnableToOpen(reason)


def _made_long_ago(owner: Any, at: datetime) -> datetime | None:
    """When the oldest of the person's organisations of the last day was made, if they are as many as a day may have."""
    made = Event.objects.filter(kind="customer_opened", actor_id=owner.pk, at__gt=at - A_DAY).order_by("-at")
    return next(iter(made.values_list("at", flat=True)[ORGANISATIONS_A_DAY - 1 : ORGANISATIONS_A_DAY]), None)


def _insert(customer: Customer) -> Customer:
    """Save with a slug made from the name; where that is taken, with a few letters after it."""
    stem = slugify(customer.name)[:50].strip("-") or "customer"
    customer.slug = stem
    for _try in range(SLUG_TRIES):
        try:
            with transaction.atomic():
                customer.save(force_insert=True)
            return customer
        except IntegrityError as error:
            if "slug" not in str(error):
                raise
            customer.slug = f"{stem}-{secrets.token_hex(3)}"
    raise UnableToOpen(
        Reason("named", _("That name could not be used just now."), _("Try again in a moment."))
    )
