"""The tiers side by side: what each costs, and feature by feature what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel.lists import format_list
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from licensing.offers import Offer, Row, rows_between
from licensing.reasons import Reason
from licensing.terms import NOT_INCLUDED, FeatureTerms
from portal.pages.reasons import telling
from portal.pages.values import NOTHING, feature_name, short_money
from portal.reader import reader_locale
from portal.templatetags.words import money, value_cell

Pair = tuple[int, int]  # the ids of an edition and of one of its tiers


@dataclass(frozen=True)
class Column:
    """One tier. `mark`: "yours", "chosen" or empty; `head`: a word on its terms; `due`: empty where it is not open."""

    key: str
    name: str
    mark: str
    is_chosen: bool
    head: str
    due: str
    then: str


@dataclass(frozen=True)
class FeatureRow:
    """One feature across all tiers. `change` is what the chosen tier does with it, a word of `Row.change`. `cells` are
    rendered: what each tier gives, marked as its column is and by what would change.
    """

    key: str
    name: str
    change: str
    cells: SafeString


@dataclass(frozen=True)
class Closed:
    """Tiers that are not open now for the same reasons, in a sentence, and the reasons."""

    sentence: str
    reasons: list[Reason]


def columns(offers: Sequence[Offer], *, held: Offer, chosen: Offer) -> list[Column]:
    """Each tier, lowest first, as it is offered."""
    return [
        Column(
            key=offer.tier.key,
            name=offer.tier.name,
            mark=_mark(_pair(offer), held=_pair(held), chosen=_pair(chosen)),
            is_chosen=offer is chosen,
            head=_head(offer, held=held),
            due=_due(offer, held=held),
            then=_then(offer),
        )
        for offer in offers
    ]


def feature_rows(offers: Sequence[Offer], *, held: Offer, chosen: Offer) -> tuple[FeatureRow, ...]:
    """Every feature, in the order of the chosen tier's terms."""
    return _feature_rows(
        tuple(_pair(offer) for offer in offers),
        _pair(held),
        _pair(chosen),
        held.situation.standing.newest_id,
        held.situation.standing.retired,
        reader_locale(),
        get_language(),
    )


def closed(offers: Sequence[Offer], *, said: Sequence[Reason], role: str) -> list[Closed]:
    """Why these tiers are not open, each reason once: not again what was `said`, and together what several share."""
    concerned: dict[Reason, list[str]] = {}
    for offer in offers:
        for reason in telling(offer.reasons, role=role):
            if reason not in said:
                concerned.setdefault(reason, []).append(offer.tier.name)
    together: dict[tuple[str, ...], list[Reason]] = {}
    for reason, names in concerned.items():
        together.setdefault(tuple(names), []).append(reason)
    return [Closed(_not_open(names), reasons) for names, reasons in together.items()]


def _not_open(names: Sequence[str]) -> str:
    said = {"tier": names[0], "tiers": format_list(names, locale=reader_locale())}
    return ngettext("%(tier)s is not open to you now", "%(tiers)s are not open to you now", len(names)) % said


# Of published terms, which never change, this is always the same for readers of one locale and language.
@lru_cache(maxsize=512)
def _feature_rows(
    offered: tuple[Pair, ...],
    held: Pair,
    chosen: Pair,
    newest_id: int,
    retired: tuple[str, ...],
    _locale: str,
    _language: str,
) -> tuple[FeatureRow, ...]:
    marks = [_mark(pair, held=held, chosen=chosen) for pair in offered]
    by_key = [
        {row.feature.key: row for row in rows_between(*held, *pair, newest_id=newest_id, retired=retired)}
        for pair in offered
    ]
    return tuple(
        FeatureRow(
            key=row.feature.key,
            name=feature_name(row.feature),
            change=row.change,
            cells=format_html_join(
                "\n",
                '<td role="cell" class="{} {}">{}</td>',
                [
                    (mark, *_cell(rows.get(row.feature.key), row.feature))
                    for rows, mark in zip(by_key, marks, strict=True)
                ],
            ),
        )
        for row in rows_between(*held, *chosen, newest_id=newest_id, retired=retired)
    )


def _cell(row: Row | None, feature: FeatureTerms) -> tuple[str, str]:
    """What changes, and what is given. No row: a feature that the offer's terms do not know."""
    if row is None:
        return "without", value_cell(NOT_INCLUDED, feature)
    return row.change, value_cell(row.offered, row.feature)


def _pair(offer: Offer) -> Pair:
    return offer.edition.id, offer.tier.id


def _mark(pair: Pair, *, held: Pair, chosen: Pair) -> str:
    return "yours" if pair == held else "chosen" if pair == chosen else ""


def _head(offer: Offer, *, held: Offer) -> str:
    if offer is held:
        return _("yours, %(edition)s") % {"edition": offer.edition.name}
    if offer.tier.is_free:
        return _("free")
    currency = offer.situation.standing.customer.currency
    price = offer.tier.price(currency=currency, interval=offer.change.interval)
    if price is None:
        return _("not sold so")
    amount = short_money(price.unit_amount, price.currency)
    return _("%(amount)s a seat") % {"amount": amount} if price.per_seat else amount


def _due(offer: Offer, *, held: Offer) -> str:
    if offer.is_open and offer.estimate:
        return money(offer.estimate.due, offer.estimate.currency)
    return NOTHING if offer is held else ""


def _then(offer: Offer) -> str:
    if offer.estimate:
        return money(offer.estimate.next_charge, offer.estimate.currency)
    return _("nothing") if offer.tier.is_free else NOTHING
