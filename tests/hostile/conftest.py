"""A house in which Stripe is silent, nothing is counted, and whatever happened can be undone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from billing import gateway
from billing.answers import StripeUnavailable
from tests.doors.people import arguments_of_ada, clients_of_everybody
from tests.doors.table import DOORS


@contextmanager
def _silence() -> Iterator[Any]:
    raise StripeUnavailable("Nobody answers.")
    yield


@pytest.fixture
def silent_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request leaves the house."""
    monkeypatch.setattr(gateway.client, "asking", _silence)


@pytest.fixture
def uncounted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to be slower, and sessions live in the database alone, where they can be undone."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    settings.ACCOUNT_RATE_LIMITS = False
    settings.MFA_RATE_LIMITS = False
    monkeypatch.setattr("portal.pace.PRESSES", 1_000_000)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Refusals are logged, thousands of them here."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    return clients_of_everybody()


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    """Where each door is; what is named there is Ada's."""
    arguments = arguments_of_ada(list(DOORS))
    return {name: reverse(name, kwargs=arguments.get(name, {})) for name in DOORS}
