"""Terms that are sold in dinars too, and what it takes to buy on them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from licensing import catalogue as editions
from licensing.models import Edition
from tests.cast import CATALOGUES, TODAY, make_catalogue
from tests.publishing import publish

WITH_DINARS = "2026-06"


def publish_dinars() -> Edition:
    """Today's terms as a newer edition that is sold in KWD too, at some price for each tier and interval."""
    source = (CATALOGUES / f"meridian-{TODAY}.toml").read_text()
    source = source.replace(f'key = "{TODAY}"', f'key = "{WITH_DINARS}"').replace("January 2026", "June 2026")
    source = re.sub(
        r"^JPY = (\d+)$", lambda yen: f"{yen[0]}\nKWD = {int(yen[1]) * 2 + 10}", source, flags=re.MULTILINE
    )
    now = timezone.now()
    return publish(editions.load_draft(source=source, at=now), at=now)


@pytest.fixture
def dinars(transactional_db: None, settings: Any) -> Edition:
    settings.STRIPE_AUTOMATIC_TAX = True
    make_catalogue()
    return publish_dinars()
