"""What each edition means for somebody who holds one: whether it touches them and when, and what it gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from licensing.standing import Standing
from licensing.sunsets.moving import Move, move_of
from licensing.sunsets.terms import sunset_terms
from licensing.terms import EditionTerms
from portal.pages.changes import Chapter, Yours
from portal.pages.planned import Planned, planned
from portal.pages.values import feature_words
from portal.templatetags.words import day


def for_holder(chapters: Sequence[Chapter], *, standing: Standing) -> list[Chapter]:
    """The chapters, newest first, each with what it means for this customer. No query."""
    places = {chapter.terms.id: place for place, chapter in enumerate(chapters)}
    held = places.get(standing.edition.id, len(chapters))
    return [
        replace(chapter, yours=_yours(chapter.terms, distance=held - place, standing=standing))
        for place, chapter in enumerate(chapters)
    ]


def _yours(terms: EditionTerms, *, distance: int, standing: Standing) -> Yours:
    """`distance`: how many editions it came after the one that is held; below zero where it was before."""
    said = {"tier": standing.tier.name, "edition": standing.edition.name}
    leaving, move = planned(standing), move_of(standing)
    if distance == 0 and move:
        return replace(_ends(move, said), lines=tuple(map(_leaves, leaving)))
    if distance == 0 and leaving:
        return Yours(_("You hold these terms, and keep them but for this:"), tuple(map(_leaves, leaving)))
    if distance == 0:
        return Yours(_("These are the terms you hold, and keep."))
    if distance < 0 and (ended := _ended(terms, standing)):
        return Yours(
            _(
                "Affected on %(day)s: these terms ended for you, as announced. Yours are those of %(edition)s since."
            )
            % {**said, "day": day(ended)}
        )
    if distance < 0:
        return Yours(_("Not affected: your terms are the later ones of %(edition)s.") % said)
    gains = tuple(
        feature_words(feature, standing.tier.value(key))
        for key, since in standing.shared.items()
        if since.id == terms.id and (feature := standing.edition.feature(key)) is not None
    )
    if move:
        lines = [
            *map(_leaves, leaving),
            *(_("You have of it already: %(what)s.") % {"what": gain} for gain in gains),
        ]
        return Yours(_until_it_ends(move, said, is_next=terms.id == move.edition.id), tuple(lines))
    if gains:
        return Yours(
            _("You keep %(tier)s of %(edition)s, and have this of the newer terms too:") % said, gains
        )
    if leaving:
        return Yours(_("Not affected: you keep %(tier)s of %(edition)s.") % said)
    return Yours(_("Not affected: you keep %(tier)s of %(edition)s, its price and all it gives.") % said)


def _ended(terms: EditionTerms, standing: Standing) -> datetime | None:
    """When the announced end of that edition moved them on; None where none did."""
    return next(
        (
            change.done_at
            for change in standing.changes
            if not change.feature_key
            and change.done_at
            and sunset_terms(change.sunset_id).edition_id == terms.id
        ),
        None,
    )


def _ends(move: Move, said: dict[str, str]) -> Yours:
    """The edition that they hold is to end."""
    if move.at is None:
        return Yours(_("You hold these terms. They are to end, on a day that you will be told in time."))
    after = {**said, "after": move.edition.name, "day": day(move.at)}
    return Yours(
        _("Affected on %(day)s: these terms end, and your %(tier)s moves to those of %(after)s.") % after
    )


def _until_it_ends(move: Move, said: dict[str, str], *, is_next: bool) -> str:
    """What a later edition is to them while the end of the held one is announced."""
    if move.at is None:
        return (
            _("You keep %(tier)s of %(edition)s until it ends, on a day that you will be told in time.")
            % said
        )
    until = {**said, "day": day(move.at)}
    if is_next:
        return (
            _("Affected on %(day)s: until then you keep %(tier)s of %(edition)s, then you have these terms.")
            % until
        )
    return _("You keep %(tier)s of %(edition)s until %(day)s.") % until


def _leaves(one: Planned) -> str:
    """What an announced sunset takes from them, and when."""
    if one.when is None:
        return _("%(feature)s leaves, on a day that you will be told in time.") % {"feature": one.name}
    said = {"feature": one.name, "day": day(one.when)}
    if one.is_done:
        return _("Affected on %(day)s: %(feature)s has left.") % said
    return _("Affected on %(day)s: %(feature)s leaves.") % said
