"""manage.py sweep: run every sweep of the schedule once, now, and say what each did."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.celery import app
from portal.tasks import send_notices

ERROR = "error"


class Command(BaseCommand):
    help = "Run every sweep once, now, in this process, and print what each did. Safe at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object: sweep → what it did")

    def handle(self, **options: Any) -> None:
        app.loader.import_default_modules()
        did: dict[str, dict[str, Any]] = {}
        for name, task in _sweeps().items():
            try:
                did[name] = app.tasks[task].run() or {}
            except Exception as fault:  # one sweep that fails holds up no other
                did[name] = {ERROR: f"{type(fault).__name__}: {fault}"}
            if not options["json"]:
                self.stdout.write(f"{name}: {_words(did[name])}")
        if options["json"]:
            self.stdout.write(json.dumps(did))
        if failed := [name for name, counts in did.items() if ERROR in counts]:
            raise CommandError(f"These sweeps failed: {', '.join(failed)}.")


def _sweeps() -> dict[str, str]:
    """Name → task of everything beat starts, with the notices last: the others owe them."""
    tasks = {name: str(entry["task"]) for name, entry in settings.CELERY_BEAT_SCHEDULE.items()}
    return dict(sorted(tasks.items(), key=lambda item: item[1] == str(send_notices.name)))


def _words(counts: dict[str, Any]) -> str:
    """`{"sent": 2, "put_off": 0}` → "sent 2"; what is zero is left out."""
    said = [
        f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count and count is not True
    ]
    said += [name.replace("_", " ") for name, count in counts.items() if count is True]
    return ", ".join(said) or "nothing to do"
