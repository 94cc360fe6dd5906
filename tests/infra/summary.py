"""A closing section that names every test that did not run, or ran again, and why. Nothing goes by in silence."""

from collections import defaultdict

import pytest
from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """List skipped tests under their reasons, and those that needed a second chance."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        reasons[_reason(report)].append(report.nodeid)
    for report in terminalreporter.stats.get("xfailed", []):
        reasons[f"known to fail: {report.wasxfail or 'no reason given'}"].append(report.nodeid)
    for report in terminalreporter.stats.get("rerun", []):
        reasons["ran again after it failed once"].append(report.nodeid)
    if not reasons:
        return
    terminalreporter.write_sep("-", "what did not run, or not at once, and why")
    for reason, names in sorted(reasons.items()):
        terminalreporter.write_line(f"{reason} ({len(names)})")
        for name in names:
            terminalreporter.write_line(f"    {name}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longrepr)
