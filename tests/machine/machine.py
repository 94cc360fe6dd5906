"""The payment machine: one rule, which lets chance choose what happens next, and what happens in the midst of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.machine import judging
from tests.machine.moments import DIE, Twist
from tests.machine.world import CARDS, FAULTS, OTHERS, SILENCES, World

# The requests that make a page, a subscription or a change, and our mark before a change.
CHARGING, ANY = "/v1/(subscriptions|checkout/sessions)", "/v1/"
CHOICE = {
    "tier": st.sampled_from(["team", "business"]),
    "seats": st.integers(1, 4),
    "interval": st.sampled_from(["month", "month", "year"]),
}
# Visa pays, most of the time: what cannot be paid ends early.
CARD = st.sampled_from(["pays", "pays", *CARDS])
# One that asks the bank, or fails, shows itself only when it is charged.
ON_FILE = st.sampled_from(["pays"] * 4 + ["asks the bank", "fails when charged"])
TIMES = [
    timedelta(seconds=20),
    timedelta(minutes=12),
    timedelta(minutes=61),
    timedelta(hours=7),
    timedelta(hours=21),
    timedelta(days=1, hours=1),
    timedelta(days=4),
    timedelta(days=15),
    timedelta(days=31),
]
# What may happen: how often, and what chance chooses about it. Hypothesis likes the first, so that one is cheap.
ACTIONS: dict[str, tuple[int, dict[str, Any]]] = {
    "come_back": (2, {}),
    "ask_quote": (1, CHOICE),
    "buy": (3, CHOICE),
    "accept": (3, {"back": st.integers(0, 2)}),
    "withdraw": (1, {}),
    "cancel": (1, {}),
    "undo": (1, {}),
    "change_mind": (2, {}),
    "try_tier": (1, {"tier": st.sampled_from(["business", "scale"])}),
    "give_back": (1, {}),
    "pay": (3, {"card": CARD, "back": st.integers(0, 1)}),
    "answer_bank": (2, {"decision": st.sampled_from(["approve", "refuse"])}),
    "change_card": (2, {"card": CARD}),
    "miss_a_renewal": (1, {}),
    "remove_card": (1, {}),
    "refund": (1, {}),
    "deliver": (3, {"picks": st.lists(st.integers(0, 30), min_size=1, max_size=5)}),
    "deliver_and_work": (3, {"newest_first": st.booleans()}),
    "work": (2, {}),
    "sweep": (3, {"redis_is_lost": st.booleans()}),
    "let_pass": (4, {"time": st.sampled_from(TIMES)}),
    "falter": (
        3,
        {
            "fault": st.sampled_from(FAULTS),
            "path": st.sampled_from([CHARGING, ANY]),
            "after": st.integers(0, 3),
            "times": st.integers(1, 3),
        },
    ),
}
NAMES = st.sampled_from([name for name, (weight, _) in ACTIONS.items() for _ in range(weight)])
BEGINS = st.sampled_from(["a holder", "a holder", "with a card", "with a card", "new"])
# Who else is at the same order is met more often than others.
AT_THE_ORDER = ("accept", "come back", "withdraw", "deliver and work")
# What was seen at Stripe is old when one of these comes before it is acted on.
CHANGING = ("accept, with its events", "change their mind, with its events", "pay, with its events")
SILENCE = st.sampled_from(sorted(SILENCES))
SOMEBODY = st.one_of(st.just(DIE), st.sampled_from(AT_THE_ORDER), st.sampled_from(sorted(OTHERS)))
# Much is decided by the first few moments.
EARLY = st.one_of(st.integers(0, 3), st.integers(0, 12))
TWISTS = st.one_of(
    st.builds(Twist, st.just("money"), st.just(0), st.one_of(SILENCE, SOMEBODY)),
    st.builds(Twist, st.just("money"), st.just(1), st.one_of(SILENCE, SOMEBODY)),
    st.builds(Twist, st.just("request"), EARLY, SILENCE),
    st.builds(Twist, st.just("answer"), EARLY, SOMEBODY),
    st.builds(Twist, st.just("seen"), st.integers(0, 4), st.sampled_from(CHANGING)),
    st.builds(Twist, st.just("commit"), st.integers(0, 5), SOMEBODY),
    st.builds(Twist, st.just("statement"), st.integers(0, 90), SOMEBODY),
    st.builds(Twist, st.just("write"), st.integers(0, 4), SOMEBODY),
)
OR_NONE = st.booleans().flatmap(lambda is_one: TWISTS if is_one else st.none())


@dataclass(frozen=True)
class Step:
    """One action with its choices, and what happens in the midst of it or later."""

    name: str
    choices: dict[str, Any] = field(default_factory=dict)
    twist: Twist | None = None


@st.composite
def any_step(draw: st.DrawFn) -> Step:
    name = draw(NAMES)
    choices = {key: draw(strategy) for key, strategy in ACTIONS[name][1].items()}
    return Step(name, choices, draw(OR_NONE))


# After its tenth run under one seed, Hypothesis mostly runs near copies of what it ran before.
UNDER_ONE_SEED = 10


class Machine(RuleBasedStateMachine):
    """What a payment machine counts, over all of its runs."""

    runs = 0
    steps = 0
    seen: ClassVar[Counter[str]] = Counter()


def run(machine: type[Machine], *, part: int, runs: int, steps: int, phases: list[Phase]) -> None:
    """Let the machine run so many times; another part is another choice of all that happens."""
    for number in range(part * runs, (part + 1) * runs, UNDER_ONE_SEED):
        run_state_machine_as_test(
            seed(number)(machine),
            settings=settings(
                max_examples=min(UNDER_ONE_SEED, (part + 1) * runs - number),
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=False,
                phases=phases,
                suppress_health_check=list(HealthCheck),
            ),
        )


class Found(BaseException):
    """The machine has found a seeded fault. Past Hypothesis, which would run it again and again to make it smaller."""


def payment_machine(make_world: Callable[[], World], *, hunts: bool = False) -> type[Machine]:
    """The machine over worlds that `make_world` makes, one a run. One that hunts ends with Found at the first fault."""

    class PaymentMachine(Machine):
        seen: ClassVar[Counter[str]] = Counter()
        is_well = False

        @initialize(begins=BEGINS, card=ON_FILE, twist=OR_NONE)
        def begin(self, begins: str, card: str, twist: Twist | None) -> None:
            type(self).runs += 1
            with self.watched():
                self.world = make_world()
                if begins == "a holder":
                    self.world.do(self.world.change_card)
                    self.world.do(lambda: self.world.ask_quote(tier="team", seats=2, interval="month"))
                    self.world.moments.arm(twist)
                    self.world.do(self.world.accept)
                if begins != "new":
                    self.world.do(lambda: self.world.change_card(card=card))

        @rule(step=any_step())
        def happens(self, step: Step) -> None:
            type(self).steps += 1
            action = getattr(self.world, step.name)
            with self.watched():
                self.world.moments.arm(step.twist)
                self.world.do(lambda: action(**step.choices))

        @invariant()
        def holds(self) -> None:
            with self.watched():
                judging.after_step(self.world)

        def teardown(self) -> None:
            """A run that went well so far is healed and judged; of one that failed, the first fault is told."""
            if self.is_well:
                with self.watched():
                    judging.heal(self.world)
                    judging.healed(self.world)
                self.seen.update(judging.happened(self.world))

        @contextmanager
        def watched(self) -> Iterator[None]:
            self.is_well = False
            try:
                yield
            except Exception as error:
                if hunts:
                    raise Found(f"{type(error).__name__}: {error}") from error
                raise
            self.is_well = True

    return PaymentMachine
