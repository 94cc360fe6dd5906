"""Everything about one customer on one page, in a number of queries that does not grow with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from billing.admin.queues import DIFFERENCE_QUEUES
from billing.brakes import brakes_of
from billing.models import Brake, Difference, Invoice, OpenViolation, Order, Payer, Quote
from billing.payers import payer_of
from licensing.admin.waiver_words import answer_words, state_words
from licensing.counting import usage_now
from licensing.entitlements import Entitlement, entitlements
from licensing.models import (
    Customer,
    Erasure,
    Event,
    Invitation,
    Licence,
    Member,
    Notice,
    PlannedChange,
    Trial,
    UpgradeRequest,
    Waiver,
)
from licensing.standing import Standing, standing_of
from licensing.terms import edition_terms
from licensing.usage import Meter, meters, usage_of
from licensing.waivers.worth import what_is_waived
from portal.admin.history_words import Line, lines
from portal.hijack import may_look_as
from portal.pages.planned import paid_ahead_words

NEWEST = 10
(OPEN_DIFFERENCES,) = DIFFERENCE_QUEUES
EVENTS_A_PAGE = 25


@dataclass(frozen=True)
class Person:
    """A member, and whether the reader may look at the portal as this person does."""

    member: Member
    may_be_looked_as: bool


@dataclass(frozen=True)
class Exceptional:
    """A waiver as the page lists it; `state` by the clock."""

    waiver: Waiver
    what: str
    state: str
    state_words: str

    @property
    def is_open(self) -> bool:
        return self.state in Waiver.OPEN

    @property
    def answer_by(self) -> str:
        """By when an answer is promised, of one that waits."""
        return answer_words(self.waiver)

    @property
    def is_owed(self) -> bool:
        """Whether it is a credit that was granted: it has no end."""
        return self.waiver.kind == Waiver.Kind.PRICE and self.waiver.granted_at is not None


@dataclass(frozen=True)
class Planned:
    """What a sunset does to the customer, and how the page says it: Single sign-on leaves Team. `paid_ahead` is what
    they are told of a year's payment; empty where none reaches beyond the day.
    """

    change: PlannedChange
    words: str
    paid_ahead: str


@dataclass(frozen=True)
class CustomerPage:
    """What one staff person may see of one customer; a part that they may not see is None."""

    customer: Customer
    at: datetime
    brakes: list[Brake] | None
    violations: list[OpenViolation] | None
    differences: list[Difference] | None
    standing: Standing | None
    entitled: list[Entitlement] | None
    meters: list[Meter] | None
    people: list[Person] | None
    invitations: list[Invitation] | None
    requests: list[UpgradeRequest] | None
    earlier_licences: list[Licence] | None
    trials: list[Trial] | None
    waivers: list[Exceptional] | None
    planned: list[Planned] | None
    erasure: Erasure | None
    payer: Payer | None
    orders: list[Order] | None
    quotes: list[Quote] | None
    invoices: list[Invoice] | None
    notices: list[Notice] | None
    history: list[Line] | None
    history_page: Page[Event] | None

    @property
    def is_parked(self) -> bool:
        return any(brake.customer_id for brake in self.brakes or ())


def customer_page(customer: Customer, *, reader: Any, page: str, at: datetime) -> CustomerPage:
    """Gather the parts that `reader` (a staff person) may view. `page` is the page of the history."""

    def sees(model: str) -> bool:
        return bool(reader.has_perm(model.replace(".", ".view_")))

    standing = _standing(customer, at=at) if sees("licensing.licence") else None
    entitled = entitlements(standing) if standing else None
    events = _events(customer, page=page) if sees("licensing.event") else None
    return CustomerPage(
        customer=customer,
        at=at,
        brakes=list(brakes_of(customer.pk)) if sees("billing.brake") else None,
        violations=list(OpenViolation.objects.filter(customer=customer)[:NEWEST])
        if sees("billing.openviolation")
        else None,
        differences=list(OPEN_DIFFERENCES.rows(at=at).filter(customer=customer)[:NEWEST])
        if sees("billing.difference")
        else None,
        standing=standing,
        entitled=list(entitled.values()) if entitled else None,
        meters=meters(entitled=entitled, usage=usage_now(usage_of(customer, at=at), standing=standing))
        if standing is not None and entitled is not None and sees("licensing.usagereading")
        else None,
        people=_people(customer, reader=reader) if sees("licensing.member") else None,
        invitations=list(_open_invitations(customer, at=at)) if sees("licensing.invitation") else None,
        requests=list(_open_requests(customer)) if sees("licensing.upgraderequest") else None,
        earlier_licences=list(_earlier_licences(customer)) if sees("licensing.licence") else None,
        trials=list(_trials(customer)) if sees("licensing.trial") else None,
        waivers=_waivers(customer, standing, at=at) if sees("licensing.waiver") else None,
        planned=_planned(customer, standing) if sees("licensing.plannedchange") else None,
        erasure=Erasure.objects.filter(customer=customer, withdrawn_at=None).first()
        if sees("licensing.erasure")
        else None,
        payer=payer_of(customer) if sees("billing.payer") else None,
        orders=list(_orders(customer)) if sees("billing.order") else None,
        quotes=list(_quotes(customer)) if sees("billing.quote") else None,
        invoices=list(Invoice.objects.filter(customer=customer)[:NEWEST])
        if sees("billing.invoice")
        else None,
        notices=list(_notices(customer)) if sees("licensing.notice") else None,
        history=lines(list(events)) if events is not None else None,
        history_page=events,
    )


def _standing(customer: Customer, *, at: datetime) -> Standing | None:
    """None where no licence is live: the organisation is closed."""
    try:
        return standing_of(customer, at=at)
    except Licence.DoesNotExist:
        return None


def _people(customer: Customer, *, reader: Any) -> list[Person]:
    members = Member.objects.filter(customer=customer).select_related("user")
    return [Person(member, may_look_as(hijacker=reader, hijacked=member.user)) for member in members]


def _open_invitations(customer: Customer, *, at: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(customer=customer, accepted_at=None, revoked_at=None, expires_at__gt=at)


def _open_requests(customer: Customer) -> QuerySet[UpgradeRequest]:
    return UpgradeRequest.objects.filter(customer=customer, answered_at=None).select_related("asked_by")


def _earlier_licences(customer: Customer) -> QuerySet[Licence]:
    ended = Licence.objects.filter(customer=customer, ended_at__isnull=False)
    return ended.select_related("tier__edition").order_by("-ended_at")[:NEWEST]


def _trials(customer: Customer) -> QuerySet[Trial]:
    return Trial.objects.filter(customer=customer).select_related("tier__edition")[:NEWEST]


def _waivers(customer: Customer, standing: Standing | None, *, at: datetime) -> list[Exceptional]:
    """By the names of today's terms; where nothing is held, by their keys."""
    edition = edition_terms(standing.newest_id) if standing else None
    rows = Waiver.objects.filter(customer=customer)[:NEWEST]
    return [
        Exceptional(
            waiver, what_is_waived(waiver, edition=edition), waiver.state(at=at), state_words(waiver, at=at)
        )
        for waiver in rows
    ]


def _planned(customer: Customer, standing: Standing | None) -> list[Planned]:
    rows = PlannedChange.objects.filter(customer=customer).order_by("-pk")
    rows = rows.select_related("tier", "sunset__edition", "sunset__replacement")[:NEWEST]
    return [
        Planned(change, _planned_words(change, standing), _paid_ahead(change, standing)) for change in rows
    ]


def _paid_ahead(change: PlannedChange, standing: Standing | None) -> str:
    """What somebody who has paid the year is told of a feature that leaves; empty for everybody else."""
    if standing is None or change.licence_id != standing.licence.pk or not change.feature_key:
        return ""
    if change.state == PlannedChange.State.VOID or change.tier_id != standing.tier.id:
        return ""
    return paid_ahead_words(standing.licence, interval=standing.interval, leaves_at=change.takes_effect_at)


def _planned_words(change: PlannedChange, standing: Standing | None) -> str:
    """A feature as the terms call it that they hold; by its key where those do not have it, or nothing is held."""
    if ending := change.sunset.edition:
        after = change.sunset.replacement
        return f"{ending.name} ends" + (f", followed by {after.name}" if after else "")
    feature = standing.edition.feature(change.feature_key) if standing else None
    return f"{feature.name if feature else change.feature_key} leaves {change.tier.name}"


def _orders(customer: Customer) -> QuerySet[Order]:
    orders = Order.objects.filter(customer=customer).select_related("quote__tier__edition")
    return orders.prefetch_related("attempts")[:NEWEST]


def _quotes(customer: Customer) -> QuerySet[Quote]:
    return Quote.objects.filter(customer=customer).select_related("tier__edition", "order")[:NEWEST]


def _notices(customer: Customer) -> QuerySet[Notice]:
    return Notice.objects.filter(customer=customer).prefetch_related("deliveries")[:NEWEST]


def _events(customer: Customer, *, page: str) -> Page[Event]:
    return Paginator(Event.objects.filter(customer=customer), EVENTS_A_PAGE).get_page(page)
