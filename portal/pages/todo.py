"""Lists about one change: what is gained, what is kept, what is lost, what there is to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from licensing.models import Feature
from licensing.offers import Offer, Row, gains_of, rows_between
from licensing.reasons import Reason
from licensing.terms import NOT_INCLUDED
from portal.facts import Facts
from portal.pages.exceptions import carried
from portal.pages.gains import gain_words
from portal.pages.seats import room_for, room_gained
from portal.pages.values import count_words, feature_name, feature_words, small_number, value_words
from portal.reader import reader_locale


@dataclass(frozen=True)
class Todo:
    """`made`: what becomes of what was made for this customer, beside any plan."""

    gains: tuple[str, ...]
    keeps: tuple[str, ...]
    loses: tuple[str, ...]
    made: tuple[str, ...]
    does: tuple[str, ...]


def todo_list(offer: Offer, *, facts: Facts, held: Offer, reasons: Sequence[Reason]) -> Todo:
    """What `offer` brings and asks of this customer beside what is `held`, from the facts at hand. `reasons`: why it is
    not open now, as the reader is told.
    """
    more = _room_gained(offer, facts=facts)
    before, after = (held.edition.id, held.tier.id), (offer.edition.id, offer.tier.id)
    newest_id, retired = facts.standing.newest_id, facts.standing.retired
    gains, keeps = _by_feature(*before, *after, newest_id, retired, reader_locale(), get_language())
    return Todo(
        gains=(*_more_seats(more), *gains) or (_("Nothing that you do not have already."),),
        keeps=(_("All you have made, your team and its roles"), *keeps),
        loses=tuple(_loss(row) for row in offer.loses),
        made=carried(facts.standing, tier=offer.tier, edition=offer.edition),
        does=tuple(_does(offer, facts=facts, held=held, reasons=reasons, more_seats=more)),
    )


# Of published terms, which never change, this is always the same for readers of one locale and language.
@lru_cache(maxsize=512)
def _by_feature(
    held_edition: int,
    held: int,
    edition: int,
    offered: int,
    newest_id: int,
    retired: tuple[str, ...],
    _locale: str,
    _language: str,
) -> tuple[list[str], list[str]]:
    """What is gained, and what is kept, of the features of two tiers."""
    rows = rows_between(held_edition, held, edition, offered, newest_id=newest_id, retired=retired)
    return (
        [_gain(row) for row in gains_of(rows)],
        [feature_words(row.feature, row.offered) for row in rows if row.change == "keep"],
    )


def _gain(row: Row) -> str:
    is_new = row.held is NOT_INCLUDED or row.held is False or row.held_feature.kind == Feature.Kind.SWITCH
    return gain_words(row, now="" if is_new else value_words(row.held_feature, row.held))


def _room_gained(offer: Offer, *, facts: Facts) -> int:
    if offer.estimate is None:
        return 0
    standing = facts.standing
    return room_gained(
        before=room_for(standing.tier, seats=standing.licence.seats),
        after=room_for(offer.tier, seats=offer.estimate.seats),
        people=facts.situation.people,
    )


def _more_seats(count: int) -> list[str]:
    said = {"count": count_words(count)}
    return [ngettext("One more seat", "%(count)s more seats", count) % said] if count > 0 else []


def _does(
    offer: Offer, *, facts: Facts, held: Offer, reasons: Sequence[Reason], more_seats: int
) -> list[str]:
    found = [reason.change for reason in reasons]
    if more_seats < 0:
        said = {"count": count_words(-more_seats)}
        found.append(
            ngettext("Make do with one seat less.", "Make do with %(count)s seats less.", -more_seats) % said
        )
    if offer.relation != "held" and offer.estimate and offer.is_open:
        if not (facts.payer and facts.payer.has_card):
            found.append(_("Give a card, on Stripe’s own page. We never see its number."))
        if not found and offer.relation == "higher":
            found.append(_("Nothing. It is all there the moment it is paid."))
        empty = offer.estimate.seats - facts.situation.people
        if empty > 0:
            found.append(
                ngettext(
                    "If you like: invite one more person.",
                    "If you like: invite %(count)s more people.",
                    empty,
                )
                % {"count": small_number(empty)}
            )
    return found or [_("Nothing: everything stays as it is.") if offer is held else _("Nothing.")]


def _loss(row: Row) -> str:
    """What is left of it, and what there is now, as the quote says it."""
    if row.offered is NOT_INCLUDED or row.offered is False:
        left = _("%(feature)s: not included") % {"feature": feature_name(row.feature)}
    else:
        left = feature_words(row.feature, row.offered)
    if row.held is True:
        return left
    return _("%(left)s (now %(held)s)") % {"left": left, "held": value_words(row.held_feature, row.held)}
