"""What became of a mail after it was taken: reported by the provider, or noted by a person who saw it come back.

By plain SMTP nobody reports anything. Taken by the mail server is then the most that is known, and a mail counts as
delivered when it has not come back within `QUIET`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, DateTimeField, F, Min, OuterRef, Q, QuerySet, Subquery, When

from licensing.history import Actor, entry, record
from licensing.licences import lock_customer
from licensing.models import Delivery, DeliveryReport

QUIET = timedelta(days=2)
# A report about no mail of ours (the provider's account may send for others too, and sign-in codes have no delivery).
KEPT_UNMATCHED = timedelta(days=7)
BATCH = 1000
Outcome = Delivery.Outcome
ARRIVED = (Outcome.DELIVERED, Outcome.COMPLAINED)
log = logging.getLogger(__name__)


class UnableToNote(ValueError):
    """This delivery cannot have come back."""


def report(
    *, provider_id: str, address: str, outcome: str, reported_at: datetime | None, why: str, at: datetime
) -> None:
    """Keep what a provider said and apply it, if it is about a delivery of ours. The same said again changes nothing.

    Where the provider names no time, `at` counts. Kept first and looked up after that; the sender does it the other way
    round, so whoever comes second sees both.
    """
    DeliveryReport.objects.bulk_create(
        [
            DeliveryReport(
                provider_id=provider_id[:200],
                address=address[:254],
                outcome=outcome,
                why=why[:300],
                reported_at=reported_at or at,
                received_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    _match(DeliveryReport.objects.filter(provider_id=provider_id[:200]), at=at)


def match_reports(*, at: datetime) -> int:
    """Apply what came before its sender was done, and forget what is nobody's. Returns how many were applied."""
    DeliveryReport.objects.filter(delivery=None, received_at__lt=at - KEPT_UNMATCHED).delete()
    return _match(DeliveryReport.objects.all(), at=at)


def _match(reports: QuerySet[DeliveryReport], *, at: datetime) -> int:
    deliveries = Delivery.objects.exclude(provider_id="").filter(provider_id=OuterRef("provider_id"))
    found = reports.filter(delivery=None).annotate(about=Subquery(deliveries.values("pk")[:1]))
    applied = 0
    for waiting in found.filter(about__isnull=False).order_by("reported_at", "pk")[:BATCH]:
        with transaction.atomic():
            delivery = Delivery.objects.select_for_update().get(pk=waiting.about)
            if waiting.address and waiting.address.lower() != delivery.address.lower():
                continue
            claimed = DeliveryReport.objects.filter(pk=waiting.pk, delivery=None).update(delivery=delivery)
            if claimed and delivery.provider_id == waiting.provider_id:
                _apply(delivery, waiting, at=at)
                applied += 1
    return applied


def _apply(delivery: Delivery, said: DeliveryReport, *, at: datetime) -> None:
    """Let `said` be the delivery's outcome, where it is news. Nothing happened before it was sent, nor after now."""
    happened_at = min(max(said.reported_at, delivery.sent_at or said.reported_at), at)
    if not _is_news(delivery, said.outcome, happened_at):
        return
    delivery.outcome, delivery.outcome_at, delivery.outcome_why = said.outcome, happened_at, said.why
    if said.outcome in ARRIVED:
        delivery.arrived_at = delivery.arrived_at or happened_at
    elif said.outcome == Outcome.BOUNCED:
        delivery.arrived_at = None
    delivery.save(update_fields=["outcome", "outcome_at", "outcome_why", "arrived_at"])
    log.info("delivery_reported", extra={"delivery": delivery.pk, "what": said.outcome})


def _is_news(delivery: Delivery, outcome: str, happened_at: datetime) -> bool:
    """Whether `outcome` says more than what is known, in whatever order the reports came.

    * held up says something only while nothing better is known
    * delivered and came back: what happened later counts; at the same moment, that it came back
    * whoever complains has it, and that is the last word
    """
    known, known_at = delivery.outcome, delivery.outcome_at
    if not known or known_at is None:
        return True
    if outcome == Outcome.COMPLAINED or known == Outcome.COMPLAINED:
        return known != Outcome.COMPLAINED
    if outcome == Outcome.DEFERRED or known == Outcome.DEFERRED:
        return known == Outcome.DEFERRED and (outcome != Outcome.DEFERRED or happened_at > known_at)
    return happened_at > known_at or (
        happened_at == known_at and outcome == Outcome.BOUNCED and known != outcome
    )


def note_bounce(*, delivery: Delivery, actor: Actor, reason: str, at: datetime) -> None:
    """A person saw this mail come back, or heard that it never came. Raises UnableToNote where it was not sent."""
    with transaction.atomic():
        lock_customer(delivery.notice.customer_id)
        delivery = Delivery.objects.select_for_update().select_related("notice").get(pk=delivery.pk)
        if delivery.state != Delivery.State.SENT or delivery.outcome == Outcome.BOUNCED:
            raise UnableToNote(
                "It is known to have come back." if delivery.outcome else "It has not been sent."
            )
        before = {"address": delivery.address, "outcome": delivery.outcome}
        delivery.outcome, delivery.outcome_at, delivery.outcome_why = Outcome.BOUNCED, at, reason[:300]
        delivery.arrived_at = None
        delivery.save(update_fields=["outcome", "outcome_at", "outcome_why", "arrived_at"])
        record(
            entry(
                customer=delivery.notice.customer_id,
                kind="notice_came_back",
                subject=delivery.notice,
                at=at,
                actor=actor,
                before=before,
                after={"address": delivery.address, "outcome": Outcome.BOUNCED.value},
                reason=reason,
            )
        )


def arrived(*, at: datetime) -> Q:
    """Which deliveries count as delivered at `at`: said so, or by SMTP not come back within QUIET."""
    return Q(arrived_at__isnull=False) | Q(
        state=Delivery.State.SENT, expects_word=False, outcome="", sent_at__lte=at - QUIET
    )


def told_at(notices: Iterable[int], *, at: datetime) -> dict[int, datetime]:
    """Notice number → when its customer was told: the first of its deliveries that arrived. One query.

    A notice of which nothing has arrived is left out. By SMTP the moment is when it was sent, known once it is over.
    """
    moment = Case(
        When(arrived_at__isnull=False, then=F("arrived_at")),
        default=F("sent_at"),
        output_field=DateTimeField(),
    )
    deliveries = Delivery.objects.filter(arrived(at=at), notice__in=list(notices))
    return dict(deliveries.values("notice").annotate(first=Min(moment)).values_list("notice", "first"))


def undecided(notices: Iterable[int]) -> set[int]:
    """Of these notices, those that somebody may yet turn out to have: sent, and not known to have come back."""
    sent = Delivery.objects.filter(notice__in=list(notices), state=Delivery.State.SENT)
    return set(sent.exclude(outcome=Outcome.BOUNCED).values_list("notice", flat=True))
