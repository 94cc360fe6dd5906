"""Who hears a notice, at the moment it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from licensing.models import Member, Notice, OptOut
from portal.mails.kind import Audience, Kind

People = dict[int, list[Member]]
OptOuts = set[tuple[int, str, str]]


def people_of(customer_ids: Iterable[int]) -> People:
    """Customer number → members whose account is open, the longest-standing first. One query."""
    people: People = {}
    members = Member.objects.filter(customer_id__in=set(customer_ids), user__is_active=True)
    for member in members.select_related("user").order_by("joined_at", "pk"):
        people.setdefault(member.customer_id, []).append(member)
    return people


def opt_outs_of(customer_ids: Iterable[int]) -> OptOuts:
    """Every opt-out of these customers, as (customer number, address, kind). One query."""
    rows = OptOut.objects.filter(customer_id__in=set(customer_ids)).values_list(
        "customer_id", "address", "kind"
    )
    return {(customer_id, address.lower(), kind) for customer_id, address, kind in rows}


def recipients(kind: Kind[Any], about: Any, notice: Notice, people: People, opt_outs: OptOuts) -> list[str]:
    """The addresses that this notice goes to now, each once. No query."""
    if kind.audience is Audience.ADDRESS:
        addresses = [address] if (address := kind.address(about)) else []
    else:
        members = people.get(notice.customer_id, [])
        addresses = [member.user.email for member in members if member.role in kind.audience.value]
    if not kind.may_opt_out(about):
        return addresses
    return [a for a in addresses if (notice.customer_id, a.lower(), kind.key) not in opt_outs]
