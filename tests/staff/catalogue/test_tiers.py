"""A draft's tiers in the admin: their prices, limits and claims, edited as people write them."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from licensing.models import Edition, Grant, Price
from licensing.terms import read_edition
from tests.staff.catalogue.forms import form_of


def test_a_tiers_prices_and_grants_are_edited_as_people_write_them(client: Client, draft: Edition) -> None:
    tier = draft.tiers.get(key="business")
    page = reverse("admin:licensing_tier_change", args=[tier.pk])
    form = form_of(client, page)
    grant = Grant.objects.get(tier=tier, feature__key="projects")
    row = next(k.rsplit("-", 1)[0] for k, v in form.items() if k.startswith("grants-") and v == grant.pk)
    price = next(k for k in form if k.startswith("prices-") and k.endswith("-unit_amount"))
    answer = client.post(page, {**form, f"{row}-value": "no limit", price: "99.00"})
    assert answer.status_code == 302, answer.context["errors"]
    grant.refresh_from_db()
    assert grant.value is None
    assert Price.objects.filter(tier=tier, unit_amount=9900).count() == 1
    assert client.post(page, {**form_of(client, page), f"{row}-value": "1,500"}).status_code == 302
    grant.refresh_from_db()
    assert grant.value == 1500


def test_a_new_price_gets_its_lookup_key(client: Client, draft: Edition) -> None:
    tier = draft.tiers.get(key="business")
    page = reverse("admin:licensing_tier_change", args=[tier.pk])
    form = form_of(client, page)
    number = int(form["prices-TOTAL_FORMS"])
    form["prices-TOTAL_FORMS"] = number + 1
    form |= {
        f"prices-{number}-{k}": v
        for k, v in {"currency": "gbp", "interval": "month", "unit_amount": "28.00"}.items()
    }
    assert client.post(page, form).status_code == 302
    assert Price.objects.get(tier=tier, currency="GBP").lookup_key == "business-2026-06-month-gbp"


@pytest.mark.parametrize(
    ("currency", "written", "stored"),
    [
        ("usd", "49", 4900),
        ("USD", "49.5", 4950),
        ("USD", "1,049.00", 104900),
        ("JPY", "4900", 4900),
        ("KWD", "4.900", 4900),
        ("USD", "0.07", 7),
    ],
)
def test_a_price_is_written_in_its_currencys_own_digits(
    client: Client, draft: Edition, currency: str, written: str, stored: int
) -> None:
    tier = draft.tiers.get(key="business")
    Price.objects.filter(tier=tier).delete()
    page = reverse("admin:licensing_tier_change", args=[tier.pk])
    answer = client.post(page, with_price(form_of(client, page), currency, written))
    assert answer.status_code == 302, answer.context["errors"]
    price = Price.objects.get(tier=tier)
    assert (price.currency, price.unit_amount) == (currency.upper(), stored)
    shown = form_of(client, page)
    assert shown["prices-0-unit_amount"] == {"JPY": "4900", "KWD": "4.900"}.get(
        price.currency, f"{stored // 100}.{stored % 100:02d}"
    )
    assert client.post(page, shown).status_code == 302
    price.refresh_from_db()
    assert price.unit_amount == stored, "shown, saved and the same"


@pytest.mark.parametrize(
    ("currency", "written", "answer"),
    [
        ("USD", "49,00", "Write the price in USD as 49.00."),
        ("USD", "$49", "Write the price in USD as 49.00."),
        ("USD", "-49", "Write the price in USD as 49.00."),
        ("USD", "٤٩", "Write the price in USD as 49.00."),
        ("USD", "49.005", "USD has 2 digits after the point: write 49.00."),
        ("JPY", "49.00", "JPY has no digits after the point: write 49."),
        ("KWD", "4.9005", "KWD has 3 digits after the point: write 49.000."),
        ("USD", "9" * 24, "That is more than any price can be."),
        ("U1", "49.00", "Write the currency in three letters: USD."),
    ],
)
def test_a_price_that_cannot_be_read_is_answered_with_how_to_write_it(
    client: Client, draft: Edition, currency: str, written: str, answer: str
) -> None:
    tier = draft.tiers.get(key="business")
    before = list(Price.objects.filter(tier=tier))
    page = reverse("admin:licensing_tier_change", args=[tier.pk])
    form = form_of(client, page)
    said = client.post(page, with_price(form, currency, written, number=int(form["prices-TOTAL_FORMS"])))
    assert said.status_code == 200
    assert answer in html.unescape(said.content.decode())
    assert list(Price.objects.filter(tier=tier)) == before


def with_price(form: dict[str, Any], currency: str, written: str, *, number: int = 0) -> dict[str, Any]:
    """The form of a tier with one more price, by the month."""
    fields = {"currency": currency, "interval": "month", "unit_amount": written}
    return form | {"prices-TOTAL_FORMS": number + 1, **{f"prices-{number}-{k}": v for k, v in fields.items()}}


def test_a_deleted_tier_leads_back_to_its_draft(client: Client, draft: Edition) -> None:
    page = reverse("admin:licensing_tier_delete", args=[draft.tiers.get(key="scale").pk])
    answer = client.post(page, {"post": "yes"}, follow=True)
    assert answer.redirect_chain == [(reverse("admin:licensing_edition_change", args=[draft.pk]), 302)]
    assert "was deleted successfully" in answer.content.decode()
    again = client.get(page, follow=True)
    assert "Perhaps it was deleted?" in again.content.decode(), "nothing to delete, and no draft to lead to"


def test_a_saved_tier_leads_back_to_its_draft(client: Client, draft: Edition) -> None:
    """Whoever goes on editing stays on the tier's page."""
    page = reverse("admin:licensing_tier_change", args=[draft.tiers.get(key="team").pk])
    back = reverse("admin:licensing_edition_change", args=[draft.pk])
    answer = client.post(page, form_of(client, page), follow=True)
    assert answer.redirect_chain == [(back, 302)]
    assert "was changed successfully" in answer.content.decode()
    assert client.post(page, {**form_of(client, page), "_continue": "1"})["Location"] == page


def test_claims_are_edited_beside_what_makes_them_true(client: Client, draft: Edition) -> None:
    tier = draft.tiers.get(key="team")
    page = reverse("admin:licensing_tier_change", args=[tier.pk])
    form = form_of(client, page)
    first = next(name for name, value in form.items() if str(value).startswith("Room for every shop"))
    assert client.post(page, {**form, first: "Twenty projects."}).status_code == 302
    assert read_edition(draft).tiers[1].claims[0].text == "Twenty projects."
