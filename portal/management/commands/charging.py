"""manage.py charging: whether Stripe may be asked for money; stop it for everybody, or let it go on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.brakes import UnableToBrake, let_go, stop_charging
from billing.models import Brake
from licensing.history import COMMAND


class Command(BaseCommand):
    help = (
        "Say which brakes hold; `stop` all charging, or let it `go` on. Renewals are Stripe's own and are not stopped:"
        " pause collection in Stripe's dashboard for those."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what", nargs="?", choices=["stop", "go"], help="left out: only say how it stands"
        )
        parser.add_argument("--because", default="", help="why; it stays on record")

    def handle(self, **options: Any) -> None:
        what, reason, at = options["what"], options["because"].strip(), timezone.now()
        if what and not reason:
            raise CommandError('Say why: --because "…".')
        pulled = Brake.objects.filter(released_at=None)
        try:
            if what == "stop":
                stop_charging(actor=COMMAND, reason=reason, at=at)
            elif what == "go":
                brake = pulled.filter(customer=None).first()
                if brake is None:
                    raise UnableToBrake("Charging is not stopped.")
                let_go(brake=brake, actor=COMMAND, reason=reason, at=at)
        except UnableToBrake as error:
            raise CommandError(str(error)) from error
        for brake in pulled.select_related("customer").order_by("pulled_at"):
            who = brake.customer or "Everybody"
            self.stdout.write(f"{who}: stopped since {brake.pulled_at:%Y-%m-%d %H:%M} UTC. {brake.reason}")
        if not pulled.exists():
            self.stdout.write("No brake holds.")
