"""What the proofs must find: the outbox with a part of its care taken out, in a worker's process alone."""

from typing import Any

from django.db.models import QuerySet

from licensing.models import Delivery
from portal.mails import outbox


def note_before_sending() -> None:
    """Note and commit, then hand over: whoever dies in between leaves a mail that nobody will send."""

    def send_one(number: int, brief: Any, line: Any, product: Any, counts: Any, *, at: Any) -> None:
        delivery = Delivery.objects.get(pk=number)
        if delivery.state == Delivery.State.WAITING:
            Delivery.objects.filter(pk=number).update(state=Delivery.State.SENT, sent_at=at)
            outbox._hand_over(delivery, brief, line, product, at=at)

    outbox._send_one = send_one


def take_no_lock() -> None:
    """Look at a row without holding it: whoever looks at the same time sends the same."""
    QuerySet.select_for_update = lambda rows, **_: rows


def forget_to_note() -> None:
    """Hand over and note nothing: whoever comes next sends it again."""
    Delivery.save = lambda *_, **__: None
