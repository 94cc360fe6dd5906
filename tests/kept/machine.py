"""Terms are published, features leave, editions end, exceptions are made and licences move, in any order. After each
step every customer has at least what they had, but for what was announced to them and what they gave up themselves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from billing.subscriptions import end_licence
from licensing.catalogue import load_draft
from licensing.entitlements import entitlements
from licensing.history import COMMAND
from licensing.models import Customer, Licence, PlannedChange, Price, Tier, Trial
from licensing.periods import add_intervals
from licensing.standing import Standing, standing_of
from licensing.terms import EditionTerms, edition_terms
from licensing.trials import end_trial
from tests.kept.ending import Ending
from tests.kept.excepted import Excepted
from tests.kept.shop import PLACES, WHO, Held
from tests.kept.terms import NEVER_SHARED, TIERS, as_file, giving, terms, worth

# Much begins well, so that there is something to look at.
FIRST_FATE = st.sampled_from(["arrives", "arrives", "arrives", "smtp", "bounces", "silent", "late"])
# Between two sweeps. The simplest run, which is the first, is one in which most comes due.
MANY = st.integers(22, 40).map(lambda fewer: 62 - fewer)


class Machine(Ending, Excepted):
    """What the vendor and the customers do besides, and what must be so after each step."""

    # What is to go from the beginning.
    goes: ClassVar = ("a feature", "an edition")
    # What becomes of the first mails, where that is not left to chance.
    meets: ClassVar = ""

    # What the vendor does

    @initialize(
        said=terms(), then=terms(), later=terms(), tier=st.integers(0, 2), everywhere=st.booleans(),
        notice=st.integers(5, 90), days=MANY, fate=FIRST_FATE, which=st.integers(0, 4),
        amount=st.integers(0, 40),
    )  # fmt: skip
    def first_edition(
        self, said: dict[str, Any], then: dict[str, Any], later: dict[str, Any], tier: int, everywhere: bool,
        notice: int, days: int, fate: str, which: int, amount: int,
    ) -> None:  # fmt: skip
        """One customer stays on Free with an exception, one buys; and a feature is to go and the edition to end
        already, told or not. It is looked at before the renewals too, and after each.
        """
        sold = list(said["gives"])[1:]
        self._publish(giving(said, NEVER_SHARED, True))
        self.somebody_comes()
        self.somebody_comes()
        self.buys(1, sold[tier % len(sold)], "month")
        self.the_notice_rules_are_edited("edition_sunset", "", notice)
        if not self.goes:
            return
        if "a feature" in self.goes:
            self._is_to_go(self._licence(1), NEVER_SHARED, then, everywhere=everywhere, announces=True)
        if "an edition" in self.goes:
            self._is_to_end(self._licence(1), giving(later, NEVER_SHARED, None), everywhere=True)
        self.a_season_goes_by(3, days, self.meets or fate)
        self.everybody_has_what_they_should()
        self.an_exception_is_made(0, which, amount, begins=0, days=150)
        for _ in range(4):
            self.renews(0, is_later=True)
            self.everybody_has_what_they_should()

    @rule(said=terms(), is_published=st.sampled_from([True, True, False]))
    def another_edition(self, said: dict[str, Any], is_published: bool) -> None:
        if is_published:
            self._publish(said)
        else:
            load_draft(source=as_file(said, key="draft"), at=self.at)

    # What happens to everybody

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    # What customers do

    @rule()
    def somebody_comes(self) -> None:
        if len(self.customers) < len(PLACES):
            self._open()

    @precondition(lambda self: self.customers)
    @rule(who=WHO, tier=st.sampled_from(TIERS[1:]), interval=st.sampled_from(["month", "year"]))
    def buys(self, who: int, tier: str, interval: str) -> None:
        """Any tier on sale but the one that is held, or that one on today's terms: as an order that settles does."""
        licence, today = self._licence(who), self.editions[-1]
        wanted = today.tier(tier)
        if wanted is None or wanted.id == licence.tier_id:
            return
        price = wanted.price(currency="USD", interval=interval)
        assert price is not None
        self._move(
            licence, edition_id=today.id, tier_id=wanted.id, price_id=price.id, seats=2, period_start=self.at,
            period_end=add_intervals(anchor=self.at, interval=interval, count=1),
        )  # fmt: skip
        self._by_their_own_act(licence, "purchases")

    @precondition(lambda self: self.customers)
    @rule(who=WHO, seats=st.integers(1, 9))
    def other_seats(self, who: int, seats: int) -> None:
        self._move(self._licence(who), seats=seats)

    @precondition(lambda self: self.customers)
    @rule(who=WHO, state=st.sampled_from(Licence.State.values))
    def a_payment_is_late_or_comes(self, who: int, state: str) -> None:
        licence = self._paid(who)
        if licence is not None:
            self._move(licence, state=state, past_due_since=self.at if state == "past_due" else None)

    @precondition(lambda self: self.customers)
    @rule(who=WHO, what=st.sampled_from(["ends", "cancels", "undoes it", "ends"]))
    def cancels_undoes_it_or_ends(self, who: int, what: str) -> None:
        licence = self._paid(who)
        if licence is None:
            return
        if what == "ends":
            end_licence(licence, at=self.at, reason="Cancelled at the end of its period.")
            self._by_their_own_act(licence, "ends")
        else:
            self._move(licence, cancels_at_period_end=what == "cancels")

    @precondition(lambda self: self.customers)
    @rule(who=WHO, tier=st.sampled_from(TIERS[1:]))
    def tries(self, who: int, tier: str) -> None:
        licence, lent = self._licence(who), self.editions[-1].tier(tier)
        if lent is None or Trial.objects.filter(customer_id=licence.customer_id, ended_at=None).exists():
            return
        Trial.objects.create(
            customer_id=licence.customer_id, product_id=licence.product_id, licence=licence, tier_id=lent.id,
            started_at=self.at, ends_at=self.at + timedelta(days=14),
        )  # fmt: skip
        self.seen["trials"] += 1

    @precondition(lambda self: self.customers)
    @rule(who=WHO)
    def gives_the_trial_back(self, who: int) -> None:
        customer = self.customers[who % len(self.customers)]
        end_trial(customer=customer, end=Trial.End.GIVEN_BACK, actor=COMMAND, at=self.at)

    # What must be so

    @invariant()
    def everybody_has_what_they_should(self) -> None:
        moved = self._what_took_effect_was_announced_told_and_due()
        for customer in self.customers:
            standing = standing_of(customer, at=self.at)
            now, taken = _held(standing), self._rightly_taken(standing)
            self._has_what_was_sold(customer, standing, now, taken)
            if standing.licence.pk in moved:
                self._moved_where_it_leads(customer, now, moved[standing.licence.pk])
            else:
                self._has_what_they_had(customer, now, taken)
            self._exceptions_give_what_was_granted(customer, standing, now)
            with_all = {key: worth(one.value) for key, one in entitlements(standing).items()}
            assert all(with_all[key] >= value for key, value in now.worth.items()), "a trial took something"
            self.held[customer.pk] = now
        self.renewals.clear()

    def _what_took_effect_was_announced_told_and_due(self) -> dict[int, EditionTerms]:
        """Looked at backwards, because an edition's end alters what is held. Licence → the edition that it has been
        moved to in this step.
        """
        fresh = PlannedChange.objects.filter(state=PlannedChange.State.DONE).exclude(pk__in=self.books.done)
        holds: dict[int, int] = {}
        moved: dict[int, EditionTerms] = {}
        for change in fresh.select_related("customer", "licence", "tier").order_by(
            "-done_at", "-takes_effect_at", "-pk"
        ):
            licence, plan = change.licence, self.books.plans[change.sunset_id]
            assert change.done_at is not None, "it is done"
            held, at = holds.get(licence.pk, licence.tier_id), change.done_at
            if plan.follows is not None:
                follows = edition_terms(plan.follows)
                moved.setdefault(licence.pk, follows)
                tier = follows.tier(change.tier.key)
                assert tier is not None, "it has somewhere to go"
                assert held == tier.id, f"{change.customer} was moved elsewhere"
                held = holds[licence.pk] = change.tier_id
                if licence.price_id is not None:
                    assert licence.pk in self.renewals, f"{change.customer} was moved within what is paid for"
                    at = self.renewals[licence.pk]
            wrong = list(self.books.wrong(change, holds=held, took_effect_at=at, known_at=change.done_at))
            what = f"lost {plan.feature}" if plan.feature else "was moved"
            assert not wrong, f"{change.customer} {what}: {', '.join(wrong)}"
            self.books.done.add(change.pk)
            self.seen["losses" if plan.feature else "paid moves" if licence.price_id else "free moves"] += 1
        return moved

    def _moved_where_it_leads(self, customer: Customer, now: Held, follows: EditionTerms) -> None:
        """To the same tier, paid for in the same way."""
        before = self.held.get(customer.pk)
        if before is None:
            return
        tier = Tier.objects.get(pk=before.licence[1])
        then = follows.tier(tier.key)
        assert then is not None, "it has somewhere to go"
        price = Price.objects.filter(pk=before.licence[2]).first()
        pays = price and then.price(currency=price.currency, interval=price.interval)
        assert now.licence == (follows.id, then.id, pays.id if pays else None), (
            f"{customer} was moved elsewhere"
        )

    def _has_what_they_had(self, customer: Customer, now: Held, taken: set[str]) -> None:
        before = self.held.get(customer.pk)
        if before is None:
            return
        assert (now.licence, now.amount) == (before.licence, before.amount), "the terms were moved"
        shrunk = {key: (value, now.worth.get(key)) for key, value in before.worth.items()
                  if now.worth.get(key, -1.0) < value and key not in taken}  # fmt: skip
        assert not shrunk, f"{customer} had and has {shrunk}"
        self.seen["grew"] += any(value > before.worth.get(key, -1.0) for key, value in now.worth.items())

    def _rightly_taken(self, standing: Standing) -> set[str]:
        """The features that sunsets have taken from the held tier, as these books allow it, and still may."""
        done = PlannedChange.objects.filter(
            pk__in=self.books.done, licence=standing.licence, tier=standing.licence.tier_id
        )
        plans = [self.books.plans[number] for number in done.values_list("sunset", flat=True)]
        return {plan.feature for plan in plans if plan.withdrawn_at is None}

    def _has_what_was_sold(self, customer: Customer, standing: Standing, now: Held, taken: set[str]) -> None:
        """Whoever just came to a tier has all of it too."""
        said = edition_terms(standing.licence.edition_id).tier_by_id(standing.licence.tier_id)
        short = {key: (value, now.worth.get(key)) for key, value in said.gives.items()
                 if now.worth.get(key, -1.0) < worth(value) and key not in taken}  # fmt: skip
        assert not short, f"{customer} was sold and has {short}"

    def _exceptions_give_what_was_granted(self, customer: Customer, standing: Standing, now: Held) -> None:
        """Up to its end each gives what was granted, and at its end it takes that and no more.

        Terms that somebody moved to may measure the thing otherwise; then it takes nothing, and no more is said here.
        """
        has = {key: worth(one.value) for key, one in entitlements(_without_trial(standing)).items()}
        expected = dict(now.worth)
        for one in self.books.exceptions.values():
            feature = standing.edition.feature(one.feature)
            if one.customer != customer.pk or not one.is_live(self.at) or feature is None:
                continue
            if standing.edition.id == one.edition or one.measured == (
                feature.kind,
                feature.unit,
                feature.levels,
            ):
                expected[one.feature] = max(expected[one.feature], one.worth)
                self.seen["looks at an exception"] += 1
            else:
                expected[one.feature] = max(expected[one.feature], has[one.feature])
        assert has == expected, f"{customer} has {has}, and by their terms and exceptions {expected}"


def _without_trial(standing: Standing) -> Standing:
    return replace(standing, trial=None, trial_edition=None, trial_tier=None)


def _held(standing: Standing) -> Held:
    """The licence's own, without what is on loan or excepted."""
    own = entitlements(replace(_without_trial(standing), open_waivers=()))
    licence = standing.licence
    return Held(
        licence=(licence.edition_id, licence.tier_id, licence.price_id),
        amount=standing.held.price.unit_amount if standing.held else None,
        worth={key: worth(one.value) for key, one in own.items()},
    )
