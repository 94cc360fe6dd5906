"""Features that are to go: planned, announced, told, put off, carried out or called off, in whatever order it comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from licensing import deliveries, sunsets
from licensing.history import COMMAND, Actor
from licensing.models import Delivery, Licence, NoticeRule, PlannedChange, Product, Sunset
from licensing.sunsets.days import SLACK
from licensing.terms import edition_terms
from portal.mails.outbox import send_due
from tests.kept.books import Mail, Plan
from tests.kept.shop import WHO, Shop
from tests.kept.terms import giving, terms
from tests.publishing import colleague, writer
from tests.sunsets.scenes import sweep

DAY = timedelta(days=1)
# What becomes of the mails of a day. By SMTP nobody says anything, ever; whoever is silent may be heard of later.
FATE = st.sampled_from(["arrives", "arrives", "bounces", "silent", "smtp"])
# Of a whole season also: late, when the sweep and the sender are back.
OF_A_SEASON = st.sampled_from(["arrives", "arrives", "bounces", "silent", "smtp", "late"])
DAYS = st.integers(5, 35)
# The parts of a sweep, by themselves and in any order: a worker may die between any two.
PARTS = (
    "void_withdrawn",
    "void_moved",
    "plan_open",
    "tell_due",
    "follow_notices",
    "carry_out_due",
    "put_off_passed",
    "remind_due",
)
ANNOUNCEMENTS = ("sunset_announced", "edition_ending")
_numbers = count()


class Leaving(Shop):
    """The vendor's sunsets, the mails about them, and the sweep."""

    @precondition(lambda self: self.customers)
    @rule(
        who=WHO, which=st.integers(0, 3), said=terms(), everywhere=st.booleans(), later=st.integers(0, 30),
        ramp=st.booleans(), announces=st.sampled_from([True, True, False]),
    )  # fmt: skip
    def a_feature_is_to_go(
        self,
        who: int,
        which: int,
        said: dict[str, Any],
        everywhere: bool,
        later: int,
        ramp: bool,
        announces: bool,
    ) -> None:
        """Something that somebody's tier gives: sold no longer, and its sunset drafted, or announced at once."""
        licence = self._licence(who)
        gives = edition_terms(licence.edition_id).tier_by_id(licence.tier_id).gives
        going = [key for key, value in gives.items() if key != "base" and value is not False]
        for_good = {one.key for edition in self.editions for one in edition.features if one.shared}
        announced = {plan.feature for plan in self.books.plans.values() if plan.withdrawn_at is None}
        going = [key for key in going if key not in for_good | announced]
        if not going:
            return
        self._is_to_go(
            licence,
            going[which % len(going)],
            said,
            everywhere=everywhere,
            later=later,
            ramp=ramp,
            announces=announces,
        )

    @rule(which=st.integers(0, 3))
    def a_drafted_sunset_is_announced(self, which: int) -> None:
        drafts = list(Sunset.objects.filter(announced_at=None, product__key="shop").order_by("pk"))
        if drafts:
            self._announce(drafts[which % len(drafts)])

    @rule(which=st.integers(0, 3))
    def a_sunset_is_withdrawn(self, which: int) -> None:
        open_ones = [number for number, plan in self.books.plans.items() if plan.withdrawn_at is None]
        if not open_ones:
            return
        number = open_ones[which % len(open_ones)]
        sunsets.withdraw(
            sunset=Sunset.objects.get(pk=number), actor=COMMAND, reason="Asked back.", at=self.at
        )
        self.books.plans[number].withdrawn_at = self.at
        self.seen["sunsets withdrawn"] += 1

    @rule(
        kind=st.sampled_from(NoticeRule.Kind.values),
        country=st.sampled_from(["", "", "DE", "JP"]),
        days=st.integers(1, 100),
    )
    def the_notice_rules_are_edited(self, kind: str, country: str, days: int) -> None:
        NoticeRule.objects.update_or_create(
            kind=kind, jurisdiction=country, defaults={"days": days, "source": "Our lawyers."}
        )
        self.books.days[kind, country] = days

    # Mails

    @rule(fate=FATE)
    def mails_go_out(self, fate: str) -> None:
        self._post(fate)

    @rule(
        which=st.integers(0, 9),
        outcome=st.sampled_from(["delivered", "delivered", "bounced"]),
        ago=st.integers(0, 60),
    )
    def a_provider_says_more(self, which: int, outcome: str, ago: int) -> None:
        """Late, or about what happened a while ago; and what had arrived may come back after all."""
        if self.books.mails:
            numbers = list(self.books.mails)
            self._report(numbers[which % len(numbers)], outcome, happened_at=self.at - ago * DAY)

    # The sweep

    @rule(part=st.sampled_from(["", *PARTS]))
    def the_sweep_comes(self, part: str) -> None:
        """All of it, or a part."""
        if part:
            getattr(sunsets, part)(at=self.at)
        else:
            sweep(at=self.at)

    @rule(turns=st.integers(1, 4), days=DAYS, fate=OF_A_SEASON)
    def a_season_goes_by(self, turns: int, days: int, fate: str) -> None:
        """The sweep is away for days on end, and so is the sender of mails."""
        for _ in range(turns):
            sweep(at=self.at)
            self._post(fate)
            self.at += timedelta(days=days)
            if fate == "late":
                self._arrives_late()
        sweep(at=self.at)

    def _is_to_go(
        self, licence: Licence, feature: str, said: dict[str, Any], *, everywhere: bool, announces: bool,
        later: int = 0, ramp: bool = False,
    ) -> None:  # fmt: skip
        if not self._publish(giving(said, feature, None)):
            return
        plan = Plan(feature, "" if everywhere else licence.tier.key, self.at.date())
        first = self._first_day(plan, later=later)
        steps = [[40, str(first)], [100, str(first + 20 * DAY)]] if ramp else []
        sunset = Sunset.objects.create(
            product=Product.objects.get(key="shop"), feature_key=feature, first_on=first, ramp=steps,
            tier_key=plan.tier, reason="It cannot go on.", instead="Nothing.", export="Take it along.",
        )  # fmt: skip
        sunset.authors.add(writer())
        self.seen["sunsets drafted"] += 1
        if announces:
            self._announce(sunset)

    def _first_day(self, plan: Plan, *, later: int) -> date:
        """The soonest, or `later` by so many days."""
        return (self.at + SLACK + timedelta(days=self.books.notice(plan) + 2 + later)).date()

    def _announce(self, sunset: Sunset) -> None:
        try:
            sunsets.announce(sunset=sunset, approver=Actor.person(colleague()), at=self.at)
        except sunsets.UnableToAnnounce:
            Sunset.objects.filter(pk=sunset.pk).delete()
            return
        self.books.plans[sunset.pk] = Plan(
            sunset.feature_key, sunset.tier_key, sunset.first_on, sunset.edition_id, sunset.replacement_id
        )
        self.seen["ends announced" if sunset.edition_id else "sunsets announced"] += 1

    def _post(self, fate: str) -> None:
        """What is owed goes out, and what is about a sunset has its fate."""
        send_due(at=self.at)
        fresh = Delivery.objects.filter(
            sent_at=self.at, notice__kind__in=ANNOUNCEMENTS, notice__customer__in=self.customers
        ).exclude(pk__in=self.books.mails)
        for delivery in fresh.select_related("notice"):
            change = PlannedChange.objects.get(pk=int(delivery.notice.subject.partition(":")[2]))
            assert change.takes_effect_at is not None, "a mail without a day"
            Delivery.objects.filter(pk=delivery.pk).update(
                expects_word=fate != "smtp", provider_id=f"mail-{next(_numbers)}"
            )
            self.books.mails[delivery.pk] = Mail(
                change.pk, sent_at=self.at, named=change.takes_effect_at, is_quiet=fate == "smtp"
            )
            if fate in ("arrives", "bounces"):
                self._report(
                    delivery.pk, {"arrives": "delivered", "bounces": "bounced"}[fate], happened_at=self.at
                )

    def _arrives_late(self) -> None:
        """What nothing was heard of arrives just now."""
        for number, mail in self.books.mails.items():
            if mail.reported_at is None and not mail.is_quiet:
                self._report(number, "delivered", happened_at=self.at)

    def _report(self, number: int, outcome: str, *, happened_at: datetime) -> None:
        """The provider reports; each of its words is of a later moment than the one before."""
        mail = self.books.mails[number]
        soonest = mail.sent_at if mail.reported_at is None else mail.reported_at + timedelta(seconds=1)
        happened_at = max(happened_at, soonest)
        if happened_at > self.at:
            return
        delivery = Delivery.objects.get(pk=number)
        deliveries.report(
            provider_id=delivery.provider_id, address=delivery.address, outcome=outcome,
            reported_at=happened_at.astimezone(UTC), why="", at=self.at,
        )  # fmt: skip
        mail.reported_at = happened_at
        mail.arrived_at = None if outcome == "bounced" else mail.arrived_at or happened_at
        self.seen["mails " + outcome] += 1
