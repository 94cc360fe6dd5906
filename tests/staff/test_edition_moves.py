"""A renewal that could not take the later edition's price stands in a queue until somebody says what was done."""

from __future__ import annotations

import pytest
from django.urls import reverse

from licensing.models import Event
from tests.cast import Party
from tests.pages.conftest import text_of
from tests.staff.conftest import SignIn
from tests.staff.rows import price_move_of

pytestmark = pytest.mark.django_db


def test_it_stands_in_a_queue_until_somebody_says_what_was_done(okafor: Party, as_staff: SignIn) -> None:
    move, client = price_move_of(okafor), as_staff("finance")
    assert "Renewals that could not take a new price" in text_of(client.get(reverse("admin:index")))
    door = reverse("admin:billing_pricemove_clear_this", args=[move.pk])
    assert "No such price." in text_of(client.get(door))
    assert client.post(door, {"reason": "Moved by hand."}).status_code == 302
    event = Event.objects.get(kind="price_move_cleared")
    assert (event.reason, event.by) == ("Moved by hand.", "Sam finance")
    assert list(client.get(reverse("admin:index")).context["busy"]) == []
    assert "dealt with it already" in text_of(client.post(door, {"reason": "Again."}))
