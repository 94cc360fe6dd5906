"""What one part of an export is: the rows of one kind that are held of a customer, or of a person, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Expression, Model, QuerySet

from licensing.models import Customer
from portal.models import User

CHUNK = 2000  # rows in memory at a time
PERSON = "a person is named by their address; empty where their account is gone"

Source = str | Expression
# A function of a customer or of a person, as the export that its part is in.
Rows = Callable[[Any], QuerySet[Any]]


@dataclass(frozen=True)
class Column:
    """`name` in the file, what it says, and where it comes from: a field, a path of fields, or an expression."""

    name: str
    says: str
    source: Source


@dataclass(frozen=True)
class Part:
    """One file of the export. `without`: the fields of `model` that are not in it, each with the reason.

    Where a column's source is an expression, `made_of` names the fields that it stands for.
    """

    key: str
    says: str
    model: type[Model]
    rows: Rows
    columns: tuple[Column, ...]
    without: Mapping[str, str] = field(default_factory=dict)
    made_of: tuple[str, ...] = ()

    def values(self, whose: Customer | User, *, at: datetime) -> Iterator[tuple[Any, ...]]:
        """The rows in the order they came, a chunk in memory at a time. Inside a transaction only."""
        named = {f"x_{number}": one.source for number, one in enumerate(self.columns)}
        rows = self.rows(whose).annotate(**{n: s for n, s in named.items() if not isinstance(s, str)})
        sources = [source if isinstance(source, str) else name for name, source in named.items()]
        yield from rows.order_by("pk").values_list(*sources).iterator(chunk_size=CHUNK)


@dataclass(frozen=True)
class Made:
    """A part whose rows are worked out at the moment of the export, and stand in no table of their own."""

    key: str
    says: str
    columns: tuple[Column, ...]
    values_of: Callable[[Any, datetime], Iterator[tuple[Any, ...]]]

    def values(self, whose: Customer | User, *, at: datetime) -> Iterator[tuple[Any, ...]]:
        """The rows as they are at `at`."""
        yield from self.values_of(whose, at)
