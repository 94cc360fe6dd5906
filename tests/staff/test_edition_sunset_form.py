"""A whole edition is chosen, and announced by typing its key."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from licensing.models import Edition, Sunset
from tests.cast import OLD, TODAY, ada, bo, cy, make_catalogue
from tests.pages.conftest import text_of
from tests.staff.conftest import SignIn
from tests.staff.test_sunset_form import ADD, filled
from tests.sunsets.editions import draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(as_staff: SignIn) -> Client:
    make_catalogue()
    return as_staff("catalogue")


def test_the_edition_that_ends_and_the_one_after_it_are_chosen_by_name(client: Client) -> None:
    old, today = Edition.objects.get(key=OLD), Edition.objects.get(key=TODAY)
    bo(), ada(), cy()
    form = client.get(ADD).context["adminform"].form
    assert [label for _key, label in form.fields["edition"].choices] == [
        "No edition",
        "January 2026 (2026-01) – sold today – 2 live licences",
        "March 2025 (2025-03) – 1 live licence",
    ]
    assert [label for _key, label in form.fields["replacement"].choices] == [
        "No edition",
        "January 2026 (2026-01) – sold today",
        "March 2025 (2025-03)",
    ]
    sent = filled(feature_key="", tier_key="", edition=old.pk, replacement=today.pk)
    assert client.post(ADD, sent).status_code == 302
    sunset = Sunset.objects.get()
    assert (sunset.edition, sunset.replacement, sunset.feature_key) == (old, today, "")
    page = text_of(client.get(reverse("admin:licensing_sunset_change", args=[sunset.pk])))
    assert "Somebody else announces it: nobody approves what they wrote." in page


def test_announcing_it_says_what_goes_and_asks_for_its_key(client: Client) -> None:
    sunset = draft(first_on=timezone.now().date().replace(year=timezone.now().year + 2))
    door = reverse("admin:licensing_sunset_announce", args=[sunset.pk])
    shown = text_of(client.get(door))
    assert "March 2025 (2025-03), the whole edition, followed by January 2026 (2026-01)" in shown
    assert "is told by mail at once" in shown
    assert "a week later" not in shown, "a whole edition everybody may be using"
    assert "To announce it, type 2025-03." in text_of(client.post(door, {"key": "sso"}))
    assert client.post(door, {"key": "2025-03"}).status_code == 302
    sunset.refresh_from_db()
    assert sunset.is_open
    followed = text_of(client.get(reverse("admin:licensing_sunset_change", args=[sunset.pk])))
    assert "Written by Mara" in followed
    assert f"Announced by {sunset.approved_by}" in followed
