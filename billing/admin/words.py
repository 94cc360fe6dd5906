"""How the pages of staff write money."""

from __future__ import annotations

from django.utils.translation import get_language, to_locale

from licensing.money import format_money


def money(amount: int | None, currency: str) -> str:
    """Minor units for the reader of the page: $12.34; a dash where there is no amount."""
    if amount is None:
        return "–"
    return format_money(amount, currency, locale=to_locale(get_language() or "en"))
