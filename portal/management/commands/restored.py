"""manage.py restored: say that the database was restored, where it cannot see that by itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from licensing.history import COMMAND
from licensing.restores import hold


class Command(BaseCommand):
    help = "Hold what sends or charges until the books are reconciled with Stripe. Run it before the workers start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--because", default="A person says that the database was restored.")

    def handle(self, **options: Any) -> None:
        hold(actor=COMMAND, why=options["because"], at=timezone.now())
        self.stdout.write(
            "Held. `manage.py reconcile` lets it go when it has finished; a worker begins it by itself."
        )
