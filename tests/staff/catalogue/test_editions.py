"""Editions in the admin: drafts are edited, copied, compared and published; a fault is said in a sentence."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from licensing import catalogue
from licensing.models import Edition, Grant, Price, Product, Tier
from licensing.terms import read_edition
from tests.cast import NOON, TODAY, ada
from tests.licensing.small_catalogue import GOOD
from tests.publishing import ready, rehearsed, writer
from tests.staff.catalogue.forms import form_of
from tests.staff.conftest import SignIn
from tests.staff.rows import trial_of


def test_a_draft_is_made_from_an_edition(client: Client, today: Edition) -> None:
    page = reverse("admin:licensing_edition_draft_from_this", args=[today.pk])
    answer = client.post(page, {"key": "2026-06", "name": "June 2026"})
    made = Edition.objects.get(key="2026-06")
    assert answer["Location"] == reverse("admin:licensing_edition_change", args=[made.pk])
    assert made.published_at is None
    assert made.tiers.count() == today.tiers.count()


def test_a_key_that_is_taken_is_refused_in_a_sentence(client: Client, today: Edition) -> None:
    page = reverse("admin:licensing_edition_draft_from_this", args=[today.pk])
    assert "already" in client.post(page, {"key": TODAY, "name": "Again"}).content.decode()
    assert Edition.objects.filter(key=TODAY).count() == 1


FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*>")
TAKEN = (
    "January 2026 is the name of the published edition 2026-01, and customers meet editions by name. Give the draft a "
    "name of its own."
)


@pytest.mark.parametrize("name", ["January 2026", " january  2026"])
def test_a_draft_is_not_named_like_a_published_edition(
    client: Client, today: Edition, draft: Edition, name: str
) -> None:
    """Neither when it is made, nor on its page."""
    door = reverse("admin:licensing_edition_draft_from_this", args=[today.pk])
    assert TAKEN in client.post(door, {"key": "2026-07", "name": name}).content.decode()
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    answer = client.post(page, {**form_of(client, page), "name": name})
    assert answer.context["adminform"].form.errors == {"name": [TAKEN]}
    draft.refresh_from_db()
    assert draft.name == "June 2026"
    assert not Edition.objects.filter(key="2026-07").exists()


def test_a_draft_that_has_such_a_name_says_so_and_is_not_published(client: Client, draft: Edition) -> None:
    """Two drafts may have one name; once the first is published, the other needs another."""
    Edition.objects.filter(pk=draft.pk).update(name="January 2026")
    assert TAKEN in client.get(reverse("admin:licensing_edition_change", args=[draft.pk])).content.decode()
    publishing = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    assert TAKEN in client.post(publishing, {"key": draft.key}).content.decode()


def test_a_draft_is_edited(client: Client, draft: Edition) -> None:
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    answer = client.post(page, {**form_of(client, page), "name": "Summer 2026"})
    assert answer.status_code == 302, answer.context["errors"]
    draft.refresh_from_db()
    assert draft.name == "Summer 2026"
    assert draft.features.count() == Edition.objects.get(key=TODAY).features.count()


def test_publishing_asks_for_the_key_and_seals_the_edition(client: Client, draft: Edition) -> None:
    page = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    assert "Nobody is noted as author of 2026-06" in client.post(page, {"key": "2026-06"}).content.decode()
    ready(draft, at=NOON)
    assert "To publish, type 2026-06." in client.post(page, {"key": "2026-6"}).content.decode()
    draft.refresh_from_db()
    assert draft.published_at is None
    assert "manage.py" not in client.get(page).content.decode(), "nothing that cannot be done in a browser"
    said = client.post(page, {"key": "2026-06"}, follow=True).content.decode()
    assert "each of its prices is made at the payment processor by itself, when it is first needed." in said
    assert "manage.py" not in said
    draft.refresh_from_db()
    assert (draft.published_at, str(draft.published_by)) == (NOON, "Sam catalogue")
    assert catalogue.verify(edition=draft)


def test_before_a_key_is_typed_the_page_says_what_stands_in_the_way_of_publishing(
    client: Client, draft: Edition
) -> None:
    """And has no button that could not work."""
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    page = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    said = client.get(page).content.decode()
    assert "Nobody has seen yet what it means for each customer. Rehearse the draft." in said
    assert "Nobody has approved these terms. Ask somebody who wrote none of them." in said
    assert "June 2026 cannot be published yet." in said
    assert "Publish for good" not in said
    ready(draft, at=NOON)
    said = client.get(page).content.decode()
    assert "cannot be published yet" not in said
    assert "Publish for good" in said


def test_whoever_approves_is_told_what_is_missing_and_which_promise_would_be_broken(
    client: Client, draft: Edition
) -> None:
    """A rehearsal that nobody has made; then, that whoever tries Business could not buy it."""
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    approve = reverse("admin:licensing_edition_approve_this", args=[draft.pk])
    assert "Nobody has seen yet what it means for each customer." in client.get(approve).content.decode()
    trial_of(ada())
    draft.tiers.get(key="business").delete()
    rehearsed(draft, at=NOON)
    said = html.unescape(client.get(approve).content.decode())
    broken = (
        "The promise “Whoever tries a tier can buy it when the trial ends” would be broken for 1 customer."
    )
    assert said.count(broken) == 1
    assert "Approve these terms" in said, "that is for them to weigh"
    assert "Nobody has approved these terms" not in said, "they are about to"


def test_whoever_makes_or_saves_anything_of_a_draft_is_its_author(client: Client, today: Edition) -> None:
    client.post(
        reverse("admin:licensing_edition_draft_from_this", args=[today.pk]),
        {"key": "2026-06", "name": "June"},
    )
    draft = Edition.objects.get(key="2026-06")
    assert names_of_authors(draft) == ["Sam catalogue"]


@pytest.mark.parametrize("part", ["edition", "tier"])
def test_whoever_saves_an_edition_or_a_tier_is_its_author(client: Client, draft: Edition, part: str) -> None:
    row = draft if part == "edition" else draft.tiers.get(key="business")
    page = reverse(f"admin:licensing_{part}_change", args=[row.pk])
    assert client.post(page, form_of(client, page)).status_code == 302
    assert names_of_authors(draft) == ["Sam catalogue"]


def test_whoever_deletes_a_tier_is_an_author_too(client: Client, draft: Edition) -> None:
    page = reverse("admin:licensing_tier_delete", args=[draft.tiers.get(key="scale").pk])
    assert client.post(page, {"post": "yes"}).status_code == 302
    assert names_of_authors(draft) == ["Sam catalogue"]


def test_the_page_of_a_draft_says_what_stands_between_it_and_its_publication(
    client: Client, draft: Edition
) -> None:
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    said = client.get(page).content.decode()
    assert "Nobody has approved these terms. Ask somebody who wrote none of them." in said
    approve = reverse("admin:licensing_edition_approve_this", args=[draft.pk])
    assert client.post(approve, {"note": "Read it twice."}).status_code == 302
    said = client.get(page).content.decode()
    assert "Sam catalogue approved these very terms on 22 November 2026." in said


def test_an_author_who_would_approve_is_told_why_not(client: Client, draft: Edition) -> None:
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    client.post(page, form_of(client, page))
    approve = reverse("admin:licensing_edition_approve_this", args=[draft.pk])
    why = "Sam catalogue wrote part of 2026-06, and nobody approves what they wrote."
    for answer in (client.get(approve), client.post(approve, {})):
        text = answer.content.decode()
        assert text.count(why) == 1
        assert "Approve these terms" not in text, "a button that could not work"
    assert not draft.approvals.exists()


def test_whoever_wrote_a_draft_has_no_button_to_approve_it(
    client: Client, as_staff: SignIn, draft: Edition
) -> None:
    """Its page says why, and whom to ask; whoever is asked has the button, above and in the list."""
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    approve = reverse("admin:licensing_edition_approve_this", args=[draft.pk])
    assert client.post(page, form_of(client, page)).status_code == 302
    said = client.get(page).content.decode()
    assert said.count("Sam catalogue wrote part of 2026-06, and nobody approves what they wrote.") == 1
    assert approve not in said
    assert as_staff(superuser=True).get(page).content.decode().count(approve) == 2


def test_what_is_published_is_neither_rehearsed_nor_published_again(client: Client, today: Edition) -> None:
    """Its page offers neither, and the pages of both say why and have no button."""
    said = client.get(reverse("admin:licensing_edition_change", args=[today.pk])).content.decode()
    for door, button in (("rehearse_this", "Start the rehearsal"), ("publish_this", "Publish for good")):
        address = reverse(f"admin:licensing_edition_{door}", args=[today.pk])
        assert address not in said
        for answer in (client.get(address), client.post(address, {"key": TODAY})):
            words = answer.content.decode()
            assert words.count("The edition 2026-01 is published already.") == 1
            assert button not in words


def names_of_authors(draft: Edition) -> list[str]:
    return [str(author) for author in draft.authors.all()]


def test_every_fault_that_stands_in_the_way_of_publishing_is_named(client: Client, draft: Edition) -> None:
    Tier.objects.filter(edition=draft, key="free").delete()
    draft.rationale = ""
    draft.save()
    page = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    words = client.post(page, {"key": "2026-06"}).content.decode()
    assert "No tier is free" in words
    assert "rationale" in words.lower()
    draft.refresh_from_db()
    assert draft.published_at is None


def test_a_draft_is_looked_over_on_its_own_page(client: Client, draft: Edition) -> None:
    """A copy of sound terms is sound. Taking a claim's reason away is told, and keeps it from being published."""
    page = reverse("admin:licensing_edition_change", args=[draft.pk])
    assert "nothing found" in client.get(page).content.decode()
    Grant.objects.filter(tier__edition=draft, tier__key="business", feature__key="roles").delete()
    words = html.unescape(client.get(page).content.decode())
    assert (
        "Business claims “You decide exactly who may see and change what.”, and does not include Roles of"
        in words
    )
    assert words.count("does not include Roles of") == 1, "once, and led to from what stands in the way"
    assert "One thing must be mended: it stands below" in words
    assert "The edition has no rationale" not in words
    Edition.objects.filter(pk=draft.pk).update(rationale="")
    assert "The edition has no rationale" in client.get(page).content.decode()
    publishing = reverse("admin:licensing_edition_publish_this", args=[draft.pk])
    assert "does not include Roles of" in client.post(publishing, {"key": draft.key}).content.decode()


def test_every_field_of_a_draft_has_a_name(client: Client, draft: Edition) -> None:
    """On its own page and on a tier's, those of rows that are added later too: its label, or its column and its row."""
    tier = draft.tiers.get(key="team")
    for page, named in {
        reverse("admin:licensing_edition_change", args=[draft.pk]): {
            "tiers-0-key": "Key, tier 1",
            "features-0-kind": "Kind, feature 1",
            "tiers-1-DELETE": "Delete, tier 2",
            "tiers-__prefix__-key": "Key, new tier",
        },
        reverse("admin:licensing_tier_change", args=[tier.pk]): {
            "prices-0-unit_amount": "Price, price 1",
            "grants-0-feature": "Feature, grant 1",
        },
    }.items():
        content = client.get(page).content.decode()
        labelled = set(re.findall(r'<label[^>]*\bfor="([^"]+)"', content))
        fields = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in re.findall(FIELD, content)]
        seen = [each for each in fields if each.get("type") not in ("hidden", "submit", "search")]
        assert len(seen) > 20
        nameless = [each for each in seen if not each.get("aria-label") and each.get("id") not in labelled]
        assert nameless == []
        names = {each.get("name"): each.get("aria-label") for each in seen}
        assert {name: names[name] for name in named} == named


def test_every_cell_of_a_drafts_terms_is_filled(client: Client, draft: Edition) -> None:
    """What a tier does not give is said in words, in every tier and for every feature."""
    words = client.get(reverse("admin:licensing_edition_change", args=[draft.pk])).content.decode()
    terms = read_edition(draft)
    missing = sum(feature.key not in tier.gives for tier in terms.tiers for feature in terms.features)
    assert missing == 15
    assert words.count("not included") == missing


def compared(client: Client, edition: Edition, **asked: Any) -> str:
    door = reverse("admin:licensing_edition_compare_this", args=[edition.pk])
    answer = client.get(door, asked)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_a_draft_is_compared_with_what_is_on_sale_unless_another_is_asked_for(
    client: Client, draft: Edition
) -> None:
    Price.objects.filter(tier__edition=draft, lookup_key="team-2026-06-month-eur").update(unit_amount=2400)
    words = compared(client, draft)
    assert "From January 2026 to June 2026" in words
    assert "0 terms are better, 1 is worse." in words
    assert "Price, EUR by the month €21.00 a seat €24.00 a seat +€3.00, +14.3 % ▼ worse" in words
    old = Edition.objects.get(key="2025-03")
    assert "From March 2025 to June 2026" in compared(client, draft, **{"with": old.pk})


def test_what_is_on_sale_is_compared_with_what_was_sold_before(client: Client, today: Edition) -> None:
    words = compared(client, today)
    assert "From March 2025 to January 2026" in words
    assert "Single sign-on yes not included − removed" in words


def test_an_edition_of_another_product_is_not_compared_with(client: Client, draft: Edition) -> None:
    other = catalogue.load_draft(source=GOOD, at=NOON)
    door = reverse("admin:licensing_edition_compare_this", args=[draft.pk])
    assert client.get(door, {"with": other.pk}).status_code == 404
    assert client.get(door, {"with": "nonsense"}).status_code == 404
    assert "There is no other edition" in compared(client, other)


def test_a_published_edition_shows_its_terms_in_one_table(client: Client, today: Edition) -> None:
    words = client.get(reverse("admin:licensing_edition_change", args=[today.pk])).content.decode()
    for expected in ("All terms", "Business", "$23.00", "no limit"):
        assert expected in words


def test_the_catalogue_group_edits_how_a_product_presents_itself(client: Client, today: Edition) -> None:
    product = Product.objects.get()
    page = reverse("admin:licensing_product_change", args=[product.pk])
    assert client.post(page, {**form_of(client, page), "tagline": "Plans that add up."}).status_code == 302
    product.refresh_from_db()
    assert product.tagline == "Plans that add up."
