"""Asking the database for what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from licensing.models import Claim, Edition, Feature, Grant, Price, Tier

TERMS: list[type[Model]] = [Edition, Tier, Feature, Grant, Claim, Price]


def refused(words: str, do: Callable[[], Any]) -> None:
    """The database says no, in words, and nothing has changed."""
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        do()


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def at_the_end(do: Callable[[], Any]) -> None:
    """What a transaction refuses only when it ends is asked at once."""
    do()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")
