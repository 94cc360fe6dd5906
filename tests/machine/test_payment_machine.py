"""Whatever happens, in whatever order, to whoever: no order is charged twice, and in the end all is as it should be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase

from tests.infra.proof import size
from tests.machine.machine import payment_machine, run
from tests.machine.world import World

# So that the workers of a test run share them.
PARTS = 4
# Without these a machine proves little, however long it runs.
COMES_THROUGH = (
    "orders settled",
    "cancelled",
    "trials",
    "deaths",
    "requests gone wrong",
    "others in between",
)
pytestmark = pytest.mark.proof


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_charged_twice_and_after_healing_all_is_right(
    make_world: Callable[[], World], figure: Callable[[str], None], part: int
) -> None:
    runs, steps = size(short=200, long=5000) // PARTS, size(short=40, long=60)
    machine = payment_machine(make_world)
    run(machine, part=part, runs=runs, steps=steps, phases=[Phase.generate, Phase.shrink])
    missing = [what for what in COMES_THROUGH if not machine.seen[what]]
    assert not missing, f"never came to {missing}"
    told = ", ".join(f"{count} {what}" for what, count in machine.seen.most_common())
    figure(f"{machine.runs} runs of up to {steps} steps, {machine.steps} in all, nothing wrong: {told}")
