"""Whatever is published, announced or granted, and whoever moves: no entitlement of a living licence shrinks but by its
owner's act, by a sunset that was told in time, or by the end of an exception on its day; and no price rises but with a
renewal after the end of its edition, told in time.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase

from tests.infra.proof import LONG, size
from tests.kept.machine import Machine
from tests.kept.playing import play

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

# Without these the machine proves little, however long it runs.
COMES_THROUGH = (
    "editions", "purchases", "renewals", "trials", "grew", "sunsets announced", "sunsets withdrawn",
    "ends announced", "mails delivered", "mails bounced", "losses", "free moves", "paid moves", "exceptions",
    "looks at an exception",
)  # fmt: skip
# Too rare for the short form to be sure of.
RARELY = ("ends",)


def test_nothing_shrinks_but_by_what_was_told_or_agreed_to(figure: Callable[[str], None]) -> None:
    runs, steps = size(short=7, long=600), size(short=40, long=50)
    play(Machine, runs=runs, steps=steps, phases=[Phase.generate, Phase.shrink])
    told = ", ".join(f"{count} {what}" for what, count in Machine.seen.most_common())
    wanted = (*COMES_THROUGH, *RARELY) if LONG else COMES_THROUGH
    missing = [what for what in wanted if not Machine.seen[what]]
    assert not missing, f"never came to {missing}; came to {told}"
    figure(f"{runs} runs of up to {steps} steps, nothing shrank: {told}")
