"""Model instances out of hand-written SQL, for the few reads that every page waits for.

There the ORM's own work, which is to build the statement anew each time, costs several times what PostgreSQL's does;
and most of what PostgreSQL does is to plan. So a statement is written once, and planned once a connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestamptzLoader

Row = TypeVar("Row", bound=models.Model)


def columns(model: type[models.Model], *, of: str) -> str:
    """The columns of `model` in the order of its fields, under the alias `of`, for a SELECT."""
    return ", ".join(f'{of}."{field.column}"' for field in model._meta.concrete_fields)


def width(model: type[models.Model]) -> int:
    """How many columns `columns` names."""
    return len(model._meta.concrete_fields)


def instance(model: type[Row], values: Sequence[Any]) -> Row | None:
    """The instance that those columns' values make; None where an outer join found no row."""
    fields = model._meta.concrete_fields
    if values[next(place for place, field in enumerate(fields) if field.primary_key)] is None:
        return None
    return model.from_db("default", [field.attname for field in fields], values)


@lru_cache(maxsize=1)
def _adapters() -> AdaptersMap:
    """Django's, but moments are read by psycopg's own C; Django's reader of them is Python."""
    made = AdaptersMap(get_adapters_template(True, UTC))
    made.register_loader("timestamptz", TimestamptzLoader)
    return made


class _PlannedOnce(psycopg.Cursor[Any]):
    """A cursor whose statements stay prepared on their connection (`prepare_threshold` is set in settings)."""

    @property
    def adapters(self) -> AdaptersMap:
        return _adapters()

    def execute(self, query: Any, params: Any = None, **given: Any) -> _PlannedOnce:
        return super().execute(query, params, **{**given, "prepare": True})


def ask(statement: str, parameters: Any = None) -> list[Any]:
    """The rows that answer. Errors, and the counting of queries, are Django's as ever."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    cursor: Any = _PlannedOnce(connection.connection)
    counted = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with counted(cursor) as wrapped:
        wrapped.execute(statement, parameters)
        return list(wrapped.fetchall())
