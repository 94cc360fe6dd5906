"""Terms are published and licences move, in any order; after each step every customer has at least what they had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.subscriptions import end_licence
from licensing.catalogue import load_draft
from licensing.catalogue.faults import UnableToPublish
from licensing.entitlements import entitlements
from licensing.history import COMMAND
from licensing.licences import change_licence, open_free_licence
from licensing.models import Customer, Edition, Licence, Trial
from licensing.periods import add_intervals
from licensing.standing import Standing, standing_of
from licensing.terms import EditionTerms, edition_terms
from licensing.trials import end_trial
from tests.cast import NOON
from tests.kept.terms import TIERS, as_file, terms, worth
from tests.publishing import publish

WHO = st.integers(0, 3)


@dataclass
class Held:
    """What a customer had at the end of the last step: the terms, the price, and each feature's worth."""

    licence: tuple[int, int, int | None]
    amount: int | None
    worth: dict[str, float]


class Machine(RuleBasedStateMachine):
    """Real functions on PostgreSQL. Each run is undone when it ends."""

    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self.at = NOON
        self.editions: list[EditionTerms] = []
        self.customers: list[Customer] = []
        self.held: dict[int, Held] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)

    # What the vendor does

    @initialize(said=terms(), tier=st.sampled_from(TIERS[1:]))
    def first_edition(self, said: dict[str, Any], tier: str) -> None:
        """Two customers are there from the beginning: one stays on Free, one buys where that tier is sold."""
        self._publish(said)
        self.somebody_comes()
        self.somebody_comes()
        self.buys(1, tier, "month")

    @rule(said=terms())
    def another_edition(self, said: dict[str, Any]) -> None:
        self._publish(said)

    @rule(said=terms())
    def a_draft(self, said: dict[str, Any]) -> None:
        load_draft(source=as_file(said, key="draft"), at=self.at)

    # What happens to everybody

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    # What customers do

    @rule()
    def somebody_comes(self) -> None:
        number = len(self.customers)
        if number > 3:
            return
        customer = Customer.objects.create(
            slug=f"c{number}", name=f"C{number}", country="US", currency="USD", created_at=self.at
        )
        open_free_licence(customer=customer, edition=self.editions[-1], at=self.at, actor=COMMAND)
        self.customers.append(customer)

    @precondition(lambda self: self.customers)
    @rule(who=WHO, tier=st.sampled_from(TIERS[1:]), interval=st.sampled_from(["month", "year"]))
    def buys(self, who: int, tier: str, interval: str) -> None:
        """Any tier on sale but the one that is held: as an order that settles does."""
        licence, today = self._licence(who), self.editions[-1]
        wanted = today.tier(tier)
        if wanted is None or wanted.key == licence.tier.key:
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
    @rule(who=WHO)
    def renews(self, who: int) -> None:
        licence = self._licence(who)
        if licence.price and licence.period_end:
            end = add_intervals(anchor=licence.period_end, interval=licence.price.interval, count=1)
            self._move(licence, period_start=licence.period_end, period_end=end)
            self.seen["renewals"] += 1

    @precondition(lambda self: self.customers)
    @rule(who=WHO, state=st.sampled_from(Licence.State.values))
    def a_payment_is_late_or_comes(self, who: int, state: str) -> None:
        licence = self._licence(who)
        if licence.price:
            self._move(licence, state=state, past_due_since=self.at if state == "past_due" else None)

    @precondition(lambda self: self.customers)
    @rule(who=WHO, cancels=st.booleans())
    def cancels_or_undoes_it(self, who: int, cancels: bool) -> None:
        licence = self._licence(who)
        if licence.price:
            self._move(licence, cancels_at_period_end=cancels)

    @precondition(lambda self: self.customers)
    @rule(who=WHO)
    def what_was_cancelled_ends(self, who: int) -> None:
        licence = self._licence(who)
        if licence.price and licence.cancels_at_period_end:
            end_licence(licence, at=self.at, reason="Cancelled at the end of its period.")
            self._by_their_own_act(licence, "ends")

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
    def nothing_that_a_living_licence_gives_has_shrunk(self) -> None:
        for customer in self.customers:
            standing = standing_of(customer, at=self.at)
            now = _held(standing)
            if before := self.held.get(customer.pk):
                assert (now.licence, now.amount) == (before.licence, before.amount), "the terms were moved"
                shrunk = {key: (value, now.worth.get(key)) for key, value in before.worth.items()
                          if now.worth.get(key, -1.0) < value}  # fmt: skip
                assert not shrunk, f"{customer} had and has {shrunk}"
                self.seen["grew"] += now.worth != before.worth
            with_trial = {key: worth(one.value) for key, one in entitlements(standing).items()}
            assert all(with_trial[key] >= value for key, value in now.worth.items()), "a trial took something"
            self.held[customer.pk] = now

    def _publish(self, said: dict[str, Any]) -> None:
        key = f"e{len(self.editions)}"
        draft = load_draft(source=as_file(said, key=key), at=self.at)
        try:
            with transaction.atomic():
                self.editions.append(edition_terms(publish(draft, at=self.at).pk))
            self.seen["editions"] += 1
        except UnableToPublish:
            Edition.objects.filter(pk=draft.pk).delete()
            if not self.editions:
                raise

    def _licence(self, who: int) -> Licence:
        customer = self.customers[who % len(self.customers)]
        return Licence.objects.select_related("tier", "price").get(customer=customer, ended_at=None)

    def _move(self, licence: Licence, **fields: Any) -> None:
        change_licence(licence=licence, kind="licence_moved", at=self.at, actor=COMMAND, **fields)

    def _by_their_own_act(self, licence: Licence, what: str) -> None:
        """Whoever moves has other terms from then on, and what they held before counts no longer."""
        self.held.pop(licence.customer_id, None)
        self.seen[what] += 1


def _held(standing: Standing) -> Held:
    """The licence's own, without what is on loan."""
    own = entitlements(replace(standing, trial=None, trial_edition=None, trial_tier=None))
    licence = standing.licence
    return Held(
        licence=(licence.edition_id, licence.tier_id, licence.price_id),
        amount=standing.held.price.unit_amount if standing.held else None,
        worth={key: worth(one.value) for key, one in own.items()},
    )
