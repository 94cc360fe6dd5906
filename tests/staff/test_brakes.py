"""Staff stop all charging, park a customer, and let go; each with a reason."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from billing.models import Brake
from licensing.models import Event
from tests.cast import NOON, Party
from tests.staff.conftest import SignIn

WHY = "The processor reports double charges."


def test_all_charging_is_stopped_and_let_go_from_the_admin(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("finance")
    door = reverse("admin:billing_brake_add")
    assert "Stop all charging" in client.get(door).content.decode()
    assert client.post(door, {"reason": ""}).status_code == 200
    assert not Brake.objects.exists()

    assert client.post(door, {"reason": WHY}).status_code == 302
    brake = Brake.objects.get()
    assert (brake.customer, brake.reason, brake.pulled_by_words) == (None, WHY, "Sam finance")
    again = client.post(door, {"reason": WHY})
    assert "All charging is stopped already." in again.content.decode()
    assert "Brakes that hold" in client.get(reverse("admin:index")).content.decode()

    go = reverse("admin:billing_brake_go", args=[brake.pk])
    assert client.post(go, {"reason": "They were not."}).status_code == 302
    brake.refresh_from_db()
    assert (brake.released_at, brake.release_reason) == (NOON, "They were not.")
    assert "let go already" in client.post(go, {"reason": "Again."}).content.decode()


def test_a_customer_is_parked_from_their_page_and_their_history_says_so(
    okafor: Party, as_staff: SignIn
) -> None:
    client = as_staff("support")
    page = reverse("admin:licensing_customer_change", args=[okafor.customer.pk])
    door = reverse("admin:licensing_customer_park", args=[okafor.customer.pk])
    assert door in client.get(page).content.decode()
    client.post(door, {"reason": WHY})
    shown = client.get(page).content.decode()
    assert "Parked, so that nothing is charged:" in shown
    assert door not in shown
    client.post(reverse("admin:billing_brake_go", args=[Brake.objects.get().pk]), {"reason": "Mended."})
    told = Event.objects.filter(customer=okafor.customer, kind__startswith="customer_").order_by("pk")
    assert [(event.kind, event.reason) for event in told if event.kind != "customer_opened"] == [
        ("customer_parked", WHY),
        ("customer_released", "Mended."),
    ]


def test_the_command_stops_charging_and_lets_it_go_on(okafor: Party) -> None:
    def charging(*words: str) -> str:
        said = StringIO()
        call_command("charging", *words, stdout=said)
        return said.getvalue()

    assert charging() == "No brake holds.\n"
    with pytest.raises(CommandError, match="Say why"):
        charging("stop")
    assert "Everybody: stopped since" in charging("stop", "--because", WHY)
    with pytest.raises(CommandError, match="already"):
        charging("stop", "--because", WHY)
    assert charging("go", "--because", "Well.") == "No brake holds.\n"
    with pytest.raises(CommandError, match="not stopped"):
        charging("go", "--because", "Well.")


def test_the_first_page_says_that_a_restore_holds_what_sends_or_charges(
    okafor: Party, as_staff: SignIn
) -> None:
    client = as_staff("support")
    assert "The database was restored" not in client.get(reverse("admin:index")).content.decode()
    call_command("restored", stdout=StringIO())
    assert "The database was restored" in client.get(reverse("admin:index")).content.decode()


def test_the_first_page_and_every_customers_page_say_that_all_charging_is_stopped(
    okafor: Party, as_staff: SignIn
) -> None:
    client = as_staff("support")
    call_command("charging", "stop", "--because", WHY, stdout=StringIO())
    first = client.get(reverse("admin:index")).content.decode()
    assert "All charging is stopped" in first
    assert WHY in first
    shown = client.get(reverse("admin:licensing_customer_change", args=[okafor.customer.pk])).content.decode()
    assert "as all charging is stopped" in shown
    assert WHY in shown
    assert reverse("admin:licensing_customer_park", args=[okafor.customer.pk]) in shown


def test_before_it_is_pulled_it_says_that_renewals_go_on_and_where_the_reason_stands(
    okafor: Party, as_staff: SignIn
) -> None:
    client = as_staff("support")
    assert "Renewals go on" in client.get(reverse("admin:billing_brake_add")).content.decode()
    call_command("charging", "stop", "--because", WHY, stdout=StringIO())
    go = client.get(reverse("admin:billing_brake_go", args=[Brake.objects.get().pk])).content.decode()
    assert "It stays on record" in go
    assert "customer’s history" not in go


def test_a_restore_said_twice_is_held_once_and_the_command_says_since_when(okafor: Party) -> None:
    said = StringIO()
    call_command("restored", "--because", "The disk of Monday.", stdout=said)
    assert "already" not in said.getvalue()
    call_command("restored", stdout=said)
    assert "held already, since" in said.getvalue()
    assert "The disk of Monday." in said.getvalue()
