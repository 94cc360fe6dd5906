"""manage.py flush: Django's own, allowed past the guards that keep every other hand from emptying a table."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connections


class Command(flush.Command):
    """Empties the whole database after asking, for developers and between tests."""

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('portal.emptying', 'allowed', false)")
        try:
            super().handle(**options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('portal.emptying', '', false)")
