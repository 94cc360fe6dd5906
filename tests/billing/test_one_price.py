"""One customer priced through every channel: one price, every difference has a reason, a planted one is found."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing import gateway
from billing.prices import sync_published
from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import Edition
from licensing.terms import edition_terms
from portal.one_price import PriceReport, price_report
from portal.price_channels import read_money
from tests.billing.conftest import Buyer
from tests.cast import OLD
from tests.staff.conftest import staff_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def synced(ada: Buyer) -> Buyer:
    """Ada, with every published price at Stripe."""
    sync_published(at=timezone.now())
    return ada.with_card()


def report_of(buyer: Buyer) -> PriceReport:
    report = price_report(buyer.customer, at=timezone.now())
    assert report is not None
    assert report.silent == ()
    return report


def said_by(report: PriceReport, channel: str) -> dict[tuple[str, str, str], int | None]:
    return {(c.tier, c.currency, c.interval): c.amount for c in report.cells if c.channel.key == channel}


def differences(report: PriceReport) -> list[str]:
    return [cell.words for cell in report.without_reason]


def test_whoever_holds_todays_terms_is_told_one_price_everywhere(synced: Buyer) -> None:
    synced.buy("team", seats=8)
    report = report_of(synced)
    assert differences(report) == []
    assert report.with_reason == []
    everything = {
        (tier, currency, interval)
        for tier in ("Team", "Business", "Scale")
        for currency in ("EUR", "JPY", "USD")
        for interval in ("month", "year")
    }
    for channel in ("price_list", "stripe", "calculator"):
        assert set(said_by(report, channel)) == everything, channel
    own = {key for key in everything if key[1] == synced.customer.currency}
    assert set(said_by(report, "quote")) == own
    assert said_by(report, "renewal_mail") == {("Team", "USD", "month"): 18_400}
    assert said_by(report, "certificate") == {
        ("Team", "USD", "month"): 18_400,
        ("Team", "USD", "year"): 184_000,
    }
    assert said_by(report, "price_list")["Scale", "JPY", "year"] == 8 * 88_000


@pytest.fixture
def on_old_terms(synced: Buyer) -> Buyer:
    """Ada with eight seats of Team, monthly, of March 2025."""
    old = edition_terms(Edition.objects.get(key=OLD).pk)
    change_licence(
        licence=synced.licence,
        kind="licence_opened_on_older_terms",
        at=timezone.now(),
        actor=COMMAND,
        edition_id=old.id,
        tier_id=old.free_tier.id,
    )
    synced.buy("team", seats=8, edition=old)
    return synced


def test_whoever_holds_older_terms_is_told_their_own_price_and_that_has_a_reason(on_old_terms: Buyer) -> None:
    report = report_of(on_old_terms)
    assert differences(report) == []
    assert {(cell.channel.key, cell.interval): cell.amount for cell in report.with_reason} == {
        ("calculator", "month"): 15_200,
        ("calculator", "year"): 152_000,
        ("stripe_held", "month"): 15_200,
        ("stripe_held", "year"): 152_000,
        ("quote", "month"): 15_200,
        ("quote", "year"): 152_000,
        ("renewal_mail", "month"): 15_200,
        ("certificate", "month"): 15_200,
        ("certificate", "year"): 152_000,
    }
    assert {cell.reason for cell in report.with_reason} == {
        "Okafor Bakeries holds March 2025, and keeps its price."
    }
    assert said_by(report, "price_list")["Team", "USD", "month"] == 18_400


# Planted differences


def plant_at_stripe(lookup_key: str, *, unit_amount: int) -> None:
    """Somebody makes another price at Stripe and gives it the lookup key of ours."""
    with gateway.client.asking() as v1:
        (old,) = v1.prices.list({"lookup_keys": [lookup_key]}).data
        v1.prices.create(
            {
                "product": old.product,
                "lookup_key": lookup_key,
                "transfer_lookup_key": True,
                "currency": old.currency,
                "recurring": {"interval": old.recurring.interval},
                "unit_amount": unit_amount,
            }
        )


def test_another_amount_at_stripe_is_found_wherever_it_shows(on_old_terms: Buyer) -> None:
    plant_at_stripe("business-2026-01-year-usd", unit_amount=32_500)
    plant_at_stripe("team-2025-03-month-usd", unit_amount=2_300)
    assert differences(report_of(on_old_terms)) == [
        "Stripe, as held: Team in USD by the month is $184.00, and should be $152.00.",
        "Quote: Team in USD by the month is $184.00, and should be $152.00.",
        "Stripe: Business in USD by the year is $2,600.00, and should be $2,560.00.",
        "Quote: Business in USD by the year is $2,600.00, and should be $2,560.00.",
    ]


def test_a_mail_that_names_another_price_is_found(synced: Buyer, settings: Any, tmp_path: Path) -> None:
    synced.buy("team", seats=8)
    ours = Path(settings.BASE_DIR) / "templates/mails/renewal_reminder/letter.txt"
    wrong = ours.read_text().replace("{{ renewal.price|money:currency }}", "$190.00")
    assert wrong != ours.read_text()
    planted = tmp_path / "mails/renewal_reminder/letter.txt"
    planted.parent.mkdir(parents=True)
    planted.write_text(wrong)
    django, *others = settings.TEMPLATES
    settings.TEMPLATES = [{**django, "DIRS": [tmp_path, *django["DIRS"]]}, *others]
    assert differences(report_of(synced)) == [
        "Renewal mail: Team in USD by the month is $190.00, and should be $184.00."
    ]


def test_a_price_that_stripe_does_not_know_is_found(synced: Buyer) -> None:
    with gateway.client.asking() as v1:
        (price,) = v1.prices.list({"lookup_keys": ["scale-2026-01-month-jpy"]}).data
        v1.prices.update(price.id, {"active": False})
    assert differences(report_of(synced)) == [
        "Stripe: Scale in JPY by the month is nothing, and should be ¥8,800."
    ]


def test_where_stripe_is_silent_nothing_is_claimed_to_agree(synced: Buyer) -> None:
    synced.sandbox.control(
        "faults", match={"method": "GET", "path": "/v1/prices"}, fault="500_before", times=9
    )
    report = price_report(synced.customer, at=timezone.now())
    assert report is not None
    assert [name for name, _why in report.silent] == ["Stripe", "Stripe, as held", "Quote"]
    assert not said_by(report, "stripe")


# Doors


def test_the_command_fails_where_a_difference_has_no_reason(
    on_old_terms: Buyer, capsys: pytest.CaptureFixture[str]
) -> None:
    slug = on_old_terms.customer.slug
    call_command("prices", customer=slug)
    told = capsys.readouterr().out
    assert (
        "as it should  Calculator: Team in USD by the month is $152.00. Okafor Bakeries holds March 2025"
        in told
    )
    assert told.endswith("One story: every difference has its reason.\n")
    plant_at_stripe("scale-2026-01-month-eur", unit_amount=5_401)
    with pytest.raises(SystemExit) as ended:
        call_command("prices", customer=slug)
    assert ended.value.code == 1
    assert (
        "DIFFERENT     Stripe: Scale in EUR by the month is €432.08, and should be €432.00."
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("group", ["support", "finance"])
def test_staff_see_it_from_the_customers_page(synced: Buyer, group: str) -> None:
    client = Client()
    client.force_login(staff_person(group))
    door = reverse("admin:licensing_customer_prices_of", args=[synced.customer.pk])
    page = reverse("admin:licensing_customer_change", args=[synced.customer.pk])
    assert door in client.get(page).content.decode()
    plant_at_stripe("team-2026-01-month-usd", unit_amount=2_400)
    locally = words_of(client, door)
    assert "none 36 prices compared." in locally
    assert "Ask Stripe too" in locally
    asked = words_of(client, f"{door}?stripe=yes")
    assert "Stripe: Team in USD by the month is $24.00, and should be $23.00." in asked


def words_of(client: Client, door: str) -> str:
    answer = client.get(door)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.mark.parametrize(
    ("words", "currency", "amount"),
    [
        ("$23", "USD", 2300),
        ("US$1,230.50", "USD", 123_050),
        ("¥88,000", "JPY", 88_000),
        ("KWD 1.5", "KWD", 1500),
        ("free", "USD", None),
    ],
)
def test_an_amount_is_read_as_it_is_written(words: str, currency: str, amount: int | None) -> None:
    assert read_money(words, currency) == amount
