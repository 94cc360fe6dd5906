"""How a loss is told: the feature, and of one that gets less how much is left."""

from __future__ import annotations

from django.utils.translation import gettext as _

from licensing.offers import Row
from licensing.terms import NOT_INCLUDED
from portal.pages.values import feature_name, feature_words, value_words


def loss_words(row: Row) -> str:
    """ "Single sign-on", "API calls a month: 40,000 instead of 50,000"."""
    if row.offered is NOT_INCLUDED or row.offered is False:
        return feature_words(row.feature, row.held)
    return _("%(feature)s: %(offered)s instead of %(held)s") % {
        "feature": feature_name(row.feature),
        "offered": value_words(row.feature, row.offered),
        "held": value_words(row.feature, row.held),
    }
