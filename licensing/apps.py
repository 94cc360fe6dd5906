from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate


class LicensingConfig(AppConfig):
    name = "licensing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_ensure_notice_rules, sender=self)


def _ensure_notice_rules(*, apps: Any = installed, **_: Any) -> None:
    """`apps` is what the migrations have made so far: there may be no such table yet."""
    from licensing.noticeclock import ensure_rules

    try:
        rules = apps.get_model("licensing", "NoticeRule")
    except LookupError:
        return
    ensure_rules(rules)
