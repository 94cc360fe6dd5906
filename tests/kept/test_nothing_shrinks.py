"""Whatever is published and whoever moves: no entitlement of a living licence shrinks but by its owner's act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from licensing import sharing, standing
from licensing.sharing import InForce
from licensing.terms import EditionTerms, edition_terms
from tests.infra.proof import size
from tests.kept.machine import Machine

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

# Without these the machine proves little, however long it runs.
COMES_THROUGH = ("editions", "purchases", "ends", "renewals", "trials", "grew")
PHASES = [Phase.generate]
# A fault is found within so many runs, or the machine is not good enough.
RUNS = 300


def run(machine: type[Machine], *, runs: int, steps: int, phases: Sequence[Phase], number: int = 0) -> None:
    machine.seen = Counter()
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, database=None, derandomize=False,
            phases=phases, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_nothing_shrinks_but_by_its_owners_act(figure: Callable[[str], None]) -> None:
    runs, steps = size(short=25, long=4000), size(short=30, long=50)
    run(Machine, runs=runs, steps=steps, phases=[*PHASES, Phase.shrink])
    missing = [what for what in COMES_THROUGH if not Machine.seen[what]]
    assert not missing, f"never came to {missing}"
    told = ", ".join(f"{count} {what}" for what, count in Machine.seen.most_common())
    figure(f"{runs} runs of up to {steps} steps, nothing shrank: {told}")


def only_the_newest_shares(held: EditionTerms, later: Sequence[EditionTerms]) -> InForce:
    """What was shared is taken back when the next edition gives less."""
    return lay_over(held, later[-1:])


def the_newest_value_counts(held: EditionTerms, later: Sequence[EditionTerms]) -> InForce:
    """What is shared replaces what is held, be it kinder or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "is_kinder", lambda *_args, **_kwargs: True)
        return lay_over(held, later)


lay_over = sharing.lay_over


@pytest.mark.parametrize("fault", [only_the_newest_shares, the_newest_value_counts])
def test_sharing_that_is_not_for_good_is_found(
    fault: Callable[..., InForce], monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    monkeypatch.setattr(sharing, "lay_over", fault)
    with pytest.raises(AssertionError, match="had and has"):
        run(Machine, runs=RUNS, steps=30, phases=PHASES)
    figure(f"{fault.__name__.replace('_', ' ')}: found after {Machine.seen['editions']} editions")


def test_terms_that_follow_what_is_sold_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A licence that silently goes by today's terms of its tier."""

    def todays(edition_id: int, *, newest_id: int) -> InForce:
        held, today = edition_terms(edition_id), edition_terms(newest_id)
        tiers = tuple(
            sharing.replace(tier, gives=theirs.gives) if (theirs := today.tier(tier.key)) else tier
            for tier in held.tiers
        )
        return InForce(sharing.replace(held, tiers=tiers), {})

    monkeypatch.setattr(standing, "in_force", todays)
    with pytest.raises(AssertionError, match="had and has"):
        run(Machine, runs=RUNS, steps=30, phases=PHASES)
