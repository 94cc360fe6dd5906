"""Proofs: tests that search for wrong money under chance, races, faults and time, and tell what they measured.

A proof runs in a short form among all tests, and in its long form by `make torture`, which sets PROOFS=long.
"""

import os
from collections.abc import Callable

import pytest
from _pytest.terminal import TerminalReporter

LONG = os.environ.get("PROOFS") == "long"


def size(*, short: int, long: int) -> int:
    """How much of a proof is done: so many runs, rounds, tries or years."""
    return long if LONG else short


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell what was measured, in a sentence with its number; the closing summary lists it beside the test."""

    def tell(words: str) -> None:
        request.node.user_properties.append(("figure", words))

    return tell


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """List what the proofs and benchmarks of this run measured."""
    told = [
        (report.nodeid, words)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call"
        for name, words in report.user_properties
        if name == "figure"
    ]
    if not told:
        return
    terminalreporter.write_sep("-", "what was measured")
    for nodeid, words in sorted(told):
        terminalreporter.write_line(f"{words}   [{nodeid}]")
