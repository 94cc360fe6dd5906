"""How a machine is let loose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.kept.ending import Ending
from tests.kept.excepted import Excepted
from tests.kept.leaving import Leaving
from tests.kept.machine import Machine
from tests.kept.paying import Paying
from tests.kept.shop import Shop

# A fault is found within so many runs of so many steps, or the machine is not good enough.
RUNS, STEPS = 60, 12


def play(
    machine: type[Shop] | type[Paying], *, runs: int, steps: int, phases: Sequence[Phase], number: int = 0
) -> None:
    """Raises the AssertionError of the first run that finds something."""
    machine.seen.clear()
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, database=None, derandomize=False,
            phases=phases, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        ),
    )  # fmt: skip


def play_until_found(*names: str, goes: Sequence[str] = ("a feature",), meets: str = "") -> None:
    """With a fault seeded, and of the rules only these: whatever else happens, it is by them that it shows."""
    others = {
        name
        for part in (Machine, Ending, Leaving, Excepted)
        for name in vars(part)
        if not name.startswith("_") and name not in ("goes", "meets")
    }
    rest = {
        name: _no_rule(name) for name in others - {*names, "first_edition", "everybody_has_what_they_should"}
    }
    play(
        type("Narrowed", (Machine,), {**rest, "goes": goes, "meets": meets}),
        runs=RUNS,
        steps=STEPS,
        phases=[Phase.generate],
    )


def _no_rule(name: str) -> Callable[..., None]:
    """The act by itself, for other acts to call."""

    def act(self: Machine, *args: Any, **kwargs: Any) -> None:
        getattr(Machine, name)(self, *args, **kwargs)

    return act
