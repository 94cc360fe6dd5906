"""A race: two or more requests on a barrier, round after round, and what must not have happened twice after each."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Barrier, BrokenBarrierError
from typing import Any
from unittest import mock

from django.db import connection, models
from django.db.models import QuerySet

from billing.invariants import INVARIANTS
from licensing.invariants import violations_among
from tests.billing.conftest import at_once
from tests.infra.sandbox import Sandbox

Take = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Round:
    """One round: who runs, and what is counted afterwards. What should be 1 and is more is a double."""

    customers: Sequence[int]
    runners: Sequence[Callable[[], Any]]
    counts: Callable[[], dict[str, tuple[int, int]]]  # what → (how often it is there, how often it should be)


@dataclass(frozen=True)
class Race:
    """`meet` are places in the product, between what is read and what is written, where both wait for each other.

    `without` is what the control takes out, and `takes_out` takes it out.
    """

    name: str
    prepare: Callable[[Sandbox, str], Round]
    without: str
    takes_out: Take
    meet: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """What is wrong after a round, in words: what is there too often, and all else (errors, broken invariants)."""

    doubles: list[str]
    others: list[str]


def run(race: Race, *, sandbox: Sandbox, url: str, patience: float) -> Outcome:
    """One round, and a look at what it left. Errors of the runners are errors of the race."""
    prepared = race.prepare(sandbox, url)
    with met(race.meet, patience=patience):
        answers = at_once(*prepared.runners)
    counts = prepared.counts().items()
    told = {what: f"{what}: {there} where {should} should be" for what, (there, should) in counts}
    return Outcome(
        doubles=[told[what] for what, (there, should) in counts if there > should],
        others=[told[what] for what, (there, should) in counts if there < should]
        + [repr(answer) for answer in answers if isinstance(answer, Exception)]
        + [str(each) for each in violations_among(list(prepared.customers), invariants=INVARIANTS)],
    )


@contextmanager
def met(places: Sequence[str], *, patience: float) -> Iterator[None]:
    """Let both runners wait for each other before these functions, named like "billing.settling.change_licence".

    Nobody waits longer than `patience` seconds: where a lock keeps the other away, it never comes.
    """
    with ExitStack() as stack:
        for place in places:
            function = pkgutil.resolve_name(place)
            stack.enter_context(mock.patch(place, _after_meeting(function, patience)))
        yield


def _after_meeting(function: Callable[..., Any], patience: float) -> Callable[..., Any]:
    meeting = Barrier(2)

    def waits(*args: Any, **kwargs: Any) -> Any:
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=patience)
        return function(*args, **kwargs)

    return waits


# What a control takes out


@contextmanager
def no_row_locks() -> Iterator[None]:
    """SELECT … FOR UPDATE becomes a plain SELECT, everywhere."""
    with mock.patch.object(QuerySet, "select_for_update", lambda rows, **_: rows):
        yield


@contextmanager
def no_constraint(model: type[models.Model], name: str) -> Iterator[None]:
    """The database lets a unique constraint go; it is put back once the doubles are gone (`flush`)."""
    constraint = next(each for each in model._meta.constraints if each.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        empty_the_database()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


@contextmanager
def no_guard(table: str) -> Iterator[None]:
    """The trigger that keeps closed rows as they are sleeps."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER guard")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER guard")


@contextmanager
def without(*takes: AbstractContextManager[Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for take in takes:
            stack.enter_context(take)
        yield


def empty_the_database() -> None:
    """A control leaves books that contradict themselves; nobody after it shall find them."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0, reset_sequences=False, inhibit_post_migrate=True)
