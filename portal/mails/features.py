"""Which features a mail lists, and in which words. A few: a mail is not the comparison page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from licensing.offers import Row, compare, gains_of
from licensing.terms import NOT_INCLUDED, EditionTerms, TierTerms
from portal.pages.gains import gain_words
from portal.pages.values import feature_words

LONGEST = 6  # lines of a list


def gained(
    *, held: TierTerms, held_edition: EditionTerms, offered: TierTerms, edition: EditionTerms
) -> list[Row]:
    """What `offered` gives beyond `held`."""
    return gains_of(compare(held=held, held_edition=held_edition, offered=offered, edition=edition))


def included(tier: TierTerms, edition: EditionTerms) -> list[str]:
    """What a tier gives."""
    given = [(feature, tier.value(feature.key)) for feature in edition.features]
    return _few([feature_words(feature, value) for feature, value in given if _is_given(value)])


def offered_words(rows: Iterable[Row]) -> list[str]:
    """Each row's feature as offered, with the claim about it."""
    return _few([gain_words(row) for row in rows])


def held_words(rows: Iterable[Row]) -> list[str]:
    """Each row's feature as held, where it is held at all."""
    return _few([feature_words(row.held_feature, row.held) for row in rows if _is_given(row.held)])


def _few(words: Sequence[str]) -> list[str]:
    """All of them, or the first and how many more there are."""
    if len(words) <= LONGEST:
        return list(words)
    shown = LONGEST - 1
    return [*words[:shown], _("and %(count)d more") % {"count": len(words) - shown}]


def _is_given(value: object) -> bool:
    return value is not NOT_INCLUDED and value is not False
