"""Gathers, for a batch of notices, everything that judging and writing them takes: a few queries, however many."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from licensing.models import Notice
from portal.mails.kind import Kind
from portal.mails.kinds import KINDS
from portal.mails.recipients import opt_outs_of, people_of, recipients

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Brief:
    """What is known of one notice. `fault` is why nothing is known, where reading or judging it went wrong."""

    notice: Notice
    kind: Kind[Any]
    about: Any = None
    is_true: bool = False
    addresses: tuple[str, ...] = ()
    fault: Exception | None = None


def briefs_of(notices: Sequence[Notice], *, at: datetime) -> dict[int, Brief]:
    """Notice number → brief. A notice that cannot be read spoils no other: its own brief carries the fault.

    Each notice must have its customer selected and be of a kind in KINDS.
    """
    customers = {notice.customer_id for notice in notices}
    people, opt_outs = people_of(customers), opt_outs_of(customers)
    briefs: dict[int, Brief] = {}
    for kind in {notice.kind: KINDS[notice.kind] for notice in notices}.values():
        for one, about in _read(kind, [n for n in notices if n.kind == kind.key], at).items():
            try:
                if isinstance(about, Exception):
                    raise about
                is_heard = kind.to_closed or one.customer.closed_at is None
                is_true = about is not None and is_heard and kind.is_true(about, one, at)
                heard_by = recipients(kind, about, one, people, opt_outs) if is_true else []
                briefs[one.pk] = Brief(one, kind, about, is_true, tuple(heard_by))
            except Exception as fault:
                log.exception("notice_not_judged", extra={"notice": one.pk, "kind": kind.key})
                everybody = [
                    member.user.email for member in people.get(one.customer_id, []) if member.may_spend
                ]
                briefs[one.pk] = Brief(one, kind, addresses=tuple(everybody), fault=fault)
    return briefs


def _read(kind: Kind[Any], notices: list[Notice], at: datetime) -> dict[Notice, Any]:
    """What each notice is about; None where that is gone; the exception where it cannot be read, even alone."""
    try:
        with transaction.atomic():  # so that a query that fails leaves the caller's transaction whole
            found = kind.read(notices, at)
    except Exception as fault:
        if len(notices) == 1:
            return {notices[0]: fault}
        return {n: about for notice in notices for n, about in _read(kind, [notice], at).items()}
    return {notice: found.get(notice.pk) for notice in notices}
