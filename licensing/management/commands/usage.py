"""manage.py usage: take down how much of a limit a customer uses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from licensing.models import Customer, Licence
from licensing.usage import UnableToRecord, record_reading


class Command(BaseCommand):
    help = "Record a reading of what a customer uses of a limit."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        record = verbs.add_parser("record", help="record one reading")
        record.add_argument("customer", metavar="CUSTOMER_SLUG")
        record.add_argument("feature", metavar="FEATURE", help="the key of a limit, for example projects")
        record.add_argument("value", metavar="VALUE", help="a whole number from 0")
        record.add_argument(
            "--at", metavar="ISO", help="when it was read (UTC unless it says otherwise); else now"
        )

    def handle(self, *, customer: str, feature: str, value: str, at: str | None, **options: Any) -> None:
        found = Customer.objects.filter(slug=customer).first()
        if found is None:
            raise CommandError(f"There is no customer {customer!r}.")
        if not (value.isascii() and value.isdigit()):
            raise CommandError(f"The value must be a whole number from 0, not {value!r}.")
        moment = _moment(at) if at else timezone.now()
        try:
            record_reading(customer=found, feature_key=feature, value=int(value), at=moment)
        except Licence.DoesNotExist:
            raise CommandError(f"{found} has no licence any more.") from None
        except UnableToRecord as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{found}: {feature} {value}, read {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC.")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--at must be a date and time like 2026-11-22T17:00, not {text!r}.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
