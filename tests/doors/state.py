"""All that the house knows, to see whether a knock changed any of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import Group

APPS = ("licensing", "billing", "portal")


def state() -> dict[str, list[Any]]:
    """Every row of ours, and of people's addresses and second factors, by model. Sessions and logs are not in it."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in (*models, EmailAddress, Authenticator, Group)
    }


@contextmanager
def changed_by() -> Iterator[set[str]]:
    """The labels of the models whose rows changed inside, known when the block has ended."""
    changed: set[str] = set()
    before = state()
    yield changed
    after = state()
    changed |= {label for label, rows in after.items() if rows != before[label]}
