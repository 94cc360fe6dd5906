"""Addresses that stand in mails: always absolute, always under BASE_URL, never from a request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse


def link(name: str, *args: Any, **query: Any) -> str:
    """The absolute address of a door: `link("upgrade", tier="team")`."""
    address = settings.BASE_URL + reverse(name, args=args)
    return f"{address}?{urlencode(query)}" if query else address


def host() -> str:
    """The host that our mails speak for."""
    return urlsplit(settings.BASE_URL).hostname or "localhost"
