"""Customers all over the world whose subscriptions the sandbox renews, and the years that pass over them.

Their time is the sandbox's: it begins in January 2024 and is moved forward from one due date to the next.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing import renewals
from billing.models import Subscription
from billing.subscriptions import follow
from licensing.models import Customer, Licence, Notice, Product
from portal.mails.briefing import briefs_of
from portal.mails.letter import write_letter
from tests.billing.conftest import Buyer
from tests.calendars.oracle import ZONES, as_read, boundary
from tests.cast import organisation, person
from tests.infra.proof import LONG
from tests.infra.sandbox import Sandbox

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TURNS = {"month": [3], "year": [1, 7, 30]}
# Where a day begins and ends, the hours that summer time skips and repeats, and noon: on the customer's own clock.
HOURS = [time(0, 0), time(23, 59), time(2, 30), time(1, 30), time(12, 0)]


@dataclass(frozen=True)
class Wish:
    """Who will subscribe: on which day, by the month or the year, at what time on the clock of which zone."""

    on: datetime
    interval: str
    zone: str

    @property
    def at(self) -> datetime:
        return self.on.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


@dataclass
class Holder:
    """A customer with a paid licence; `anchor` is the second in which Stripe began the subscription."""

    customer: Customer
    licence_id: int
    stripe_id: str
    anchor: datetime
    interval: str

    def end(self, count: int) -> datetime:
        """Where the period with this number, from 1, should end."""
        return boundary(self.anchor, self.interval, count)


def wishes(days: Sequence[tuple[int, int, str]]) -> list[Wish]:
    """One for each (month, day, interval) of 2024, zones and hours taken in turn; the earliest first."""
    found = [
        Wish(
            datetime.combine(date(2024, month, day), HOURS[place % len(HOURS)]),
            interval,
            ZONES[place % len(ZONES)],
        )
        for place, (month, day, interval) in enumerate(days)
    ]
    return sorted(found, key=lambda wish: wish.at)


@dataclass
class Fleet:
    """The holders, the sweeps that ran, and what was found wrong in the mails as they went out."""

    sandbox: Sandbox
    holders: list[Holder] = field(default_factory=list)
    swept_at: list[datetime] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    letters: int = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sandbox.look("health")["now"], UTC)

    def move_to(self, at: datetime) -> None:
        """Let Stripe's clock come to `at`; it never goes back."""
        self.sandbox.control("clock", advance=max(0, int((at - self.now()).total_seconds())))

    def live(
        self, *, wishes: list[Wish], days: int, rng: random.Random, silent: Sequence[tuple[int, int]]
    ) -> None:
        """So many days from the beginning: subscriptions begin, renew, and are swept once or twice a day at any hour.

        On the days of `silent` (from, up to) nothing is swept.
        """
        for number in range(days):
            midnight = BEGINS + number * DAY
            while wishes and wishes[0].at < midnight + DAY:
                self._subscribe(wishes.pop(0))
            self._renew(until=midnight + DAY)
            if self._sweeps(midnight) and not any(first <= number < last for first, last in silent):
                for at in sorted(self._hours(midnight, rng)):
                    self._sweep(at)

    def _sweeps(self, midnight: datetime) -> bool:
        """The long form sweeps every day; the short one leaves out most days on which no turn can begin."""
        if LONG:
            return True
        ends = Licence.objects.filter(period_end__gt=midnight - DAY).values_list("period_end", flat=True)
        return any(-1 <= (end - midnight).days - turn <= 1 for end in ends for turn in (0, 1, 3, 7, 30))

    def _hours(self, midnight: datetime, rng: random.Random) -> Iterator[datetime]:
        for _ in range(rng.choice([1, 1, 2])):
            yield midnight + timedelta(seconds=rng.randrange(86_400))

    def _renew(self, *, until: datetime) -> None:
        """What renews on this day is followed as it happens, and sweeps of the day are in between."""
        due = Licence.objects.filter(ended_at=None, period_end__lt=until).order_by("period_end")
        self.upcoming = list(due.values_list("pk", "period_end"))

    def _follow_due(self, at: datetime) -> None:
        ours = {holder.licence_id: holder for holder in self.holders}
        due = [pk for pk, end in self.upcoming if end <= at]
        if due:
            self.move_to(at)
            self.upcoming = [row for row in self.upcoming if row[0] not in due]
        for pk in due:
            follow(subscription_id=ours[pk].stripe_id, at=at)

    def _sweep(self, at: datetime) -> None:
        self._follow_due(at)
        renewals.remind_due(at=at)
        self.swept_at.append(at)
        self._read_mails(at)

    def _read_mails(self, at: datetime) -> None:
        """Every notice is true when it is owed, and names the moment as its reader's clock will show it.

        Then it is closed; sending is proved elsewhere.
        """
        waiting = list(
            Notice.objects.filter(kind="renewal_reminder", state="waiting").select_related("customer")
        )
        if not waiting:
            return
        product = Product.objects.get(key="meridian")
        for brief in briefs_of(waiting, at=at).values():
            customer = brief.notice.customer
            ends = Licence.objects.get(customer=customer, ended_at=None).period_end
            local = ends.astimezone(customer.zone)
            letter = write_letter(brief=brief, address="owner@demo.test", product=product, at=at)
            month = f"{local:%b}".replace("Sep", "Sept")  # as the British write it
            year = "" if local.year == at.astimezone(customer.zone).year else f" {local.year}"
            subject, moment = f"renews on {local.day} {month}{year} for", as_read(ends, customer.zone)
            if not brief.is_true or subject not in letter.subject or moment not in letter.text:
                self.misread.append(f"{customer.time_zone} {ends}: {letter.subject}")
            self.letters += 1
        Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(state="dropped", closed_at=at)

    def _subscribe(self, wish: Wish) -> None:
        self.move_to(wish.at)
        number = len(self.holders)
        owner = person(f"Owner{number} Holder")
        customer = organisation(
            f"Holder {number}", owner=owner, country="US", currency="USD", time_zone=wish.zone, at=wish.at
        )
        buyer = Buyer(customer, owner, self.sandbox).with_card()
        buyer.accept(buyer.quote("team", seats=2, interval=wish.interval, at=wish.at), at=wish.at)
        licence = buyer.licence
        self.holders.append(
            Holder(
                customer,
                licence.pk,
                Subscription.objects.get(licence=licence).stripe_id,
                licence.period_start,
                wish.interval,
            )
        )
