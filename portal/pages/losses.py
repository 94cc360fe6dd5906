"""How a loss is told: the feature, how much is left where it gets less, and how much is used where that is more."""

from __future__ import annotations

from django.utils.translation import gettext as _

from licensing.offers import Row
from licensing.terms import NOT_INCLUDED
from portal.pages.values import count_words, feature_name, feature_words, value_words


def loss_words(row: Row, *, used: int | None = None) -> str:
    """ "Single sign-on", "API calls a month: 40,000 instead of 50,000 (you use 44,300 this month)". `used`: by the
    newest reading that says something of now, if there is one.
    """
    if row.offered is NOT_INCLUDED or row.offered is False:
        words = feature_words(row.feature, row.held)
    else:
        words = _("%(feature)s: %(offered)s instead of %(held)s") % {
            "feature": feature_name(row.feature),
            "offered": value_words(row.feature, row.offered),
            "held": value_words(row.feature, row.held),
        }
    if not is_above(row, used=used):
        return words
    used_words = (
        _("%(loss)s (you use %(used)s this month)")
        if row.feature.monthly
        else _("%(loss)s (you use %(used)s)")
    )
    return used_words % {"loss": words, "used": count_words(used or 0)}


def is_above(row: Row, *, used: int | None) -> bool:
    """Whether more of a limit is used than there will be."""
    if used is None or row.change != "lose" or row.offered is None:
        return False
    left = 0 if row.offered is NOT_INCLUDED or row.offered is False else row.offered
    return isinstance(left, int) and used > left
