"""Real races: threads on a barrier, each with a session of its own, against a live server. Nothing happens twice.

Between what is read and what is written, whoever comes first waits a moment for the other, so that they do meet. Each
race runs a second time with what protects it taken out, and with more patience; then doubles do show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.proof import LONG, size
from tests.infra.sandbox import Sandbox
from tests.races import paying, sunsets, teams
from tests.races.racing import Outcome, Race, empty_the_database, run

RACES = [
    pytest.param(race, id=race.name.replace(" ", "-"))
    for race in (*paying.RACES, *teams.RACES, *sunsets.RACES)
]
pytestmark = [pytest.mark.proof, pytest.mark.parametrize("race", RACES)]


@pytest.fixture
def live(live_server: Any, catalogue: None) -> str:
    """The address of a server that answers every request in a thread of its own."""
    return str(live_server.url)


def test_however_they_meet_nothing_is_doubled(
    race: Race, live: str, sandbox: Sandbox, figure: Callable[[str], None]
) -> None:
    rounds = size(short=6, long=300)
    for number in range(rounds):
        assert run(race, sandbox=sandbox, url=live, patience=0.05) == Outcome([], []), (
            f"{race.name}, round {number + 1}"
        )
    figure(f"{race.name}: {rounds} rounds, 0 doubles")


def test_with_what_protects_it_taken_out_doubles_show(
    race: Race, live: str, sandbox: Sandbox, figure: Callable[[str], None]
) -> None:
    rounds, doubles = 0, 0
    try:
        with race.takes_out():
            while rounds < 40 and (LONG or not doubles):
                rounds += 1
                doubles += bool(run(race, sandbox=sandbox, url=live, patience=10).doubles)
    finally:
        empty_the_database()
    figure(f"{race.name}, without {race.without}: {rounds} rounds, {doubles} with doubles")
    assert doubles
