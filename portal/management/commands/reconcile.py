"""manage.py reconcile: hold the books against Stripe's, mend what is safe, and list what is not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.answers import StripeRefused, StripeUnavailable
from billing.reconcile import reconcile
from licensing.history import COMMAND


class Command(BaseCommand):
    help = "Compare subscriptions and 30 days of events and payments with Stripe. Exits 1 where a person must look."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only-look", action="store_true", help="list what differs, and mend nothing")

    def handle(self, **options: Any) -> None:
        try:
            done = reconcile(actor=COMMAND, at=timezone.now(), mend=not options["only_look"])
        except StripeUnavailable as silence:
            raise CommandError(f"Stripe does not answer; run it again later. {silence}") from silence
        except StripeRefused as refusal:
            raise CommandError(f"Stripe refuses to show what it has: {refusal}") from refusal
        if done is None:
            raise CommandError("Another one is running. Its findings will stand in the admin.")
        self.stdout.write(
            f"Compared {done.subscriptions} subscriptions, {done.events} events and {done.invoices} payments."
        )
        for each in done.differences.select_related("customer"):
            self.stdout.write(
                f"{'mended' if each.mended else 'OPEN  '}  {each.get_kind_display()}, {each.stripe_id},"
                f" {each.customer or 'no customer of ours'}: {each.what}"
            )
        if left := done.differences.filter(mended=False).count():
            if options["only_look"]:
                self.stdout.write(f"{left} left as they are. Without --only-look, what is safe is mended.")
            else:
                self.stdout.write(
                    f"{left} left open. What to do stands in the admin, under Differences with Stripe."
                )
            sys.exit(1)
        self.stdout.write("Nothing is left open.")
