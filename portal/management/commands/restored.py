"""manage.py restored: say that the database was restored, where it cannot see that by itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from licensing.history import COMMAND
from licensing.models import Restore
from licensing.restores import hold


class Command(BaseCommand):
    help = "Hold what sends or charges until the books are reconciled with Stripe. Run it before the workers start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--because",
            default="A person says that the database was restored.",
            help="what was restored, and from when; it stays on record",
        )

    def handle(self, **options: Any) -> None:
        before = Restore.objects.filter(reconciled_at=None).first()
        hold(actor=COMMAND, why=options["because"], at=timezone.now())
        if before:
            self.stdout.write(
                f"It is held already, since {before.noticed_at:%Y-%m-%d %H:%M} UTC: {before.why}"
            )
        self.stdout.write(
            "Held. `manage.py reconcile` lets it go when it has finished; a worker begins it by itself."
        )
