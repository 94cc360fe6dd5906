"""Seeds the demo by living through its past: each purchase, renewal and failure happens on its own date.

The sandbox's clock begins a year ago and is moved from one date to the next; at each, the product's own functions are
called with that date. So every licence, invoice, event and mail is what a year of real use would have left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from billing.prices import sync_published
from billing.promises import PROMISES
from licensing import catalogue
from licensing.customers import open_customer
from licensing.history import COMMAND, Actor
from licensing.invitations import invite
from licensing.models import Customer, Edition, NoticeRule, Product, PromiseCheck, Role, Sunset
from licensing.periods import add_intervals, to_the_second
from licensing.rehearsing.running import start, to_the_end
from licensing.sunsets import announce
from licensing.trials import start_trial
from licensing.waivers import ask_for_waiver
from licensing.waivers.threshold import Wish
from portal.demo import sandbox
from portal.demo.buying import buy, catch_up, change_card, on_sale
from portal.demo.people import People
from portal.demo.usage import record_weeks
from portal.facts import facts_of
from portal.policy import record_policy

HERE = Path(__file__).resolve().parent
PUBLISHED = {
    "2025-03": datetime(2025, 3, 3, 9, 0, tzinfo=UTC),
    "2026-01": datetime(2026, 1, 12, 9, 0, tzinfo=UTC),
}

FIRST = "2025-03"
FIRST_NOTICE, LATER_NOTICE = 14, 30  # days before a price rises

Say = Callable[[str], object]


def seed(*, at: datetime, say: Say) -> None:
    """Fill an empty portal with the demo's vendor and cast, as they stand at `at`; `say` hears how far it is.

    Raises SandboxSilent, NotBought, StripeUnavailable; what is there by then is only half a demo.
    """
    Demo(at=to_the_second(at), say=say).live()


class Demo:
    """The demo's past, from Bo's purchase to the present."""

    def __init__(self, *, at: datetime, say: Say) -> None:
        self.at, self.say, self.people = at, say, People()
        self.bo_buys = add_intervals(anchor=at + timedelta(days=7), interval="year", count=-1)
        self.ada_buys = add_intervals(anchor=at - timedelta(days=8), interval="month", count=-1)
        self.di_buys = add_intervals(anchor=at - timedelta(days=2), interval="month", count=-1)

    def live(self) -> None:
        """Go from date to date. Every step leaves the sandbox and the portal at the same moment."""
        sandbox.begin(seconds_ago=int((self.at - self.bo_buys).total_seconds()))
        self._publish("2025-03")
        self.people.staff(at=self.bo_buys)
        self._bo()
        self._publish("2026-01")
        steps: list[tuple[datetime, Callable[[datetime], None]]] = [
            (self.ada_buys, self._ada),
            (self.di_buys, self._di),
            (self.at - timedelta(days=14), self._di_changes_her_card),
            (self.at - timedelta(days=11), self._ada_tries_business),
            (self.at - timedelta(days=8) + timedelta(hours=1), catch_up_only),
            (self.at - timedelta(days=6), self._bo_gets_more),
            (self.at - timedelta(days=5), self._cy),
            (self.at - timedelta(days=1), self._more_is_asked_for_di),
            (self.at - timedelta(days=2) + timedelta(hours=1), catch_up_only),
        ]
        for moment, step in sorted(steps, key=lambda each: each[0]):
            sandbox.advance_to(int(moment.timestamp()))
            step(moment)
            catch_up(at=moment)
        sandbox.join_the_present()
        self._today()

    def _publish(self, key: str) -> None:
        edition = catalogue.load_draft(source=(HERE / f"meridian-{key}.toml").read_bytes(), at=self.at)
        if edition.published_at is None:
            at = min(PUBLISHED[key], self.at)
            if Edition.objects.filter(published_at__isnull=False).exists():
                self._written_and_approved(edition, at=at)
            edition = catalogue.publish(edition=edition, actor=COMMAND, at=at)
            self._price_rises_are_told(days=FIRST_NOTICE if key == FIRST else LATER_NOTICE)
            record_policy(at=at)
        sync_published(at=self.at)
        self.say(f"{edition} published, its prices at Stripe")

    def _price_rises_are_told(self, *, days: int) -> None:
        """The vendor began with a fortnight, and gave a month when prices rose for the first time."""
        NoticeRule.objects.filter(kind=NoticeRule.Kind.PRICE_RISE, jurisdiction="").update(days=days)

    def _written_and_approved(self, draft: Edition, *, at: datetime) -> None:
        """Mara wrote it a fortnight before and rehearsed it, and Noor read it a week later."""
        catalogue.note_author(edition=draft, by=self.people.mara, at=at - timedelta(days=14))
        seen = at - timedelta(days=8)
        to_the_end(start(edition=draft, by=self.people.mara, at=seen), at=seen)
        catalogue.approve(
            edition=draft,
            by=self.people.noor,
            note="Nobody who holds March 2025 loses anything.",
            at=at - timedelta(days=7),
        )

    def _bo(self) -> None:
        at = self.bo_buys
        bo = self.people.person("Bo Lindqvist", at=at)
        self.lindqvist = open_customer(
            name="Lindqvist & Daughters", country="SE", currency="EUR", time_zone="Europe/Stockholm",
            locale="en_GB", owner=bo, at=at,
        )  # fmt: skip
        buy(customer=self.lindqvist, by=bo, tier="team", seats=6, interval="year", at=at)
        catch_up(at=at)
        self.people.member(self.lindqvist, "Astrid Lindqvist", role=Role.BILLING, at=at + timedelta(days=1))
        self.people.member(self.lindqvist, "Nils Berg", at=at + timedelta(days=30))
        self.say("Bo: Team yearly of March 2025, renews in 7 days")

    def _ada(self, at: datetime) -> None:
        self.ada = self.people.person("Ada Okafor", at=at)
        self.okafor = open_customer(
            name="Okafor Bakeries", country="DE", currency="USD", time_zone="Europe/Berlin",
            locale="en_GB", owner=self.ada, at=at,
        )  # fmt: skip
        buy(customer=self.okafor, by=self.ada, tier="team", seats=8, interval="month", at=at)
        for name, role in {
            "Eve Okafor": Role.MEMBER,
            "Fay Brandt": Role.BILLING,
            "Tunde Okafor": Role.MEMBER,
            "Mira Vogt": Role.MEMBER,
        }.items():
            self.people.member(self.okafor, name, role=role, at=at + timedelta(days=1))
        self.say("Ada: Team monthly, 8 seats; Eve is a member there")

    def _di(self, at: datetime) -> None:
        di = self.people.person("Di Marsh", at=at)
        self.marsh = open_customer(
            name="Marsh Surveyors", country="GB", currency="EUR", time_zone="Europe/London",
            locale="en_GB", owner=di, at=at,
        )  # fmt: skip
        buy(customer=self.marsh, by=di, tier="business", seats=3, interval="month", at=at)
        self.people.member(self.marsh, "Rob Ellis", at=at + timedelta(days=2))
        self.say("Di: Business monthly, past due for two days")

    def _di_changes_her_card(self, _at: datetime) -> None:
        change_card(customer=self.marsh, card=sandbox.FAILS_LATER)

    def _ada_tries_business(self, at: datetime) -> None:
        edition = on_sale()
        situation = facts_of(self.okafor, today=edition, at=at).situation
        business = next(tier for tier in edition.tiers if tier.key == "business")
        start_trial(situation=situation, tier=business, actor=Actor.person(self.ada), at=at)
        self.say("Ada: three days left of her trial of Business")

    def _bo_gets_more(self, at: datetime) -> None:
        """A fifth more for a month: Sam gives that alone."""
        self._ask(
            self.lindqvist,
            Wish("limit", at, at + timedelta(days=30), feature_key="api-calls", value=60_000),
            reason="Ticket 2291: their harvest fair doubles the orders this month.",
            words="So that the orders of your fair all get through.",
            at=at,
        )
        self.say("Bo: 60,000 API calls a month, made for her until after the fair")

    def _more_is_asked_for_di(self, at: datetime) -> None:
        """Two months are more than Sam gives alone: it waits for finance."""
        self._ask(
            self.marsh,
            Wish("rule", at, at + timedelta(days=60), rule_key="usage-fits"),
            reason="Ticket 2304: she wants to go down to Team and tidy up after that.",
            words="So that you can move to Team first, and tidy up then.",
            at=at,
        )

    def _ask(self, customer: Customer, wish: Wish, *, reason: str, words: str, at: datetime) -> None:
        sam = Actor.person(self.people.sam)
        ask_for_waiver(customer=customer, wish=wish, reason=reason, words=words, actor=sam, at=at)

    def _cy(self, at: datetime) -> None:
        cy = self.people.person("Cy Tanaka", at=at)
        self.tanaka = open_customer(
            name="Tanaka Studio", country="JP", currency="JPY", time_zone="Asia/Tokyo",
            locale="en_US", owner=cy, at=at,
        )  # fmt: skip
        self.say("Cy: free, without a card")

    def _today(self) -> None:
        invite(
            customer=self.okafor,
            email="kwame@demo.test",
            role=Role.MEMBER,
            by=self.ada,
            at=self.at - timedelta(hours=20),
        )
        self._usage(
            self.okafor,
            projects=[13, 14, 16, 18, 18, 18],
            rows=[870_000, 930_000, 1_000_000, 1_080_000, 1_140_000, 1_210_000],
            api_calls=[9_300, 19_800, 30_600, 41_900, 2_700, 11_400],
            guests=[6, 7, 9],
            dashboards=[4],
            automations=[212],
        )
        self._usage(
            self.lindqvist,
            projects=[10, 11, 11],
            rows=[566_000, 589_000, 613_000, 640_000],
            api_calls=[12_100, 23_800, 35_200, 44_300],
            guests=[14],
            dashboards=[6],
            automations=[87],
        )
        self._usage(self.tanaka, projects=[3], rows=[21_400], api_calls=[350], guests=[1])
        self._usage(self.marsh, projects=[9, 11], rows=[2_310_000], api_calls=[60_200], guests=[31])
        self.say("What everybody uses, and an open invitation to Kwame")
        self._promises_as_checked()

    def _promises_as_checked(self) -> None:
        """What the nights of the last months would have left: one evening the mail server was away."""
        nights = [self.at - timedelta(days=back) for back in range(70, 0, -1)]
        PromiseCheck.objects.bulk_create(
            PromiseCheck(promise=promise.key, day=night.date(), broken=0, checked_at=night)
            for night in nights
            for promise in PROMISES
            if not (promise.key == "notices-leave" and night == nights[48])
        )
        PromiseCheck.objects.create(
            promise="notices-leave",
            day=nights[48].date(),
            broken=1,
            breaches=[{"customer": self.lindqvist.pk, "what": "A notice left a day late."}],
            checked_at=nights[48],
        )
        Product.objects.update(promises_public=True)
        self.say("How promises were kept, for everybody to see at /promises/")
        self._single_sign_on_leaves_old_teams()

    def _single_sign_on_leaves_old_teams(self) -> None:
        """Announced now; of the cast it touches Bo alone, who holds the terms of March 2025."""
        plan = Sunset.objects.create(
            product_id=on_sale().product_id,
            feature_key="sso",
            tier_key="team",
            reason="Single sign-on needs directory sync, which we keep up in Business alone since January 2026.",
            instead="Everybody in a Team signs in with a passkey or a password, and a second factor if they like.",
            export="Your list of people, under Team. Have each of them set a passkey before the day.",
            first_on=(self.at + timedelta(days=90)).date(),
        )
        plan.authors.add(self.people.mara)
        announce(sunset=plan, approver=Actor.person(self.people.noor), at=self.at)
        self.say("Single sign-on leaves the Team of March 2025 in 90 days; Bo is told")

    def _usage(self, customer: Customer, **weekly: list[int]) -> None:
        record_weeks(customer=customer, until=self.at, **weekly)


def catch_up_only(_at: datetime) -> None:
    """A date on which something happens at Stripe alone: a renewal."""
