"""manage.py policy: keep the rules as they stand now, if they changed, and list the versions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.models import PolicyVersion
from portal.policy import record_policy


class Command(BaseCommand):
    help = (
        "Keep the rules as they stand now, where they differ from what was kept last, and list the versions."
    )

    def handle(self, **options: Any) -> None:
        recorded = record_policy(at=timezone.now())
        self.stdout.write("The rules have changed, and are kept." if recorded else "Nothing has changed.")
        for version in PolicyVersion.objects.all():
            self.stdout.write(f"{version.pk}: {version}, {len(version.texts)} clauses")
