"""The vendor's colour is readable on every page, whatever it is."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from licensing.models import Product
from portal.pages.accent import accent_digits, contrast, style_sheet
from tests import cast


def colours(sheet: str) -> list[tuple[int, int, int]]:
    return [
        (int(found[:2], 16), int(found[2:4], 16), int(found[4:], 16))
        for found in re.findall(r"#([0-9a-f]{6})", sheet)
    ]


@pytest.mark.parametrize("accent", ["0b6b50", "ffdd00", "ffffff", "000000", "ff0000", "1a1b9f", "777777"])
def test_text_and_buttons_have_enough_contrast_by_day_and_by_night(accent: str) -> None:
    day, night, on_day, on_night = colours(style_sheet(accent))
    assert contrast(day, (251, 250, 246)) >= 4.5
    assert contrast(night, (29, 30, 35)) >= 4.5
    assert contrast(day, on_day) >= 4.5
    assert contrast(night, on_night) >= 4.5


def test_a_colour_that_reads_well_is_left_alone() -> None:
    assert "#0b6b50" in style_sheet("0b6b50")


@pytest.mark.parametrize("accent", ["green", "", "#12345", "#12345g", "#0b6b50;}body{display:none"])
def test_what_is_no_colour_is_none(accent: str) -> None:
    assert accent_digits(accent) == ""


def test_the_sheet_may_be_kept_for_a_year_and_asks_no_database(client: Client) -> None:
    response = client.get("/theme/0b6b50.css")
    assert response["Content-Type"].startswith("text/css")
    assert "immutable" in response["Cache-Control"]
    again = client.get("/theme/0b6b50.css", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_a_product_without_a_proper_colour_has_pages_all_the_same(visitor: Client) -> None:
    cast.make_catalogue()
    Product.objects.update(accent="green")
    response = visitor.get("/policy/")
    assert response.status_code == 200
    assert "/theme/" not in response.content.decode()
