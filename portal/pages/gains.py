"""How a gain is told: the feature with its value, and then what the terms claim that it brings."""

from __future__ import annotations

from django.utils.translation import gettext as _

from licensing.offers import Row
from portal.pages.values import feature_words


def gain_words(row: Row, *, now: str = "") -> str:
    """ "Roles of your own. You decide who may see and change what." `now`: what is held of it, where anything is."""
    words = feature_words(row.feature, row.offered)
    if now:
        words = _("%(gain)s (now %(held)s)") % {"gain": words, "held": now}
    return _("%(gain)s. %(claim)s") % {"gain": words, "claim": row.claim} if row.claim else words
