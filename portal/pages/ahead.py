"""What is announced to a customer, in a sentence each, for pages that do not tell all of it: My plan does."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from licensing.standing import Standing
from licensing.sunsets.moving import move_of
from portal.pages.planned import planned
from portal.pages.price_steps import step_words
from portal.pages.values import per_interval
from portal.templatetags.words import day, money


def announced_words(standing: Standing, *, with_move: bool = True) -> list[str]:
    """What leaves, and the end of the held edition with what is paid from then on before tax, as it was told. No query
    once a process knows the sunsets. `with_move`: whether that end is said here, and not beside it.
    """
    return [*_leaving(standing), *(_moving(standing) if with_move else ())]


def _leaving(standing: Standing) -> Iterator[str]:
    for one in planned(standing):
        if one.when is not None and not one.is_done:
            said = {"day": day(one.when), "name": one.name, "tier": standing.tier.name}
            yield _("On %(day)s, %(name)s leaves your %(tier)s.") % said


def _moving(standing: Standing) -> Iterator[str]:
    move = None if standing.licence.cancels_at_period_end else move_of(standing)
    if move is None or move.at is None:
        return
    said = {"day": day(move.at), "tier": standing.tier.name, "edition": move.edition.name}
    if move.price is None:
        yield _("On %(day)s, your %(tier)s moves to the terms of %(edition)s.") % said
        return
    seats, held = standing.licence.seats, standing.held.price if standing.held else None
    before, after = held.amount(seats) if held else 0, move.price.amount(seats)
    said["amount"] = money(after, move.price.currency)
    said["each"] = per_interval(move.price.interval)
    if before == after:
        words = _(
            "On %(day)s, your %(tier)s moves to the terms of %(edition)s, for %(amount)s %(each)s before tax."
        )
    else:
        said["step"] = step_words(move.price, before=before, after=after)
        words = _(
            "On %(day)s, your %(tier)s moves to the terms of %(edition)s, for %(amount)s %(each)s before tax: %(step)s."
        )
    yield words % said
