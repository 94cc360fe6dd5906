"""The machine is no ornament: each of these faults, seeded into our own code, it finds by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from hypothesis import Phase

from tests.infra.proof import LONG
from tests.machine import faults
from tests.machine.machine import Found, payment_machine, run
from tests.machine.world import World

# A fault is found within so many runs, or the machine is not good enough.
RUNS = 500
# The short form takes those that show quickly; the long one takes them all.
TELLING = (
    "granted before it is paid",
    "what is given up stays open at Stripe",
    "a trial writes the licence",
    "an event may be stored twice",
    "asked again, it is asked under a new key",
)
pytestmark = pytest.mark.proof


@pytest.fixture
def broken_books(make_world: Callable[[], World]) -> Iterator[None]:
    """Afterwards the books are emptied: what a seeded fault wrote into them breaks every rule."""
    yield
    faults.restore_events()
    # No id is given twice: each process keeps published terms by their ids.
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False)


@pytest.mark.usefixtures("broken_books")
@pytest.mark.parametrize("fault", faults.FAULTS if LONG else TELLING)
def test_a_seeded_fault_is_found(
    make_world: Callable[[], World],
    figure: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    faults.FAULTS[fault](monkeypatch)
    machine = payment_machine(make_world, hunts=True)
    with pytest.raises(Found):
        run(machine, part=0, runs=RUNS, steps=40, phases=[Phase.generate])
    figure(f"{fault}: found in run {machine.runs}")
