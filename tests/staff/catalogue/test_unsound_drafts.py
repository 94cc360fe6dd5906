"""What fits no feature is told beside its field and not saved; where a draft has it, every page says so and stands."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from licensing import catalogue
from licensing.catalogue.diffing import diff
from licensing.models import Edition, Feature, Grant, Price, Rehearsal, Tier
from licensing.rehearsing.running import UnableToRehearse, start
from licensing.terms import read_edition
from tests.cast import NOON, TODAY
from tests.publishing import writer
from tests.staff.catalogue.forms import form_of


def words_of(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def row_of(form: dict[str, Any], tier: Tier, feature: str) -> str:
    """The name in a tier's form of what it gives of `feature`."""
    grant = Grant.objects.get(tier=tier, feature__key=feature)
    row = next(k.rsplit("-", 1)[0] for k, v in form.items() if k.startswith("grants-") and v == grant.pk)
    return f"{row}-value"


LIMIT = "A limit is a whole number from 0, or no limit."
GRANTS = [
    ("projects", "ninety", LIMIT),
    ("projects", "-5", LIMIT),
    ("projects", "yes", LIMIT),
    ("support", "soon", "Its levels are forum, next-day, 4-hours, 1-hour."),
    ("sso", "no", "A switch is yes, or not given at all."),
]


@pytest.mark.parametrize(("feature", "typed", "why"), GRANTS)
def test_what_fits_no_feature_is_told_beside_its_field(
    client: Client, draft: Edition, feature: str, typed: str, why: str
) -> None:
    """Nothing is saved of the whole form, and nothing is lost of it."""
    tier = draft.tiers.get(key="business")
    page = reverse("admin:licensing_tier_change", args=[tier.pk])
    form = form_of(client, page)
    before = read_edition(draft)
    field = row_of(form, tier, feature)
    answer = client.post(page, {**form, field: typed, "tagline": "For many teams."})
    said = answer.content.decode()
    assert why in words_of(answer)
    assert f'name="{field}" value="{typed}"' in said
    assert 'value="For many teams."' in said
    assert read_edition(draft) == before


FIELDS = [
    ({"prices-0-currency": "ZZZ"}, "ZZZ is no currency that we know. Write it as USD, EUR, JPY."),
    ({"prices-0-unit_amount": "0"}, "A price is more than nothing. A tier without prices is free."),
    ({"prices-0-unit_amount": "-9"}, "Write the price in EUR as 49.00."),
    (
        {"prices-0-currency": "ISK", "prices-0-unit_amount": "49.50"},
        "Cards are charged in steps of 1.00 ISK: make it a multiple.",
    ),
    ({"min_seats": "0"}, "A tier begins at one seat or more."),
    ({"min_seats": "1", "max_seats": "0"}, "The tier begins at 1 seat, so it cannot end at 0."),
    ({"min_seats": "5", "max_seats": "3"}, "The tier begins at 5 seats, so it cannot end at 3."),
    ({"trial_days": "0"}, "A trial lasts 1 to 365 days. Leave it empty for none."),
]


@pytest.mark.parametrize(("typed", "why"), FIELDS)
def test_what_no_tier_can_have_is_told_beside_its_field(
    client: Client, draft: Edition, typed: dict[str, str], why: str
) -> None:
    page = reverse("admin:licensing_tier_change", args=[draft.tiers.get(key="business").pk])
    before = read_edition(draft)
    answer = client.post(page, {**form_of(client, page), **typed})
    assert why in words_of(answer)
    for name, value in typed.items():
        assert re.search(rf'name="{name}" value="{value}"', answer.content.decode())
    assert read_edition(draft) == before


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (
            {"tiers-2-min_seats": "5", "tiers-2-max_seats": "3"},
            "The tier begins at 5 seats, so it cannot end at 3.",
        ),
        ({"features-0-levels": '["csv"]'}, "Write pairs of a key and its words, the lowest first"),
        ({"features-0-levels": "5"}, "Write pairs of a key and its words, the lowest first"),
    ],
)
def test_the_drafts_own_page_tells_it_too(
    client: Client, draft: Edition, typed: dict[str, str], why: str
) -> None:
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    before = read_edition(draft)
    form = form_of(client, page)
    assert client.post(page, form).status_code == 302, "as it stands, it can be saved"
    assert why in words_of(client.post(page, {**form, **typed}))
    assert read_edition(draft) == before


ROWS: list[tuple[str, Any, str]] = [
    (
        "projects",
        "ninety",
        "Business gives “ninety” of Projects, and a limit is a whole number from 0, or no limit.",
    ),
    ("projects", -5, "Business gives “-5” of Projects, and a limit is a whole number from 0, or no limit."),
    (
        "projects",
        True,
        "Business gives “yes” of Projects, and a limit is a whole number from 0, or no limit.",
    ),
    ("projects", [2], "Business gives “[2]” of Projects, and a limit is a whole number from 0, or no limit."),
    ("support", "soon", "Business gives “soon” of Answer from support, and its levels are forum, next-day"),
    ("support", {"a": 1}, "Business gives “{'a': 1}” of Answer from support, and its levels are forum"),
    ("sso", 7, "Business gives “7” of Single sign-on, and a switch is yes, or not given at all."),
]


@pytest.fixture(params=ROWS, ids=lambda row: f"{row[0]}: {row[1]}")
def fault(request: pytest.FixtureRequest, draft: Edition) -> str:
    """The draft's Business gives what fits no feature, written past every form; and what is said of it."""
    feature, value, said = request.param
    Grant.objects.filter(tier__edition=draft, tier__key="business", feature__key=feature).update(value=value)
    return str(said)


def test_every_page_of_an_unsound_draft_stands(client: Client, draft: Edition, fault: str) -> None:
    """Its own page and those of rehearsing and publishing name what is wrong; so it can be mended in a browser."""
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    assert fault in words_of(client.get(page))
    assert "(does not fit)" in words_of(client.get(page))
    doors = (
        "compare_this",
        "playbook_of_this",
        "rehearse_this",
        "approve_this",
        "publish_this",
        "draft_from_this",
    )
    said = {
        door: words_of(client.get(reverse(f"admin:licensing_edition_{door}", args=[draft.pk])))
        for door in doors
    }
    assert "(does not fit)" in said["compare_this"]
    assert fault in said["rehearse_this"]
    publishing = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    assert fault in words_of(client.post(publishing, {"key": draft.key}))
    tier = reverse("admin:licensing_tier_change", args=[draft.tiers.get(key="business").pk])
    assert client.get(tier).status_code == 200
    draft.refresh_from_db()
    assert draft.published_at is None


def test_an_unsound_draft_is_not_rehearsed(draft: Edition, fault: str) -> None:
    """Nobody's terms can be worked out with it. What is wrong is said, and nothing is begun."""
    with pytest.raises(UnableToRehearse, match="What fits no feature cannot be played through") as refusal:
        start(edition=draft, by=writer(), at=NOON)
    assert fault in str(refusal.value)
    assert not Rehearsal.objects.filter(edition=draft).exists()


def test_an_unsound_draft_is_compared(draft: Edition, fault: str) -> None:
    today = read_edition(Edition.objects.get(key=TODAY))
    for old, new in ((today, read_edition(draft)), (read_edition(draft), today)):
        business = next(part for part in diff(old=old, new=new).tiers if part.name == "Business")
        assert any("(does not fit)" in line.was + line.now for line in business.lines)


@pytest.mark.parametrize(
    ("rows", "fields", "said"),
    [
        (Price, {"currency": "ZZZ"}, "is in no currency that we know"),
        (Price, {"unit_amount": 0}, "must be more than nothing"),
        (Tier, {"min_seats": 0}, "must begin at one seat or more"),
        (Tier, {"max_seats": 0}, "ends at 0 seats, below the"),
        (Feature, {"levels": 5}, "a level is a pair of a key and its words, not 5."),
        (
            Feature,
            {"levels": ["ab", ["mail", "by mail"]]},
            "a level is a pair of a key and its words, not 'ab'.",
        ),
    ],
)
def test_every_page_of_a_draft_with_odd_rows_stands(
    client: Client, draft: Edition, rows: Any, fields: dict[str, Any], said: str
) -> None:
    odd = {
        Price: Price.objects.filter(
            tier__edition=draft, tier__key="business", currency="USD", interval="month"
        ),
        Tier: Tier.objects.filter(edition=draft, key="business"),
        Feature: Feature.objects.filter(edition=draft, key="support"),
    }
    assert odd[rows].update(**fields) == 1
    assert said in words_of(client.get(reverse("admin:licensing_edition_change", args=[draft.pk])))
    for door in ("compare_this", "playbook_of_this", "rehearse_this", "publish_this"):
        assert client.get(reverse(f"admin:licensing_edition_{door}", args=[draft.pk])).status_code == 200
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    publishing = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    assert said in words_of(client.post(publishing, {"key": draft.key}))


def test_the_loader_names_the_place(client: Client, draft: Edition) -> None:
    text = catalogue.dump(draft).replace("projects = 20\n", 'projects = "many"\n')
    words = words_of(client.post("/admin/licensing/edition/load/", {"text": text}))
    assert (
        "The tier 'team', gives: projects must be a whole number from 0, or \"no limit\", not 'many'."
        in words
    )
