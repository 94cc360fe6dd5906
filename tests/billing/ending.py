"""January 2026 ends while Ada pays for it, and her next renewal carries it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from billing.edition_moves import LEAD
from licensing import sunsets
from licensing.catalogue import load_draft
from licensing.history import Actor
from licensing.models import Delivery, Edition, NoticeRule, PlannedChange, Product, Sunset
from portal.mails.outbox import send_due
from tests.billing.conftest import Buyer
from tests.publishing import colleague, publish, writer


def days(count: float) -> timedelta:
    return timedelta(days=count)


def ending(
    buyer: Buyer,
    *,
    price: str = "2700",
    outcome: str = "delivered",
    notice: Mapping[str, int] | None = None,
) -> Sunset:
    """Ada holds Team of January 2026 for three; July 2026 is sold, and January's end is announced and told. Seven days
    are notice enough here, so that her next renewal carries it; of some kind of change `notice` may ask for more.
    """
    buyer.with_card().buy("team", seats=3)
    buyer.receive(*buyer.events())
    at = timezone.now()
    source = Path("portal/demo/meridian-2026-01.toml").read_text()
    later = source.replace("2026-01", "2026-07").replace("January 2026", "July 2026").replace("2300", price)
    publish(load_draft(source=later, at=at), at=at)
    NoticeRule.objects.update(days=7)
    NoticeRule.objects.exclude(jurisdiction="").delete()
    for kind, more in (notice or {}).items():
        NoticeRule.objects.filter(kind=kind).update(days=more)
    sunset = Sunset.objects.create(
        product=Product.objects.get(),
        edition=Edition.objects.get(key="2026-01"),
        replacement=Edition.objects.get(key="2026-07"),
        reason="Two sets of terms cost more than they bring.",
        instead="Your tier as it is sold today.",
        export="Nothing is lost.",
        first_on=(at + days(7 + max(7, *(notice or {}).values(), 0))).date(),
    )
    sunset.authors.add(writer())
    sunset = sunsets.announce(sunset=sunset, approver=Actor.person(colleague()), at=at)
    send_due(at=at)
    reported(outcome, at=at)
    sunsets.follow_notices(at=at + days(1))
    return sunset


def reported(outcome: str, *, at: datetime) -> None:
    """What became of every mail so far; of "" nothing is heard."""
    arrived_at = at if outcome == "delivered" else None
    Delivery.objects.update(
        expects_word=True, outcome=outcome, outcome_at=at if outcome else None, arrived_at=arrived_at
    )


def change_of(buyer: Buyer) -> PlannedChange:
    return PlannedChange.objects.get(customer=buyer.customer)


def passes_to(buyer: Buyer, moment: datetime) -> datetime:
    """Let time pass at Stripe up to `moment`."""
    now = buyer.let_pass(seconds=0)
    return buyer.let_pass(seconds=int((moment - now).total_seconds()))


def before_renewal(buyer: Buyer, *, lead: timedelta = LEAD - timedelta(hours=1)) -> datetime:
    return passes_to(buyer, buyer.licence.period_end - lead)


def renews(buyer: Buyer) -> datetime:
    """The next period begins, its invoice is paid, and Stripe says so."""
    at = passes_to(buyer, buyer.licence.period_end + timedelta(hours=2))
    buyer.receive(*buyer.events(), at=at)
    return at
