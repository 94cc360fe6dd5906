"""Looking through the books in production, every five minutes: what is broken is logged, and stands before staff."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from billing.invariants import INVARIANTS, due_for_a_look
from billing.models import OpenViolation
from licensing.invariants import SLICE, violations_among

log = logging.getLogger(__name__)


def look_through(*, at: datetime) -> dict[str, int]:
    """Look at whoever's turn it is, and again wherever something was broken: {"customers": n, "violations": n}.

    What is found stands before staff until a look finds it whole. Nothing is mended by itself: where the books
    contradict themselves, a person must say which of them is right.
    """
    still_broken = OpenViolation.objects.values_list("customer_id", flat=True).distinct()[:SLICE]
    customers = sorted({*due_for_a_look(at=at), *still_broken})
    found = list(dict.fromkeys(violations_among(customers, invariants=INVARIANTS)))
    for each in found:
        log.error(
            "invariant_violated",
            extra={"invariant": each.invariant, "customer": each.customer_id, "what": each.what},
        )
    with transaction.atomic():
        OpenViolation.objects.bulk_create(
            (
                OpenViolation(
                    invariant=each.invariant,
                    customer_id=each.customer_id,
                    what=each.what[:400],
                    found_at=at,
                    seen_at=at,
                )
                for each in found
            ),
            update_conflicts=True,
            unique_fields=["customer", "invariant", "what"],
            update_fields=["seen_at"],
        )
        OpenViolation.objects.filter(customer_id__in=customers, seen_at__lt=at).delete()
    return {"customers": len(customers), "violations": len(found)}
