"""manage.py demo: the demo's vendor, cast and past."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.answers import StripeRefused, StripeUnavailable
from licensing.models import Customer
from portal.demo.buying import NotBought
from portal.demo.sandbox import SandboxSilent
from portal.demo.seeding import seed


class Command(BaseCommand):
    help = "Fill an empty portal with the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser(
            "seed", help="make the demo's vendor and cast; does nothing where there are customers"
        )

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is seeded only where DEMO is true.")
        if Customer.objects.exists():
            self.stdout.write("There are customers already; nothing was seeded.")
            return
        try:
            seed(at=timezone.now(), say=self._say)
        except (SandboxSilent, NotBought, StripeRefused, StripeUnavailable) as error:
            raise CommandError(
                f"The demo is only half there, because {error}; start again with an empty database (make clean)."
            ) from None
        self._say("The demo is ready")

    def _say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()
