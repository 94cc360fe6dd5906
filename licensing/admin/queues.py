"""Queues: rows that wait for a person. Each is counted on the first page and is a filter of its list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from licensing.catalogue.checklist import rehearsed_as_they_stand
from licensing.catalogue.exceptions import exceptions_that_wait
from licensing.models import (
    Delivery,
    Edition,
    Erasure,
    Licence,
    Notice,
    PlannedChange,
    PromiseCheck,
    PromiseException,
    Sunset,
    Waiver,
)

PARAMETER = "queue"
LONG = timedelta(hours=1)
LATE = timedelta(days=1)
# A promise that nobody checks any more waits for nobody.
KNOWN = timedelta(days=7)


@dataclass(frozen=True)
class Queue:
    """Rows of `model` that a person should look at; `where` tells them apart at a moment. `hint` says what to do."""

    key: str
    title: str
    hint: str
    model: type[Model]
    where: Callable[[datetime], Q]

    def rows(self, *, at: datetime) -> QuerySet[Any]:
        return self.model._default_manager.filter(self.where(at))

    @property
    def permission(self) -> str:
        """Who may see it."""
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"

    @property
    def url(self) -> str:
        """The list, filtered to this queue."""
        options = self.model._meta
        return (
            f"{reverse(f'admin:{options.app_label}_{options.model_name}_changelist')}?{PARAMETER}={self.key}"
        )


def queue_filter(queues: Sequence[Queue]) -> type[SimpleListFilter]:
    """A list's filter that offers its queues."""
    by_key = {queue.key: queue for queue in queues}

    class QueueFilter(SimpleListFilter):
        title = "waiting for a person"
        parameter_name = PARAMETER

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(queue.key, queue.title) for queue in queues]

        def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
            queue = by_key.get(str(self.value()))
            return rows.filter(queue.where(timezone.now())) if queue else rows

    return QueueFilter


LICENCE_QUEUES = (
    Queue(
        key="past-due",
        title="Licences past due",
        hint="The last payment failed. The processor tries again by itself; a word from a person may help.",
        model=Licence,
        where=lambda at: Q(state=Licence.State.PAST_DUE, ended_at=None),
    ),
)

CHANGE_QUEUES = (
    Queue(
        key="put-off",
        title="Planned changes put off",
        hint="The notice came late, came back or was not delivered. Find the right address; the rest goes by itself.",
        model=PlannedChange,
        where=lambda at: Q(state=PlannedChange.State.DEFERRED),
    ),
)

NOTICE_QUEUES = (
    Queue(
        key="undelivered",
        title="Notices that could not be delivered",
        hint="Every try was used up. Mend the address or the mail server, then resend.",
        model=Notice,
        where=lambda at: Q(
            Exists(Delivery.objects.filter(notice=OuterRef("pk"), state=Delivery.State.FAILED))
        ),
    ),
    Queue(
        key="came-back",
        title="Notices that came back",
        hint="The address does not take mail, or took it for spam. Find out the right one, then resend.",
        model=Notice,
        where=lambda at: Q(
            Exists(Delivery.objects.filter(notice=OuterRef("pk"), outcome=Delivery.Outcome.BOUNCED))
        ),
    ),
    Queue(
        key="waiting",
        title="Notices waiting for over an hour",
        hint="The worker is not sending, or the mail server refuses for now.",
        model=Notice,
        where=lambda at: Q(state=Notice.State.WAITING, owed_at__lt=at - LONG),
    ),
)

WAIVER_QUEUES = (
    Queue(
        key="waiting",
        title="Exceptions that wait for approval",
        hint="Somebody asked for more than one person gives alone. Whoever asked cannot answer.",
        model=Waiver,
        where=lambda at: Q(granted_at=None, ended_at=None, ends_at__gt=at, customer__closed_at=None),
    ),
)

EDITION_QUEUES = (
    Queue(
        key="rehearsed",
        title="Drafts that wait to be approved or published",
        hint="Rehearsed and not published. Whoever wrote none of it reads and approves it; then it is published.",
        model=Edition,
        where=lambda at: Q(pk__in=rehearsed_as_they_stand()),
    ),
)

EXCEPTION_QUEUES = (
    Queue(
        key="waiting",
        title="Exceptions to promises that wait for a colleague",
        hint="A draft breaks a promise, and somebody asked to accept that. Whoever wrote none of it and did not ask"
        " reads why, and accepts it or has the draft changed.",
        model=PromiseException,
        where=lambda at: Q(pk__in=exceptions_that_wait()),
    ),
)

SUNSET_QUEUES = (
    Queue(
        key="draft",
        title="Sunsets that wait to be announced",
        hint="Written and not announced. Whoever wrote none of it reads and announces it, or it is deleted.",
        model=Sunset,
        where=lambda at: Q(announced_at=None),
    ),
)

PROMISE_QUEUES = (
    Queue(
        key="broken",
        title="Promises that are broken",
        hint="The last check found customers for whom it was not kept. Mend the cause, and write to those it names.",
        model=PromiseCheck,
        where=lambda at: Q(
            ~Exists(PromiseCheck.objects.filter(promise=OuterRef("promise"), day__gt=OuterRef("day"))),
            broken__gt=0,
            day__gt=(at - KNOWN).date(),
        ),
    ),
)

ERASURE_QUEUES = (
    Queue(
        key="late",
        title="Erasures that are late",
        hint="Promised, and not done a day after it was due. A payment that is not settled stands in the way, or"
        " the log says what fails.",
        model=Erasure,
        where=lambda at: Q(withdrawn_at=None, finished_at=None, due_at__lt=at - LATE),
    ),
)
