"""Loading a draft from a TOML file in the admin: all faults at once, nothing is lost, nothing replaced unasked."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from licensing import catalogue
from licensing.catalogue.authors import authors_of
from licensing.models import Edition
from tests.cast import CATALOGUES, TODAY, make_catalogue
from tests.licensing.small_catalogue import GOOD, load
from tests.staff.conftest import SignIn

DOOR = "/admin/licensing/edition/load/"


def posted(client: Client, **fields: Any) -> str:
    """What the page says to what was not loaded."""
    answer = client.post(DOOR, fields)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def text_kept(words: str) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", words, re.DOTALL)
    assert found is not None
    return found[1].replace("\r\n", "\n")


def test_the_list_of_editions_leads_there(client: Client) -> None:
    assert DOOR in client.get(reverse("admin:licensing_edition_changelist")).content.decode()


@pytest.mark.parametrize("way", ["file", "text"])
def test_a_file_or_its_text_becomes_a_draft(client: Client, way: str) -> None:
    given = SimpleUploadedFile("shop.toml", GOOD.encode()) if way == "file" else GOOD
    answer = client.post(DOOR, {way: given})
    draft = Edition.objects.get(key="2026-05")
    assert answer["Location"] == reverse("admin:licensing_edition_change", args=[draft.pk])
    assert draft.published_at is None
    assert [str(author) for author in authors_of(draft)] == ["Sam catalogue"]
    assert catalogue.dump(draft) == catalogue.dump(load())


def test_every_fault_is_listed_and_the_text_is_kept(client: Client) -> None:
    wrong = GOOD.replace("rank = 1", 'rank = "one"').replace('unit = "projects"', "unit = 1")
    for fields in ({"text": wrong}, {"file": SimpleUploadedFile("shop.toml", wrong.encode())}):
        words = posted(client, **fields)
        assert "The file has 2 faults:" in words
        assert "The tier 'team': rank must be a whole number, not 'one'." in words
        assert "The feature 'projects': unit must be text, not 1." in words
        assert text_kept(words).strip() == wrong.strip()
    assert not Edition.objects.filter(key="2026-05").exists()


def test_a_draft_is_replaced_only_after_saying_so(client: Client) -> None:
    draft = load()
    newer = GOOD.replace('name = "May 2026"', 'name = "Spring 2026"')
    words = posted(client, text=newer)
    assert "There is a draft 2026-05 (May 2026) of Shop already. Loading replaces all of it." in words
    assert 'name="replace" value="2026-05"' in words
    assert text_kept(words).strip() == newer.strip()
    draft.refresh_from_db()
    assert draft.name == "May 2026"
    assert client.post(DOOR, {"text": newer, "replace": "2026-05"}).status_code == 302
    draft.refresh_from_db()
    assert draft.name == "Spring 2026"


def test_what_was_said_of_one_draft_is_not_taken_for_another(client: Client) -> None:
    load()
    other = load(GOOD.replace("2026-05", "2026-07").replace("May 2026", "July 2026"))
    text = catalogue.dump(other).replace("July 2026", "August 2026")
    assert "There is a draft 2026-07" in posted(client, text=text, replace="2026-05")
    other.refresh_from_db()
    assert other.name == "July 2026"


def test_what_is_published_with_the_same_terms_stays(client: Client) -> None:
    edition = make_catalogue()
    source = (CATALOGUES / f"meridian-{TODAY}.toml").read_text()
    page = client.post(DOOR, {"text": source}, follow=True).content.decode()
    assert "published already with these very terms; nothing was changed." in page
    words = posted(client, text=source.replace("USD = 2300\n", "USD = 2400\n"))
    assert f"The edition {TODAY} was published on 12 January 2026 with other terms and never changes" in words
    assert catalogue.verify(edition=edition)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose a file, or paste its text."),
        ({"text": " \n"}, "Choose a file, or paste its text."),
        ({"file": SimpleUploadedFile("a.toml", b"\xff\xfe")}, "The file is not UTF-8 text."),
        ({"file": SimpleUploadedFile("a.toml", b"#" * 300_000)}, "The file is larger than 256 KB."),
        ({"text": "a = " + "[" * 5000}, "The file is not TOML: it is nested too deeply."),
        ({"text": "a = " + "9" * 5000}, "The file is not TOML: a number in it is too long."),
        ({"text": "[product"}, "The file is not TOML:"),
    ],
)
def test_what_is_no_catalogue_is_refused_in_words(client: Client, fields: dict[str, Any], words: str) -> None:
    if file := fields.get("file"):
        file.seek(0)
    assert words in posted(client, **fields)


@pytest.mark.parametrize("state", ["draft", "published"])
def test_an_edition_is_saved_as_the_file_that_loads_as_it(client: Client, state: str) -> None:
    """From its own page and from the one that loads: what the command line writes, under the edition's name."""
    today = make_catalogue()
    edition = today if state == "published" else load()
    door = reverse("admin:licensing_edition_as_file", args=[edition.pk])
    for page in (reverse("admin:licensing_edition_change", args=[edition.pk]), DOOR):
        assert f'href="{door}"' in client.get(page).content.decode()
    saved = client.get(door)
    assert saved.content.decode() == catalogue.dump(edition)
    assert saved["Content-Disposition"] == f'attachment; filename="{edition.product.key}-{edition.key}.toml"'
    assert saved["Content-Type"] == "application/toml; charset=utf-8"
    next_one = saved.content.decode().replace(edition.key, "2026-09").replace(edition.name, "September 2026")
    assert client.post(DOOR, {"text": next_one}).status_code == 302
    made = Edition.objects.get(key="2026-09")
    assert catalogue.dump(made) == next_one


@pytest.mark.parametrize("group", ["support", "finance"])
def test_only_who_writes_the_catalogue_may_load(as_staff: SignIn, group: str) -> None:
    assert as_staff(group).get(DOOR).status_code == 403
    assert as_staff(group).post(DOOR, {"text": GOOD}).status_code == 403
    assert not Edition.objects.filter(key="2026-05").exists()
