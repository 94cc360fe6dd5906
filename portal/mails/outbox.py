"""Sends what is owed: judge, address, hand over, note. Safe to run late, twice, and on several machines at once.

1. A waiting notice that was never addressed is judged; what is no longer true is dropped, the rest gets one delivery
   for each address.
2. Each delivery whose time has come is judged once more, written, and handed to the mail server while its row is
   locked; another sender skips locked rows. Only a crash between the server's yes and our commit can repeat a mail,
   and then with the same Message-ID.
3. A notice is done when none of its deliveries waits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from licensing.deliveries import match_reports
from licensing.models import Delivery, Notice, Product
from licensing.terms import storefront
from portal.mails.briefing import Brief, briefs_of
from portal.mails.kinds import KINDS
from portal.mails.letter import write_letter
from portal.mails.post import (
    NO_ANSWER,
    AlreadyTaken,
    Line,
    MailServerSilent,
    NotTaken,
    mail,
    message_id_for,
)

BATCH = 50
# After each failed try, the wait before the next: three days in all, then a person has to look.
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 720, 720, 720, 720))
# One run ends after so many seconds, well within Celery's time limit; the next takes on from there.
LASTS = 120
_NOTED = ["state", "tries", "next_try_at", "sent_at", "error", "provider_id", "expects_word"]
log = logging.getLogger(__name__)


@dataclass
class Counts:
    """What one run did: mails sent, put off, given up; notices dropped as no longer true."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0
    dropped: int = 0
    mail_server_silent: bool = False


def send_due(*, at: datetime, limit: int = 1000) -> Counts:
    """Send what is owed and true at `at`: at most `limit` mails, a batch in memory at a time.

    Where the mail server cannot be reached, everything stays as it is for the next run: no try is counted, so however
    long it lasts, nothing is given up for it.
    """
    counts = Counts()
    match_reports(at=at)
    shop = storefront()
    if shop is None:
        return counts
    _close_finished(Notice.objects.all(), at=at)
    _address_fresh(counts, at=at, limit=limit)
    due = Delivery.objects.filter(
        state=Delivery.State.WAITING, next_try_at__lte=at, notice__kind__in=KINDS
    ).order_by("next_try_at", "pk")
    numbers = list(due.values_list("pk", flat=True)[:limit])
    until = monotonic() + LASTS
    with Line() as line:
        for start in range(0, len(numbers), BATCH):
            if monotonic() > until:
                break
            try:
                _send_batch(numbers[start : start + BATCH], line, shop.product, counts, at=at)
            except MailServerSilent as silence:
                log.warning("mail_server_silent", extra={"why": str(silence)})
                counts.mail_server_silent = True
                break
    return counts


def _address_fresh(counts: Counts, *, at: datetime, limit: int) -> None:
    """Judge the notices that were never addressed, the oldest first, and address those that are true."""
    deliveries = Delivery.objects.filter(notice=OuterRef("pk"))
    fresh = Notice.objects.filter(
        ~Exists(deliveries), state=Notice.State.WAITING, owed_at__lte=at, kind__in=KINDS
    ).order_by("owed_at", "pk")
    for _ in range(0, limit, BATCH):
        with transaction.atomic():
            batch = list(
                fresh.select_related("customer").select_for_update(of=("self",), skip_locked=True)[:BATCH]
            )
            briefs = briefs_of(batch, at=at).values()
            lost = [brief.notice.pk for brief in briefs if not brief.addresses]
            counts.dropped += _drop(lost, at=at)
            Delivery.objects.bulk_create(
                (
                    Delivery(
                        notice=brief.notice,
                        address=address,
                        message_id=message_id_for(notice_id=brief.notice.pk, address=address),
                        next_try_at=at,
                    )
                    for brief in briefs
                    for address in brief.addresses
                ),
                ignore_conflicts=True,
            )
        if len(batch) < BATCH:
            return


def _send_batch(numbers: list[int], line: Line, product: Product, counts: Counts, *, at: datetime) -> None:
    """Judge a batch of deliveries together, then send them one by one."""
    deliveries = Delivery.objects.select_related("notice__customer").in_bulk(numbers)
    notices = {delivery.notice_id: delivery.notice for delivery in deliveries.values()}
    briefs = briefs_of(list(notices.values()), at=at)
    try:
        for number in numbers:
            if number in deliveries:
                _send_one(number, briefs[deliveries[number].notice_id], line, product, counts, at=at)
    finally:
        _close_finished(Notice.objects.filter(pk__in=notices), at=at)
        untrue = [number for number, brief in briefs.items() if brief.fault is None and not brief.addresses]
        counts.dropped += _drop(untrue, at=at)


def _send_one(
    number: int, brief: Brief, line: Line, product: Product, counts: Counts, *, at: datetime
) -> None:
    """Send one delivery under its lock, in a transaction of its own. Raises MailServerSilent."""
    with transaction.atomic():
        waiting = Delivery.objects.filter(pk=number, state=Delivery.State.WAITING, next_try_at__lte=at)
        delivery = waiting.select_for_update(skip_locked=True).first()
        if delivery is None:
            return
        if brief.fault is None and delivery.address not in brief.addresses:
            delivery.delete()
            return
        delivery.tries += 1
        try:
            provider_id = _hand_over(delivery, brief, line, product, at=at)
        except MailServerSilent:
            raise
        except Exception as fault:
            if isinstance(fault, AlreadyTaken) and not _was_refused(delivery):
                _note_sent(delivery, counts, at=at)
            else:
                _put_off(delivery, fault, counts, at=at)
        else:
            _note_sent(delivery, counts, at=at, provider_id=provider_id)
        delivery.save(update_fields=_NOTED)


def _hand_over(delivery: Delivery, brief: Brief, line: Line, product: Product, *, at: datetime) -> str:
    """Write it and hand it over. Returns the provider's own id of it."""
    if brief.fault is not None:
        raise brief.fault
    letter = write_letter(brief=brief, address=delivery.address, product=product, at=at)
    return line.send(
        mail(
            letter=letter,
            kind=brief.kind.key,
            address=delivery.address,
            message_id=delivery.message_id,
            product=product,
        )
    )


def _was_refused(delivery: Delivery) -> bool:
    """Whether the try before this one was answered, with a no.

    Then the key of this mail may be known by that no alone, and the mail never went. It is tried again until the
    provider has forgotten the key. A try of which nothing came back, or nothing was noted, is the one that was taken.
    """
    return bool(delivery.error) and not delivery.error.startswith(NO_ANSWER)


def _note_sent(delivery: Delivery, counts: Counts, *, at: datetime, provider_id: str = "") -> None:
    """`provider_id` is unknown where an earlier try was the one that was taken; then nobody's word is waited for."""
    delivery.state, delivery.sent_at, delivery.error = Delivery.State.SENT, at, ""
    delivery.provider_id = provider_id[:200]
    delivery.expects_word = bool(provider_id and settings.EMAIL_WEBHOOK_SECRET)
    counts.sent += 1


def _put_off(delivery: Delivery, fault: Exception, counts: Counts, *, at: datetime) -> None:
    """Try again later, each time after a longer wait; after the last, leave it where staff see it.

    A refusal for good is tried again too: a mail server that was set up wrongly refuses everybody for good.
    """
    if not isinstance(fault, NotTaken):
        log.error("notice_not_written", extra={"delivery": delivery.pk}, exc_info=fault)
    delivery.error = str(fault)[:300] or type(fault).__name__
    if delivery.tries > len(WAITS):
        delivery.state = Delivery.State.FAILED
        counts.given_up += 1
    else:
        delivery.next_try_at = at + WAITS[delivery.tries - 1]
        counts.put_off += 1


def _drop(numbers: Iterable[int], *, at: datetime) -> int:
    """Close those of these notices that have no delivery left: no longer true, or nobody is there to hear."""
    deliveries = Delivery.objects.filter(notice=OuterRef("pk"))
    waiting = Notice.objects.filter(~Exists(deliveries), pk__in=list(numbers), state=Notice.State.WAITING)
    return _close(waiting, Notice.State.DROPPED, at=at)


def _close_finished(notices: QuerySet[Notice], *, at: datetime) -> None:
    """Close those of these notices whose deliveries have all come to an end."""
    deliveries = Delivery.objects.filter(notice=OuterRef("pk"))
    finished = notices.filter(
        Exists(deliveries),
        ~Exists(deliveries.filter(state=Delivery.State.WAITING)),
        state=Notice.State.WAITING,
    )
    _close(finished, Notice.State.DONE, at=at)


def _close(notices: QuerySet[Notice], state: str, *, at: datetime) -> int:
    """Close these notices but those that somebody else holds just now: whoever does closes them, or the next run."""
    with transaction.atomic():
        free = list(notices.select_for_update(skip_locked=True).values_list("pk", flat=True))
        return Notice.objects.filter(pk__in=free).update(state=state, closed_at=at)
