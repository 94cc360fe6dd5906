"""The price-lock certificate as a page, and what a signed one says that somebody shows us."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from licensing.certificates import KIND, Certificate, certificate_of, described, unplain
from licensing.signing import Verified
from licensing.standing import Standing
from licensing.terms import NOT_INCLUDED, PriceTerms, Storefront
from portal.pages.promises import Promise, held_words, price_words, since_words, today_words
from portal.pages.values import feature_name, feature_words, value_words
from portal.templatetags.words import day, number


@dataclass(frozen=True)
class CertificatePage:
    """`certificate` is None on a free tier; then the page says what is promised instead."""

    standing: Standing
    certificate: Certificate | None
    kept: tuple[Promise, ...]
    shared: tuple[Promise, ...]
    leaving: tuple[Promise, ...]

    @property
    def price(self) -> str:
        assert self.certificate is not None
        return price_words(self.certificate.price)

    @property
    def other_price(self) -> str:
        assert self.certificate is not None
        other = self.certificate.other_price
        return price_words(other) if other else ""

    @property
    def price_after(self) -> str:
        """What it costs from the announced end of the edition on; empty where none is announced, or it has no day."""
        move = self.certificate.move if self.certificate and not self.certificate.ends_at else None
        return price_words(move.price) if move and move.at and move.price else ""


def certificate_page(standing: Standing, *, shop: Storefront) -> CertificatePage:
    certificate = certificate_of(standing, shop=shop)
    kept = certificate.kept if certificate else ()
    shared = certificate.shared if certificate else ()
    return CertificatePage(
        standing=standing,
        certificate=certificate,
        kept=tuple(Promise(held_words(one), today_words(one, today=shop.edition)) for one in kept),
        shared=tuple(
            Promise(feature_words(feature, value), since_words(since.name))
            for feature, value, since in shared
        ),
        leaving=tuple(
            Promise(feature_name(feature), leaving_words(until))
            for feature, until in (certificate.leaving if certificate else ())
        ),
    )


def leaving_words(until: datetime | date | None) -> str:
    """In a few words, when a feature leaves."""
    return _("until %(day)s") % {"day": day(until)} if until else _("to leave; no day yet")


@dataclass(frozen=True)
class Shown:
    """A certificate that somebody shows: its verdict, and what it says, in words and as it is.

    `facts` is empty where it is signed by us and is no certificate, or says what no certificate of ours would.
    """

    verified: Verified
    facts: list[tuple[str, str]]
    sentences: list[tuple[str, list[str]]]

    @property
    def text(self) -> str:
        return json.dumps(self.verified.statement, ensure_ascii=False, indent=2)


def shown(verified: Verified) -> Shown:
    """Of what is not signed by us anything may be wrong, so it is read with care."""
    if verified.kind != KIND:
        return Shown(verified, [], [])
    try:
        return Shown(verified, _facts(verified.statement), _sentences(verified.statement))
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return Shown(verified, [], [])


def _facts(said: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("Customer"), str(said["customer"])),
        (_("Product"), _("%(product)s by %(vendor)s") % said),
        (
            _("Tier"),
            _("%(tier)s of %(edition)s") % {"tier": said["tier"]["name"], "edition": said["edition"]["name"]},
        ),
        (_("Price"), _("%(price)s, before tax") % {"price": _price(said)}),
        (_("Seats"), number(int(said["seats"]))),
        (_("Locked since"), day(_day(said["locked_since"]))),
        (_("Issued on"), day(_day(said["issued_at"]))),
        (_("Holds"), str(said["holds_until"])),
        *_end(said.get("edition_ends")),
    ]


def _end(said: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The announced end of the edition; certificates of before say nothing of it."""
    if not said or not said["at"]:
        return []
    ends = _("%(day)s; then %(edition)s") % {"day": day(_day(said["at"])), "edition": said["edition"]["name"]}
    price = [
        (_("Price from then on"), _("%(price)s, before tax") % {"price": price_words(_terms(said["price"]))})
    ]
    return [(_("Edition ends"), ends), *(price if said["price"] else [])]


def _price(said: dict[str, Any]) -> str:
    """As the certificate's own page words it."""
    price, other = said["price"], said["other_price"]
    if other is None:
        return price_words(_terms(price))
    return _("%(price)s (or %(other)s, whenever you like)") % {
        "price": price_words(_terms(price)),
        "other": price_words(_terms(other)),
    }


def _terms(said: dict[str, Any]) -> PriceTerms:
    return PriceTerms(
        0,
        str(said["currency"]),
        str(said["interval"]),
        int(said["amount"]),
        per_seat=said["per"] == "seat",
        lookup_key="",
    )


def _sentences(said: dict[str, Any]) -> list[tuple[str, list[str]]]:
    kept = [_with_note(_value(one, one["held"]), _on_that_day(one)) for one in said["kept"]]
    shared = [
        _with_note(_value(one, one["value"]), since_words(str(one["since"]["name"])))
        for one in said["shared"]
    ]
    leaving = [
        _with_note(feature_name(described(one)), leaving_words(_day(one["until"]) if one["until"] else None))
        for one in said["leaving"]
    ]
    return [
        (_("Kept, better than the terms sold on that day"), kept),
        (_("Given on top by later editions"), shared),
        (_("Leaves, as announced"), leaving),
        (_("What ends it"), [str(one) for one in said["ended_by"]]),
        (_("What does not end it"), [str(one) for one in said["not_ended_by"]]),
    ]


def _value(one: dict[str, Any], value: Any) -> str:
    return feature_words(described(one), unplain(value))


def _on_that_day(one: dict[str, Any]) -> str:
    today = unplain(one["today"])
    if today is NOT_INCLUDED:
        return _("not in that tier on that day")
    return _("on that day %(value)s") % {"value": value_words(described(one), today)}


def _with_note(words: str, note: str) -> str:
    return f"{words} ({note})"


def _day(moment: Any) -> date:
    """The day that the statement itself names, in whatever time zone it was written."""
    return datetime.fromisoformat(moment).date()
