"""manage.py prices: price one customer through every channel, and list what differs without a reason."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from licensing.models import Customer, Licence
from portal.one_price import price_report


class Command(BaseCommand):
    help = (
        "Price one customer on the price list, in the calculator, a quote, at Stripe, in the renewal mail and on the "
        "certificate. Changes nothing. Exits 1 where one of them says another price without a reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", metavar="SLUG", required=True)

    def handle(self, *, customer: str, **_: Any) -> None:
        found = Customer.objects.filter(slug=customer).first()
        if found is None:
            raise CommandError(f"There is no customer {customer}.")
        try:
            report = price_report(found, at=timezone.now())
        except Licence.DoesNotExist:
            raise CommandError(f"{found} holds no licence.") from None
        if report is None:
            raise CommandError("Nothing is on sale yet.")
        self.stdout.write(f"{found}: {report.held}, {report.seats} seats; on sale is {report.edition}.")
        for cell in report.with_reason:
            self.stdout.write(
                f"as it should  {cell.channel.name}: {cell.tier} in {cell.currency} by the {cell.interval} is "
                f"{cell.shown}. {cell.reason}"
            )
        for name, why in report.silent:
            self.stdout.write(f"not known     {name}: {why}")
        for cell in report.without_reason:
            self.stdout.write(f"DIFFERENT     {cell.words}")
        self.stdout.write(f"{len(report.cells)} prices compared.")
        if report.without_reason or report.silent:
            sys.exit(1)
        self.stdout.write("One story: every difference has its reason.")
