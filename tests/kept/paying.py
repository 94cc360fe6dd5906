"""The edition that somebody pays for ends, while mails are late, Stripe falters and they change their mind. After each
step what Stripe was asked, what it has billed and what the licence says are held against what was announced and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from billing.edition_moves import LEAD
from billing.models import PriceMove, StripePrice
from licensing.models import NoticeRule, PlannedChange
from tests.kept.holder import Holder

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What becomes of the mails of a day: some arrive, some come back, of some nothing is heard.
FATE = st.sampled_from(["delivered", "delivered", "delivered", "bounced", "silent"])
# How a renewal comes: how long before it the sweeps are there, what goes wrong at Stripe then, and what happens after
# Stripe was asked.
RENEWAL = {
    "lead": st.sampled_from([5 * HOUR, 5 * HOUR, 5 * HOUR, HOUR / 12]),
    "fault": st.sampled_from(["", "", "", "timeout_after", "500_before", "400"]),
    "between": st.sampled_from(["", "", "", "", "withdrawn", "bounced", "cancelled"]),
    "turns": st.integers(1, 2),
}
BY_THE_OWNER = ("subscription_create", "subscription_update")


class Paying(RuleBasedStateMachine):
    """Over holders that `make` makes, one a run."""

    seen: ClassVar[Counter[str]] = Counter()
    make: ClassVar[Callable[[Counter[str]], Holder]]
    # What becomes of the first mail, where that is not left to chance; `late` is two days before it renews.
    meets: ClassVar = ""

    @initialize(
        price=st.sampled_from([2700, 3100, 1900]),
        days=st.lists(st.integers(3, 25), min_size=3, max_size=3),
        fate=FATE,
        **RENEWAL,
    )
    def begins(self, price: int, days: list[int], fate: str, **renewal: Any) -> None:
        """It is announced within a period, whose end may be soon enough for it or not."""
        self.seen["runs"] += 1
        self.looked_at: set[int] = set()
        self.billed: set[str] = set()
        self.orders: set[str] = set()
        self.holder = type(self).make(self.seen)
        self.holder.announce(price=price, notice=dict(zip(NoticeRule.Kind.values, days, strict=True)))
        self.it_renews(self.meets or fate, **renewal)

    @rule(fate=FATE)
    def mails_go_out(self, fate: str) -> None:
        self.holder.post(fate)

    @rule(which=st.integers(0, 3), outcome=st.sampled_from(["delivered", "delivered", "bounced"]))
    def a_provider_says_more(self, which: int, outcome: str) -> None:
        if self.holder.books.mails:
            numbers = list(self.holder.books.mails)
            self.holder.report(numbers[which % len(numbers)], outcome)

    @rule()
    def the_sweep_comes(self) -> None:
        self.holder.sweep()

    @rule(days=st.integers(1, 12), is_heard=st.booleans())
    def time_passes(self, days: int, is_heard: bool) -> None:
        self.holder.let_pass(days * DAY)
        if is_heard:
            self.holder.hear()

    @rule(fate=FATE, **RENEWAL)
    def it_renews(self, fate: str, lead: timedelta, fault: str, between: str, turns: int) -> None:
        """The sweeps come by shortly before, perhaps something happens afterwards, and then it is time."""
        holder = self.holder
        holder.sweep()
        holder.post(fate)
        if fate == "late":
            holder.comes_near(2 * DAY)
            holder.arrives_late()
            holder.sweep()
        holder.comes_near(lead)
        holder.sweep()
        if fault:
            holder.falter(fault)
        self._prepared()
        if between == "withdrawn":
            holder.withdraw()
        elif between == "bounced" and holder.books.mails:
            holder.report(max(holder.books.mails), "bounced")
        elif between == "cancelled":
            holder.changes_mind()
        for turn in range(turns):
            holder.let_pass(timedelta(minutes=1 + turn))
            self._prepared()
        holder.comes_near(-2 * HOUR)
        holder.hear()
        holder.sweep()
        self._prepared()
        self.seen["renewals"] += 1

    @rule(
        tier=st.sampled_from(["team", "business"]),
        seats=st.integers(1, 3),
        interval=st.sampled_from(["month", "month", "year"]),
    )
    def the_owner_buys(self, tier: str, seats: int, interval: str) -> None:
        self.holder.buys(tier, seats=seats, interval=interval)

    @rule()
    def the_owner_changes_their_mind(self) -> None:
        self.holder.changes_mind()

    @rule()
    def the_plan_is_withdrawn(self) -> None:
        self.holder.withdraw()

    def _prepared(self) -> None:
        self.holder.prepare()
        self._what_stripe_was_asked_was_told_and_due()

    def _what_stripe_was_asked_was_told_and_due(self) -> None:
        """At the moment of asking, by all that could be known then."""
        holder, now = self.holder, self.holder.now
        moves = PriceMove.objects.filter(change__customer=holder.buyer.customer, step=PriceMove.Step.THERE)
        for move in moves.exclude(pk__in=self.looked_at).select_related(
            "change__customer", "change__licence"
        ):
            change = move.change
            wrong = list(
                holder.books.wrong(
                    change, holds=change.licence.tier_id, took_effect_at=move.renews_at, known_at=now
                )
            )
            assert not wrong, f"Stripe was asked for the later price: {', '.join(wrong)}"
            assert now < move.renews_at <= now + LEAD, "Stripe was asked for the later price long before"
            self.looked_at.add(move.pk)
            self.seen["askings"] += 1

    @invariant()
    def nobody_pays_but_what_they_chose_or_were_told_in_time(self) -> None:
        self._what_stripe_was_asked_was_told_and_due()
        self._what_took_effect_was_told_and_due()
        if not self.holder.is_heard:
            return
        for bill in self.holder.bills():
            if bill["id"] not in self.billed:
                self._is_as_it_should(bill)
                self.billed.add(bill["id"])

    def _is_as_it_should(self, bill: dict[str, Any]) -> None:
        """A bill is of an order, once, or of a renewal: at a price that the owner chose, or at the later one with which
        the licence has moved. Where it has not, for the plan fell after the asking, a person has it before them.
        """
        if bill["billing_reason"] in BY_THE_OWNER:
            order = bill["parent"]["subscription_details"]["metadata"]["order"]
            assert order not in self.orders, "billed within what is paid for"
            self.orders.add(order)
            return
        line, buyer = bill["lines"]["data"][0], self.holder.buyer
        key = StripePrice.objects.get(stripe_id=line["pricing"]["price_details"]["price"]).lookup_key
        begins_at = datetime.fromtimestamp(line["period"]["start"], UTC)
        chosen = buyer.customer.orders.filter(state="settled").values_list(
            "quote__price__lookup_key", flat=True
        )
        if key in set(chosen):
            return
        moves = PriceMove.objects.filter(
            change__customer=buyer.customer, step=PriceMove.Step.THERE, price__lookup_key=key
        )
        assert moves.filter(renews_at__lte=begins_at), f"billed {key}, which nobody chose or was told of"
        if buyer.licence.price is None or buyer.licence.price.lookup_key != key:
            assert moves.exclude(needs_staff="").filter(renews_at=begins_at), f"billed {key}, and stayed"
            self.seen["given back by a person"] += 1
        self.seen["renewals at the later price"] += 1

    def _what_took_effect_was_told_and_due(self) -> None:
        books = self.holder.books
        for change in self.holder.changes:
            if change.state != PlannedChange.State.DONE or change.pk in books.done:
                continue
            licence, at = change.licence, change.done_at
            assert at is not None, "it is done"
            begins_at = licence.period_start if licence.price_id else at
            assert begins_at <= at, "moved before it renewed"
            wrong = list(books.wrong(change, holds=change.tier_id, took_effect_at=begins_at, known_at=at))
            assert not wrong, f"moved: {', '.join(wrong)}"
            books.done.add(change.pk)
            self.seen["moves"] += 1
