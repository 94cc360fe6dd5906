"""The reader of the page or mail at hand: the locale that decides how dates and amounts are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import negotiate_locale
from django.utils import timezone

# The regions whose way of writing dates and numbers goes with the English of our pages.
LOCALES = ["en_US", "en_GB", "en_IE", "en_AU", "en_NZ", "en_CA", "en_IN", "en_ZA", "en_150"]
# Readers of these write amounts as Americans do: the sign first, and yen simply as ¥.
SIGN_FIRST = {"ja", "ko", "zh"}
_locale: ContextVar[str] = ContextVar("reader_locale", default="en_US")


def reader_locale() -> str:
    return _locale.get()


def locale_for(accept_language: str) -> str:
    """The best of our locales for a browser's Accept-Language; English as in Europe for other European readers."""
    wanted = [
        part.split(";")[0].strip().replace("-", "_") for part in accept_language.split(",") if part.strip()
    ]
    if best := negotiate_locale(wanted, LOCALES, sep="_"):
        return best
    if wanted and not wanted[0].startswith("en") and wanted[0] != "*":
        try:
            Locale.parse(wanted[0])
        except (UnknownLocaleError, ValueError):
            return "en_US"
        return "en_US" if wanted[0][:2] in SIGN_FIRST else "en_150"
    return "en_US"


@contextmanager
def reading_as(*, locale: str, zone: ZoneInfo) -> Iterator[None]:
    """Write dates and amounts for one reader, for as long as the block lasts."""
    token = _locale.set(locale)
    try:
        with timezone.override(zone):
            yield
    finally:
        _locale.reset(token)
