"""manage.py signingkey: make a key that signs price-lock certificates."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from licensing.signing import key_id, new_key


class Command(BaseCommand):
    help = (
        "Make a signing key. It is printed and kept nowhere; put it first in SIGNING_KEYS, before the others."
    )
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        key = new_key()
        self.stdout.write(key)
        self.stderr.write(
            f"It will be published as {key_id(key)}. Put it first in SIGNING_KEYS and keep the older ones behind it: "
            "what they signed is verifiable for as long as they stay there."
        )
