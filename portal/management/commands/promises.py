"""manage.py promises: find out which promises were kept today, and where they were broken."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing.promises import PROMISES
from licensing.models import PromiseCheck
from licensing.promises import check


class Command(BaseCommand):
    help = (
        "Check every promise that was not checked today, write it down, and print today’s checks. Exits 1 where one was"
        " broken."
    )

    def handle(self, **options: Any) -> None:
        at = timezone.now()
        check(PROMISES, at=at)
        found = {each.promise: each for each in PromiseCheck.objects.filter(day=at.date())}
        for promise in PROMISES:
            today = found[promise.key]
            self.stdout.write(f"{'kept  ' if today.is_kept else 'BROKEN'}  {promise.key}: {promise.sentence}")
            for breach in today.breaches:
                self.stdout.write(f"        customer {breach['customer']}: {breach['what']}")
            if today.broken > len(today.breaches):
                self.stdout.write(f"        and {today.broken - len(today.breaches)} more")
        if any(not each.is_kept for each in found.values()):
            sys.exit(1)
