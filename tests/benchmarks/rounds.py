"""Interleaved rounds: each thing measured once a round, so that a busy minute of the machine meets them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

ROUNDS = 6


@dataclass(frozen=True)
class Ratio:
    """The median of a round's ratios, with the least and the greatest."""

    middle: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{_short(self.middle)} ({_short(self.least)}–{_short(self.most)})"


@dataclass(frozen=True)
class Measured:
    """What each round cost, by name."""

    costs: Mapping[str, list[float]]

    def of(self, name: str) -> float:
        """The median cost."""
        return median(self.costs[name])

    def ratio(self, name: str, *, to: str) -> Ratio:
        """How many times the cost of `to` it costs, taken round by round."""
        found = [one / other for one, other in zip(self.costs[name], self.costs[to], strict=True)]
        return Ratio(median(found), min(found), max(found))


def interleave(things: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS) -> Measured:
    """Measure each of `things` (a call that gives its cost) once a round; a first round warms up and is thrown away."""
    costs: dict[str, list[float]] = {name: [] for name in things}
    for number in range(rounds + 1):
        names = list(things) if number % 2 else list(reversed(things))
        for name in names:
            cost = things[name]()
            if number:
                costs[name].append(cost)
    return Measured(costs)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
