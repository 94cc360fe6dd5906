"""Whatever is published, announced or granted, and whoever moves: no entitlement of a living licence shrinks but by its
owner's act, by a sunset that was told in time, or by the end of an exception on its day.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase

from tests.infra.proof import size
from tests.kept.machine import Machine
from tests.kept.playing import play

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

# Without these the machine proves little, however long it runs.
COMES_THROUGH = (
    "editions", "purchases", "ends", "renewals", "trials", "grew", "sunsets announced", "sunsets withdrawn",
    "mails delivered", "mails bounced", "losses", "exceptions", "looks at an exception",
)  # fmt: skip


def test_nothing_shrinks_but_by_what_was_told_or_agreed_to(figure: Callable[[str], None]) -> None:
    runs, steps = size(short=12, long=4000), size(short=30, long=50)
    play(Machine, runs=runs, steps=steps, phases=[Phase.generate, Phase.shrink])
    told = ", ".join(f"{count} {what}" for what, count in Machine.seen.most_common())
    missing = [what for what in COMES_THROUGH if not Machine.seen[what]]
    assert not missing, f"never came to {missing}; came to {told}"
    figure(f"{runs} runs of up to {steps} steps, nothing shrank: {told}")
