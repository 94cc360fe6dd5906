"""manage.py timetravel: let time pass for one customer of the demo."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from licensing.models import Customer, Licence
from portal.demo.outlook import outlook
from portal.demo.sandbox import SandboxSilent
from portal.demo.travel import LONGEST, let_pass, passes_at_once


class Command(BaseCommand):
    help = (
        "Let days pass for one customer of the demo: its dates move into the past, here and in the sandbox. "
        "Mails whose day is jumped over are not sent, and the promises then say so: go up to their day, then on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", metavar="SLUG", required=True)
        parser.add_argument("--days", metavar="N", required=True, help=f"a whole number from 1 to {LONGEST}")

    def handle(self, *, customer: str, days: str, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Time travel works only where DEMO is true.")
        count = int(days) if days.isascii() and days.isdigit() else 0
        if not 1 <= count <= LONGEST:
            raise CommandError(f"--days must be a whole number from 1 to {LONGEST}, not {days!r}.")
        traveller = Customer.objects.filter(slug=customer).first()
        if traveller is None:
            known = ", ".join(Customer.objects.order_by("slug").values_list("slug", flat=True)[:10])
            raise CommandError(f"There is no customer {customer!r}; there are: {known or 'none'}.")
        wanted, at = timedelta(days=count), timezone.now()
        by = passes_at_once(customer=traveller, by=wanted, at=at)
        try:
            happened = let_pass(customer=traveller, by=by, at=at)
        except Licence.DoesNotExist:
            raise CommandError(f"{traveller} is closed; no time passes for it any more.") from None
        except SandboxSilent as error:
            raise CommandError(f"No time has passed, because {error}.") from None
        if by < wanted:
            self.stdout.write(
                f"{_span(by)} have passed for {traveller}. Here time stands: the next renewal carries the end of an "
                "edition, and Stripe is asked for the later price within a minute. Then let the rest pass."
            )
        else:
            self.stdout.write(f"{count} {'day has' if count == 1 else 'days have'} passed for {traveller}.")
        if happened:
            self.stdout.write(f"At Stripe, things that fell due on the way: {happened}.")
        self.stdout.write("Within a minute, by itself:")
        for sentence in outlook(customer=traveller, at=timezone.now()):
            self.stdout.write(f"  {sentence}")


def _span(by: timedelta) -> str:
    return f"{by.days} days and {by.seconds // 3600} hours"
