"""The steps that every exception takes, each with its event, inside the transaction and under the customer's lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from licensing.history import CLOCK, Actor, entry, record
from licensing.models import Waiver
from licensing.notices import owe


def granted(waiver: Waiver, *, actor: Actor, at: datetime, reason: str = "") -> None:
    """From now on it is owed, and the customer is told. A credit has no end."""
    ends = {} if waiver.kind == Waiver.Kind.PRICE else {"ends_at": waiver.ends_at.isoformat()}
    after = {"kind": waiver.kind, **ends}
    write_down(waiver, "waiver_granted", actor=actor, at=at, after=after, reason=reason)
    owe(customer=waiver.customer_id, kind="waiver_granted", subject=waiver, at=at)


def close(
    waiver: Waiver,
    *,
    end: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    ended_at: datetime | None = None,
) -> None:
    """It is over: how, by whom and why. One that was granted and ended by the clock or by staff is told of."""
    waiver.ended_at, waiver.end, waiver.ended_because = ended_at or at, end, reason[:400]
    waiver.ended_by_id, waiver.ended_by_words = actor.user_id, actor.words[:160]
    waiver.save(update_fields=["ended_at", "end", "ended_because", "ended_by", "ended_by_words"])
    kind = "waiver_refused" if end == Waiver.End.REFUSED else "waiver_ended"
    is_owed = waiver.kind == Waiver.Kind.PRICE and waiver.granted_at is not None
    before = {} if is_owed else {"ends_at": waiver.ends_at.isoformat()}
    write_down(waiver, kind, actor=actor, at=at, before=before, after={"end": end}, reason=reason)
    if waiver.granted_at and end in (Waiver.End.EXPIRED, Waiver.End.STAFF):
        owe(customer=waiver.customer_id, kind="waiver_ended", subject=waiver, at=at)


def run_out(waivers: Any, *, at: datetime) -> int:
    """Close those of `waivers` that the clock has ended. A credit that was granted is owed and does not run out."""
    done = 0
    for waiver in waivers.select_for_update().filter(ended_at=None, ends_at__lte=at):
        state = waiver.state(at=at)
        if state in (Waiver.End.EXPIRED, Waiver.End.LAPSED):
            close(waiver, end=state, actor=CLOCK, at=at, ended_at=waiver.ends_at)
            done += 1
    return done


def write_down(
    waiver: Waiver,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """An event of `waiver`."""
    record(
        entry(
            customer=waiver.customer_id,
            kind=kind,
            subject=waiver,
            at=at,
            actor=actor,
            before=before,
            after=after,
            reason=reason,
        )
    )
