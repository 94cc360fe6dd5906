from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # For what it hears: that a second factor was set up.
        from portal import staff  # noqa: F401

        post_migrate.connect(_ensure_groups, sender=self)


def _ensure_groups(**_: Any) -> None:
    from portal.staff import ensure_groups

    ensure_groups()
