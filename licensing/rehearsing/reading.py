"""The facts about a thousand customers at a time, in one statement. Nothing is locked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from licensing.models import Customer, Rehearsal
from licensing.rows import ask, columns, instance, width
from licensing.standing import SELECTED, SOURCE, WIDTH, Standing, read_standing
from licensing.usage import Usage

BATCH = 1000
_LIVE = "licence.product_id = %(product)s AND licence.ended_at IS NULL AND customer.closed_at IS NULL"
_COUNT = f"""
SELECT count(*) FROM licensing_licence licence JOIN licensing_customer customer ON customer.id = licence.customer_id
WHERE {_LIVE}
"""
_BATCH = f"""
SELECT {SELECTED}, {columns(Customer, of="customer")},
    (SELECT count(*) FROM licensing_member member WHERE member.customer_id = licence.customer_id)
    + (SELECT count(*) FROM licensing_invitation invitation
       WHERE invitation.customer_id = licence.customer_id AND accepted_at IS NULL AND revoked_at IS NULL
           AND expires_at > %(at)s),
    (SELECT json_object_agg(newest.feature_key, newest.value)::text
     FROM (SELECT DISTINCT ON (feature_key) feature_key, value FROM licensing_usagereading
           WHERE customer_id = licence.customer_id AND read_at <= %(at)s
           ORDER BY feature_key, read_at DESC, id DESC) newest)
FROM {SOURCE} JOIN licensing_customer customer ON customer.id = licence.customer_id
WHERE {_LIVE} AND licence.id > %(after)s
ORDER BY licence.id LIMIT %(batch)s
"""


@dataclass(frozen=True)
class Facts:
    """One customer as the rules look at them. `people` counts members and open invitations."""

    standing: Standing
    people: int
    usage: dict[str, Usage]


def count(rehearsal: Rehearsal) -> int:
    """How many customers hold the product."""
    return int(ask(_COUNT, {"product": rehearsal.edition.product_id})[0][0])


def read_batch(rehearsal: Rehearsal, *, batch: int = BATCH) -> list[Facts]:
    """The next customers after `last_licence`, as they stood when the rehearsal began. One query; none left: empty."""
    at = rehearsal.started_at
    rows = ask(
        _BATCH,
        {
            "product": rehearsal.edition.product_id,
            "at": at,
            "after": rehearsal.last_licence,
            "batch": batch,
        },
    )
    return list(_facts(rows, at))


def _facts(rows: list[tuple[object, ...]], at: datetime) -> Iterator[Facts]:
    for row in rows:
        rest = row[WIDTH:]
        customer = instance(Customer, rest[: width(Customer)])
        assert customer is not None, "a licence has a customer"
        people, used = rest[width(Customer) :]
        usage = {key: Usage(value, at, value, at) for key, value in json.loads(str(used or "{}")).items()}
        standing = read_standing([row], customer=customer, at=at)
        yield Facts(standing, int(str(people)), usage)
