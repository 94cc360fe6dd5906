"""`manage.py catalogue` and `manage.py usage`: what they do, and one clear sentence where they cannot."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing import prices
from licensing.models import Edition, Licence, UsageReading
from tests.cast import NOON, ada
from tests.infra.sandbox import Sandbox
from tests.licensing.small_catalogue import GOOD, load, published
from tests.publishing import colleague, writer

pytestmark = pytest.mark.usefixtures("nothing_on_sale")


def command(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as refusal:
        command(*words)
    return str(refusal.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text(GOOD)
    return path


@pytest.mark.django_db
def test_loading_publishing_dumping(file: Path) -> None:
    assert command("catalogue", "load", str(file)) == "Shop 2026-05 is loaded as a draft.\n"
    assert "is published." in command("catalogue", "publish", "shop", "2026-05")
    assert "nothing changed" in command("catalogue", "load", str(file), "--publish")
    dumped = command("catalogue", "dump", "shop", "2026-05")
    file.write_text(dumped)
    assert "nothing changed" in command("catalogue", "load", str(file))
    assert command("catalogue", "verify") == "Published editions, all as they were published: 1.\n"


@pytest.mark.django_db
def test_loading_and_publishing_in_one(file: Path) -> None:
    command("catalogue", "load", str(file), "--publish")
    assert Edition.objects.get().published_at


@pytest.mark.django_db
def test_a_later_edition_takes_two_people_on_the_command_line_too(file: Path) -> None:
    published()
    file.write_text(GOOD.replace("2026-05", "2026-09").replace("May 2026", "September 2026"))
    mara, noor = writer(), colleague()
    assert "loaded as a draft" in command("catalogue", "load", str(file), "--by", mara.email)
    said = refused("catalogue", "publish", "shop", "2026-09")
    assert "Nobody has seen yet what it means for each customer." in said
    assert "Nobody has approved these terms." in said
    assert "was rehearsed with 0 customers." in command("catalogue", "rehearse", "shop", "2026-09")
    said = refused("catalogue", "approve", "shop", "2026-09", "--by", mara.email)
    assert "Mara Lind wrote part of 2026-09" in said
    assert (
        refused("catalogue", "approve", "shop", "2026-09", "--by", "x@y.test")
        == "Nobody signs in as x@y.test."
    )
    command("catalogue", "approve", "shop", "2026-09", "--by", noor.email, "--note", "Read.")
    assert "is published." in command("catalogue", "publish", "shop", "2026-09")


@pytest.mark.django_db
def test_the_first_edition_of_a_product_is_not_rehearsed(file: Path) -> None:
    command("catalogue", "load", str(file))
    assert "there is nobody to rehearse with" in refused("catalogue", "rehearse", "shop", "2026-05")


@pytest.mark.django_db
def test_what_cannot_be_is_said_in_a_sentence(file: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert (
        refused("catalogue", "load", str(missing)) == f"{missing} cannot be read: No such file or directory."
    )
    assert refused("catalogue", "load", str(tmp_path)) == f"{tmp_path} cannot be read: Is a directory."
    assert refused("catalogue", "dump", "shop", "1999") == "There is no edition 1999 of a product shop."
    file.write_text(GOOD.replace('unit = "projects"', "").replace('"The first terms."', '""'))
    said = refused("catalogue", "load", str(file), "--publish").splitlines()
    assert said[0] == "Shop 2026-05 was not published:"
    assert len(said) == 3
    assert Edition.objects.get().published_at is None, "the draft is kept, to be mended"


@pytest.mark.django_db
def test_verify_tells_which_edition_was_tampered_with(monkeypatch: pytest.MonkeyPatch) -> None:
    published()
    monkeypatch.setattr("licensing.catalogue.publishing.draft_hash", lambda edition: "other")
    assert refused("catalogue", "verify") == "Not as they were published: Shop 2026-05."


@pytest.mark.django_db(transaction=True)
def test_sync_makes_prices_at_stripe_once(sandbox: Sandbox) -> None:
    load()
    assert "0 of them were not known" in command("catalogue", "sync"), "a draft is nobody's price yet"
    published()
    assert "4 of them were not known" in command("catalogue", "sync")
    assert "0 of them were not known" in command("catalogue", "sync")


@pytest.mark.django_db(transaction=True)
def test_sync_without_stripe_says_so(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    published()

    def silent(*, at: Any) -> int:
        raise prices.UnableToSync("team is 1 USD at Stripe.")

    monkeypatch.setattr("portal.management.commands.catalogue.sync_published", silent)
    assert refused("catalogue", "sync") == "Stripe's prices are not all up to date: team is 1 USD at Stripe."


@pytest.mark.django_db
def test_a_reading_is_recorded_at_its_time() -> None:
    customer = ada().customer
    before = timezone.now()
    said = command("usage", "record", customer.slug, "projects", "18")
    assert said.startswith("Okafor Bakeries: projects 18, read ")
    assert UsageReading.objects.get(customer=customer).read_at >= before
    command("usage", "record", customer.slug, "rows", "7", "--at", "2026-11-22T12:00")
    assert UsageReading.objects.get(feature_key="rows").read_at == NOON
    command("usage", "record", customer.slug, "guests", "7", "--at", "2026-11-22T13:00+01:00")
    assert UsageReading.objects.get(feature_key="guests").read_at == NOON


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody", "projects", "1"], "There is no customer 'nobody'."),
        (["okafor-bakeries", "sso", "1"], "Okafor Bakeries has no limit named 'sso'."),
        (["okafor-bakeries", "nonsense", "1"], "Okafor Bakeries has no limit named 'nonsense'."),
        (["okafor-bakeries", "projects", "many"], "The value must be a whole number from 0, not 'many'."),
        (["okafor-bakeries", "projects", "-1"], "The value must be a whole number from 0, not '-1'."),
        (
            ["okafor-bakeries", "projects", "9" * 19],
            f"A reading is a whole number from 0 up, not {'9' * 19}.",
        ),
        (["okafor-bakeries", "projects", "1", "--at", "noon"], "--at must be a date and time like"),
    ],
)
def test_a_reading_that_does_not_fit_is_refused(words: list[str], sentence: str) -> None:
    ada()
    assert refused("usage", "record", *words).startswith(sentence)
    assert not UsageReading.objects.exists()


@pytest.mark.django_db
def test_a_closed_customer_uses_nothing() -> None:
    ada()
    Licence.objects.update(ended_at=NOON)
    assert (
        refused("usage", "record", "okafor-bakeries", "projects", "1")
        == "Okafor Bakeries has no licence any more."
    )
