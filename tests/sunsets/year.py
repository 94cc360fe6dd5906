"""A year of one vendor: editions, sunsets, mails with fates of their own, owners who move; and what was promised.

The books of this file are its own: who held what, which mail arrived when. What the product says is held against them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from licensing import catalogue, sunsets
from licensing.entitlements import entitlements
from licensing.history import COMMAND, Actor
from licensing.licences import change_licence
from licensing.models import Customer, Delivery, Edition, Grant, Licence, Sunset, Tier
from licensing.standing import standing_of
from portal.mails.outbox import send_due
from tests.cast import NOON, OLD, TODAY, joins, make_catalogue, organisation, person
from tests.publishing import colleague, publish
from tests.sunsets.scenes import draft, sweep

DAY = timedelta(days=1)
PLACES = {"DE": "Europe/Berlin", "SE": "Europe/Stockholm", "JP": "Asia/Tokyo", "US": "America/Los_Angeles"}
NOTICE = {"DE": 75, "SE": 60, "JP": 60, "US": 60}
# What becomes of a customer's mails, and of how many in a hundred customers.
FATES = {"arrives": 70, "late": 12, "bounces": 8, "silent": 6, "mended": 4}
SSO, AUTOMATIONS = "sso", "automations"


@dataclass
class Account:
    """One customer as these books know them."""

    customer: Customer
    licence: Licence
    zone: ZoneInfo
    fate: str
    tier: Tier
    since: int = 0
    # Feature → when mails that announce its end arrived.
    told: dict[str, list[datetime]] = field(default_factory=dict)


class Year:
    """Lives through it day by day; `broken` lists every promise that was not kept, in words."""

    def __init__(self, *, customers: int, seed: int, look_every: int) -> None:
        self.chance, self.look_every = random.Random(seed), look_every
        make_catalogue()
        self._read_tiers()
        # Where somebody may go of their own accord.
        self.open = [(OLD, "business"), (OLD, "team"), (TODAY, "team"), (TODAY, "business")]
        self.accounts = [self._account(number) for number in range(customers)]
        self.by_licence = {account.licence.pk: account for account in self.accounts}
        self.plans: dict[str, Sunset] = {}
        self.withdrawn: dict[str, int] = {}
        self.on_their_way: list[tuple[datetime, Delivery]] = []
        self.broken: list[str] = []
        self.looks = self.losses = self.moves = self.mails = 0

    def _read_tiers(self) -> None:
        self.gives = {
            tier.pk: {g.feature.key for g in tier.grants.select_related("feature")}
            for tier in Tier.objects.all()
        }
        self.tiers = {(t.edition.key, t.key): t for t in Tier.objects.select_related("edition")}

    def _account(self, number: int) -> Account:
        country = self.chance.choice(list(PLACES))
        customer = organisation(
            f"Org {number}", owner=person(f"P{number} Q"), country=country, currency="EUR",
            time_zone=PLACES[country], at=NOON,
        )  # fmt: skip
        joins(person(f"R{number} S"), customer, role="billing")
        tier = self.tiers[
            self.chance.choices([(OLD, "team"), (OLD, "business"), (TODAY, "team")], [80, 10, 10])[0]
        ]
        licence = Licence.objects.get(customer=customer)
        fate = self.chance.choices(list(FATES), list(FATES.values()))[0]
        account = Account(customer, licence, ZoneInfo(PLACES[country]), fate, tier)
        self._put(account, tier, at=NOON, day=0)
        return account

    def live(self, *, days: int = 365) -> Year:
        for day in range(days):
            at = NOON + day * DAY
            self._acts(day, at)
            self._some_move(day, at)
            self._post(at)
            self._sweep(day, at)
            if day % self.look_every == 0 or day == days - 1:
                self._look(day, at + timedelta(hours=1))
        self._never_is_a_bug_too(at)
        return self

    def _sweep(self, day: int, at: datetime) -> None:
        sweep(at=at)

    def _acts(self, day: int, at: datetime) -> None:
        if day == 10:
            self._announce(SSO, day, at, ramp=[[30, str(on(100))], [100, str(on(150))]])
        if day == 60:
            self._publish_without_automations(at)
        if day == 70:
            self._announce(AUTOMATIONS, day, at, ramp=[])
        if day == 260:
            sunsets.withdraw(sunset=self.plans[AUTOMATIONS], actor=COMMAND, reason="Asked back.", at=at)
            self.withdrawn[AUTOMATIONS] = day

    def _announce(self, key: str, day: int, at: datetime, *, ramp: list[list[object]]) -> None:
        first = on(day + 90)
        plan = draft(feature_key=key, first_on=first, ramp=ramp)
        self.plans[key] = sunsets.announce(sunset=plan, approver=Actor.person(colleague()), at=at)

    def _publish_without_automations(self, at: datetime) -> None:
        copy = catalogue.draft_from(edition=Edition.objects.get(key=TODAY), key="2027-01", name="Next")
        copy.rationale = "Automations are a product of their own."
        copy.save()
        team = Tier.objects.get(edition=copy, key="team")
        team.claims.filter(feature__key=AUTOMATIONS).delete()
        Grant.objects.filter(tier=team, feature__key=AUTOMATIONS).delete()
        publish(copy, at=at)
        self._read_tiers()

    def _some_move(self, day: int, at: datetime) -> None:
        """One in three hundred a day does something of their own accord."""
        for account in self.accounts:
            if self.chance.random() < 1 / 300:
                self._put(account, self.tiers[self.chance.choice(self.open)], at=at, day=day)
                self.moves += 1

    def _put(self, account: Account, tier: Tier, *, at: datetime, day: int) -> None:
        licence = Licence.objects.get(pk=account.licence.pk)
        change_licence(
            licence=licence,
            kind="licence_moved",
            at=at,
            actor=COMMAND,
            tier_id=tier.pk,
            edition_id=tier.edition_id,
        )
        account.tier, account.since = tier, day

    def _post(self, at: datetime) -> None:
        """Mails go out; what becomes of each is its customer's fate."""
        self.mails += send_due(at=at).sent
        for delivery in Delivery.objects.filter(sent_at=at).select_related("notice").order_by("pk"):
            account = next(a for a in self.accounts if a.customer.pk == delivery.notice.customer_id)
            Delivery.objects.filter(pk=delivery.pk).update(expects_word=True)
            wait = {"arrives": 0.1, "late": self.chance.choice([1, 5, 40]), "mended": 0.1}.get(account.fate)
            if account.fate == "bounces" or (account.fate == "mended" and at < NOON + 60 * DAY):
                Delivery.objects.filter(pk=delivery.pk).update(outcome="bounced", outcome_at=at)
            elif wait is not None:
                self.on_their_way.append((at + wait * DAY, delivery))
        for when, delivery in [each for each in self.on_their_way if each[0] <= at + DAY / 2]:
            self.on_their_way.remove((when, delivery))
            Delivery.objects.filter(pk=delivery.pk).update(
                outcome="delivered", outcome_at=when, arrived_at=when
            )
            self._note_told(delivery, when)

    def _note_told(self, delivery: Delivery, when: datetime) -> None:
        if delivery.notice.kind != "sunset_announced":
            return
        number = int(delivery.notice.subject.partition(":")[2])
        for key, plan in self.plans.items():
            change = plan.changes.filter(pk=number).first()
            if change is not None:
                self.by_licence[change.licence_id].told.setdefault(key, []).append(when)

    def _look(self, day: int, at: datetime) -> None:
        """Hold what everybody has against what they were promised."""
        for account in self.accounts:
            has = {
                key
                for key, one in entitlements(standing_of(account.customer, at=at)).items()
                if one.value or one.value is None
            }
            for key in self.gives[account.tier.pk] - has:
                self.losses += 1
                self.broken += [
                    f"day {day}: {account.customer} lost {key}: {why}"
                    for why in self._wrong(account, key, at)
                ]
            self.looks += 1

    def _wrong(self, account: Account, key: str, at: datetime) -> Iterator[str]:
        """Why this loss may not be; nothing where it may."""
        plan = self.plans.get(key)
        if plan is None or account.tier.key != "team" or key in self.withdrawn:
            yield "nothing announced takes it"
            return
        today = at.astimezone(account.zone).date()
        if today < plan.first_on:
            yield "before the first day"
        told = [when for when in account.told.get(key, []) if when <= at]
        if not told:
            yield "never told"
        elif (today - min(told).astimezone(account.zone).date()).days <= NOTICE[account.customer.country]:
            yield "without its whole notice"

    def _never_is_a_bug_too(self, at: datetime) -> None:
        """Who was told in the first hundred days, and has stayed, is done with single sign-on at the end."""
        for account in self.accounts:
            told = account.told.get(SSO, [])
            stays = account.tier == self.tiers[OLD, "team"] and account.since == 0
            if stays and told and min(told) < NOON + 100 * DAY:
                value = entitlements(standing_of(account.customer, at=at))[SSO].value
                if value:
                    self.broken.append(f"{account.customer} still has {SSO}, long after its day")


def on(day: int) -> date:
    return (NOON + day * DAY).date()
