"""What is on sale, a draft of what shall be, and a browser of whoever keeps the catalogue."""

from __future__ import annotations

import pytest
from django.test import Client

from licensing import catalogue
from licensing.models import Edition
from tests.cast import make_catalogue
from tests.staff.conftest import SignIn


@pytest.fixture
def today(db: None) -> Edition:
    """What is on sale."""
    return make_catalogue()


@pytest.fixture
def draft(today: Edition) -> Edition:
    """A copy of it, with a rationale."""
    copy = catalogue.draft_from(edition=today, key="2026-06", name="June 2026")
    copy.rationale = "Business has more room."
    copy.save()
    return copy


@pytest.fixture
def client(as_staff: SignIn) -> Client:
    return as_staff("catalogue")
