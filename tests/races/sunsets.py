"""Races for what is announced once: the end of an edition, of which two people wrote a draft each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from licensing.history import COMMAND
from licensing.models import Sunset
from licensing.sunsets import withdraw
from portal.staff import ensure_groups
from tests.infra.sandbox import Sandbox
from tests.publishing import colleague
from tests.races.browser import Browser
from tests.races.racing import Race, Round, no_row_locks
from tests.sunsets.editions import draft


def twins(_sandbox: Sandbox, url: str) -> Round:
    """March 2025 ends by either of two drafts; both are announced in the same moment."""
    for open_one in Sunset.objects.filter(announced_at__isnull=False, withdrawn_at=None):
        withdraw(sunset=open_one, actor=COMMAND, reason="The round is over.", at=timezone.now())
    ensure_groups()
    first_on = timezone.now().date() + timedelta(days=400)
    drafts = [draft(first_on=first_on) for _ in range(2)]
    browsers = [Browser(url, colleague()) for _ in drafts]

    def announces(number: int) -> Any:
        door = reverse("admin:licensing_sunset_announce", args=[drafts[number].pk])
        return browsers[number].post(door, key="2025-03")

    def counts() -> dict[str, tuple[int, int]]:
        announced = Sunset.objects.filter(pk__in=[each.pk for each in drafts], announced_at__isnull=False)
        return {"announced": (announced.count(), 1)}

    return Round([], [lambda number=number: announces(number) for number in range(2)], counts)


RACES = (
    Race(
        "one end, announced twice",
        twins,
        "row locks",
        no_row_locks,
        meet=("licensing.sunsets.announcing._put_on_record",),
    ),
)
