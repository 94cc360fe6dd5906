"""manage.py invariants: look through all books for what must never be, and name it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from billing.invariants import INVARIANTS, violations


class Command(BaseCommand):
    help = (
        "Look for what breaks an invariant, at every customer. Changes nothing. Exits 1 where something does."
    )

    def handle(self, **options: Any) -> None:
        found = violations()
        for invariant in INVARIANTS:
            broken = [each for each in found if each.invariant == invariant.name]
            self.stdout.write(f"{'BROKEN' if broken else 'holds '}  {invariant.name}: {invariant.says}")
            for each in broken:
                self.stdout.write(f"        customer {each.customer_id}: {each.what}")
        if found:
            customers = len({each.customer_id for each in found})
            self.stdout.write(
                f"{len(found)} found at {customers} customers. A person must say which side is right."
            )
            sys.exit(1)
        self.stdout.write(f"All {len(INVARIANTS)} hold.")
