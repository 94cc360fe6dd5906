"""The end of an edition in such a year: whoever pays nothing moves on their day, whoever pays with a renewal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from licensing import sunsets
from licensing.history import COMMAND, Actor
from licensing.licences import change_licence
from licensing.models import Delivery, Edition, Licence, PlannedChange, Price, Sunset, Tier
from licensing.periods import add_intervals
from licensing.promises import OF_LICENSING, breaches_of
from tests.cast import NOON, OLD
from tests.publishing import colleague
from tests.sunsets import editions
from tests.sunsets.renewing import price_to_come, renew
from tests.sunsets.year import DAY, Account, Year, on

# The longest of its three periods.
NOTICE_OF_AN_END = {"DE": 110, "SE": 90, "JP": 90, "US": 90}
PAYS = 3


class YearOfAnEnd(Year):
    """March 2025 ends in it. Every third customer pays by the month. At each of their renewals Stripe shows the price
    to come as soon as there is one: whether the licence goes with it is for the product to say.
    """

    def __init__(self, *, customers: int, seed: int, look_every: int, ends_on: int = 120) -> None:
        self.ends_on = ends_on
        self.end: Sunset | None = None
        self.prices: dict[int, int | None] = {}
        self.heard: dict[int, list[datetime]] = {}
        self.renewals: dict[int, datetime] = {}
        self.free_moves = self.paid_moves = self.renewed = 0
        super().__init__(customers=customers, seed=seed, look_every=look_every)

    def _put(self, account: Account, tier: Tier, *, at: datetime, day: int) -> None:
        super()._put(account, tier, at=at, day=day)
        self.prices[account.licence.pk] = None
        if int(account.customer.name.split()[-1]) % PAYS == 0:
            price = Price.objects.get(tier=tier, currency="EUR", interval="month")
            self.prices[account.licence.pk] = price.pk
            change_licence(
                licence=Licence.objects.get(pk=account.licence.pk), kind="licence_moved", at=at, actor=COMMAND,
                price_id=price.pk, period_start=at, period_end=add_intervals(anchor=at, interval="month", count=1),
            )  # fmt: skip

    def _acts(self, day: int, at: datetime) -> None:
        super()._acts(day, at)
        if day == self.ends_on:
            newest = Edition.objects.filter(published_at__isnull=False).order_by("-published_at").first()
            plan = editions.draft(replacement=newest, first_on=on(day + 95))
            self.end = sunsets.announce(sunset=plan, approver=Actor.person(colleague()), at=at)
            self.open = [where for where in self.open if where[0] != OLD]

    def _sweep(self, day: int, at: datetime) -> None:
        self.renewals.clear()
        due = Licence.objects.select_related("price", "tier").filter(price__isnull=False, period_end__lte=at)
        for licence in due:
            self.renewals[licence.pk] = renew(licence, at=at, price=price_to_come(licence))
        self.renewed += len(self.renewals)
        super()._sweep(day, at)
        self._who_has_moved(day, at)
        if day == 200:
            super()._never_is_a_bug_too(at)

    def _note_told(self, delivery: Delivery, when: datetime) -> None:
        super()._note_told(delivery, when)
        if delivery.notice.kind == "edition_ending":
            number = int(delivery.notice.subject.partition(":")[2])
            self.heard.setdefault(PlannedChange.objects.get(pk=number).licence_id, []).append(when)

    def _who_has_moved(self, day: int, at: datetime) -> None:
        """Hold the terms and the price of everybody against what they were promised."""
        held = {pk: (tier, price) for pk, tier, price in Licence.objects.values_list("pk", "tier", "price")}
        for account in self.accounts:
            number = account.licence.pk
            has = held[number]
            if has == (account.tier.pk, self.prices[number]):
                continue
            self.broken += [
                f"day {day}: {account.customer} moved: {why}" for why in self._wrong_move(account, has, at)
            ]
            account.tier, self.prices[number] = Tier.objects.select_related("edition").get(pk=has[0]), has[1]
            account.since = day
            self.free_moves += has[1] is None
            self.paid_moves += has[1] is not None

    def _wrong_move(self, account: Account, has: tuple[int, int | None], at: datetime) -> Iterator[str]:
        """Why this move may not be; nothing where it may."""
        if self.end is None or self.end.edition_id != account.tier.edition_id:
            yield "nothing announced moves it"
            return
        then = Tier.objects.get(edition=self.end.replacement_id, key=account.tier.key)
        pays = self.prices[account.licence.pk] and then.prices.get(currency="EUR", interval="month").pk
        if has != (then.pk, pays):
            yield "to other terms than was announced"
        if pays and account.licence.pk not in self.renewals:
            yield "within what is paid for"
        today = self.renewals.get(account.licence.pk, at).astimezone(account.zone).date()
        if today < self.end.first_on:
            yield "before the first day"
        told = [when for when in self.heard.get(account.licence.pk, []) if when <= at]
        if not told:
            yield "never told"
        elif (today - min(told).astimezone(account.zone).date()).days <= NOTICE_OF_AN_END[
            account.customer.country
        ]:
            yield "without its whole notice"

    def _never_is_a_bug_too(self, at: datetime) -> None:
        """Who was told in the first two hundred days, and has stayed, is on the later edition at the end."""
        for account in self.accounts:
            told = self.heard.get(account.licence.pk, [])
            if account.tier.edition.key == OLD and told and min(told) < NOON + 200 * DAY < at - 150 * DAY:
                self.broken.append(f"{account.customer} is still on {OLD}, long after its day")

    def ledger(self) -> dict[str, Any]:
        """What the product's own record of its promises says of the year: how many places were broken."""
        until = NOON + 400 * DAY
        return {
            promise.key: breaches_of(promise, since=NOON - DAY, at=until)[0]
            for promise in OF_LICENSING
            if promise.key in ("terms-kept", "sunsets-told")
        }
