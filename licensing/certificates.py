"""The price lock of a paid licence, as something to file: what is held, at what price, since when and until what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from licensing.grandfathering import PRICE, Difference, differences
from licensing.history import subject_of
from licensing.models import Edition, Event, Licence
from licensing.standing import Standing
from licensing.sunsets.moving import HAS_MOVED, Move, move_of
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms, Storefront, TierTerms

KIND = "price-lock"


@dataclass(frozen=True)
class Certificate:
    """`kept` are the features that are better as held than as sold today; `shared` those that later editions gave more
    of, each with its value and the edition it came with; `leaving` those that an announced sunset takes, with the day;
    `move` the announced end of the edition.
    `content_hash` stands for all terms of the edition: it is the hash that the edition was published under. `number` is
    the licence's, `zone` the customer's. `paid_until` is the end of the last period that was paid for, `ends_at` when
    a cancelled licence ends.
    """

    vendor: str
    product: str
    customer: str
    number: int
    tier: TierTerms
    edition: EditionTerms
    published_at: datetime
    content_hash: str
    price: PriceTerms
    other_price: PriceTerms | None
    seats: int
    since: datetime
    paid_until: datetime
    ends_at: datetime | None
    kept: tuple[Difference, ...]
    shared: tuple[tuple[FeatureTerms, Any, EditionTerms], ...]
    leaving: tuple[tuple[FeatureTerms, datetime | None], ...]
    move: Move | None
    at: datetime
    zone: ZoneInfo

    @property
    def until(self) -> str:
        """Until what it holds, in a sentence."""
        if self.ends_at:
            return _(
                "Until the time that is paid for has run out, because it was cancelled. Until then that can be undone, "
                "and it holds as before."
            )
        if self.move and self.move.at:
            return _(
                "Until the day on which this edition ends, as it was announced. From then on the terms of %(after)s "
                "hold."
            ) % {"after": self.move.edition.name}
        if self.move:
            return _(
                "Until this edition ends, as it was announced: on a day that you will be told in time. Until then it "
                "holds unchanged."
            )
        return _(
            "For as long as you stay on this tier. Only a plan that is announced to you, after its full notice, can "
            "end it or take a feature from it."
        )

    @property
    def ended_by(self) -> tuple[str, ...]:
        """Everything that ends it."""
        return (
            _("Moving to another tier, higher or lower."),
            _(
                "Cancelling, once the time that is paid for has run out; until then it can be undone. An organisation "
                "can be closed only after that."
            ),
            _("A renewal that is still unpaid when the last attempt to collect it has failed."),
            _(
                "An announced plan to end this edition, after its full notice. A plan for a single feature ends that "
                "feature alone; the price and the rest stay."
            ),
        )

    @property
    def not_ended_by(self) -> tuple[str, ...]:
        """What people fear might end it, and does not."""
        return (
            _("A new edition of our terms, however many there will be."),
            _("Renewing before that day.") if self.move else _("Renewing, as often as you like."),
            _("More seats or fewer, at the same price a seat.")
            if self.price.per_seat
            else _("More seats or fewer."),
            *(
                [_("Changing between monthly and yearly payment, at the prices of this edition.")]
                if self.other_price
                else []
            ),
            _("A payment that comes late but comes."),
            _("Trying another tier, changing your card, or people who join and leave."),
        )


def certificate_of(standing: Standing, *, shop: Storefront) -> Certificate | None:
    """The price lock of a customer's live licence; None on a free tier, which has no price. Two queries."""
    held = standing.held
    if held is None:
        return None
    edition, tier, licence = standing.edition, standing.tier, standing.licence
    published_at, content_hash = Edition.objects.values_list("published_at", "content_hash").get(
        pk=edition.id
    )
    assert published_at is not None, "a licence is of a published edition"
    is_past_due = licence.state == Licence.State.PAST_DUE
    leaving = tuple(
        (feature, change.takes_effect_at)
        for change in standing.changes
        if change.is_announced and not change.is_done and (feature := edition.feature(change.feature_key))
    )
    leave = {feature.key for feature, _day in leaving}
    other = "month" if held.price.interval == "year" else "year"
    return Certificate(
        vendor=shop.product.vendor,
        product=shop.product.name,
        customer=standing.customer.name,
        number=licence.pk,
        tier=tier,
        edition=edition,
        published_at=published_at,
        content_hash=content_hash,
        price=held.price,
        other_price=tier.price(currency=held.price.currency, interval=other),
        seats=held.seats,
        since=locked_since(licence),
        paid_until=licence.period_start if is_past_due and licence.period_start else held.period_end,
        ends_at=held.period_end if licence.cancels_at_period_end else None,
        kept=tuple(
            one
            for one in differences(held=edition, today=shop.edition, tier_key=tier.key)
            if one.kind == "kept_better" and one.feature_key not in (PRICE, *leave)
        ),
        shared=tuple(
            (feature, tier.value(feature.key), standing.shared[feature.key])
            for feature in edition.features
            if feature.key in standing.shared and feature.key not in leave
        ),
        leaving=leaving,
        move=move_of(standing),
        at=standing.at,
        zone=standing.customer.zone,
    )


def locked_since(licence: Licence) -> datetime:
    """When the licence came onto the edition and tier that it is on now, as the history has it. One query."""
    return _since(licence, moved_by_us=True)


def chosen_since(licence: Licence) -> datetime:
    """When its owner came to what is held now, or to what an ended edition has turned into that. One query."""
    return _since(licence, moved_by_us=False)


def _since(licence: Licence, *, moved_by_us: bool) -> datetime:
    """`moved_by_us`: whether the end of an edition counts."""
    held = (licence.edition_id, licence.tier_id)
    events = Event.objects.filter(customer=licence.customer_id, subject=subject_of(licence))
    for kind, at, before, after in events.order_by("-pk").values_list("kind", "at", "before", "after"):
        if _terms(after) != held or _terms(before) == held:
            continue
        if moved_by_us or kind != HAS_MOVED:
            return at
        held = _terms(before)
    return licence.started_at


def statement_of(certificate: Certificate, *, keys_at: str, verify_at: str) -> dict[str, Any]:
    """What is signed: plain JSON values, complete in themselves. `keys_at` and `verify_at` are the addresses of our
    public keys, and of the page that verifies it.

    Moments are written in the customer's own time zone, so that everybody reads the same days; amounts are in minor
    units. A feature's value is true, a number, a level's key, "no limit" or "not included", as in the files that
    editions are written in.
    """
    price, edition = certificate.price, certificate.edition

    def moment(at: datetime) -> str:
        return at.astimezone(certificate.zone).isoformat(timespec="seconds")

    return {
        "keys_at": keys_at,
        "verify_at": verify_at,
        "issued_at": moment(certificate.at),
        "vendor": certificate.vendor,
        "product": certificate.product,
        "customer": certificate.customer,
        "licence": certificate.number,
        "tier": {"key": certificate.tier.key, "name": certificate.tier.name},
        "edition": {
            "key": edition.key,
            "name": edition.name,
            "published_at": moment(certificate.published_at),
            "sha256": certificate.content_hash,
        },
        "price": _price(price),
        "other_price": _price(certificate.other_price) if certificate.other_price else None,
        "seats": certificate.seats,
        "locked_since": moment(certificate.since),
        "paid_until": moment(certificate.paid_until),
        "holds_until": certificate.until,
        "edition_ends": _end(certificate.move, moment),
        "ended_by": list(certificate.ended_by),
        "not_ended_by": list(certificate.not_ended_by),
        "kept": [
            {
                **_described(one.feature),
                "held": plain(one.feature, one.held),
                "today": plain(one.feature, one.today),
            }
            for one in certificate.kept
            if one.feature is not None
        ],
        "shared": [
            {
                **_described(feature),
                "value": plain(feature, value),
                "since": {"key": since.key, "name": since.name},
            }
            for feature, value, since in certificate.shared
        ],
        "leaving": [
            {**_described(feature), "until": moment(day) if day else None}
            for feature, day in certificate.leaving
        ],
    }


def _end(move: Move | None, moment: Callable[[datetime], str]) -> dict[str, Any] | None:
    """The announced end of the edition: when, if there is a day, and what holds and is charged from then on."""
    if move is None:
        return None
    return {
        "at": moment(move.at) if move.at else None,
        "edition": {"key": move.edition.key, "name": move.edition.name},
        "price": _price(move.price) if move.price else None,
    }


def plain(feature: FeatureTerms | None, value: Any) -> Any:
    """A feature's value as the files of editions write it."""
    if value is NOT_INCLUDED:
        return "not included"
    return "no limit" if value is None and feature else value


def described(said: dict[str, Any]) -> FeatureTerms:
    """The feature that a statement describes, so that its value is worded as it is anywhere."""
    return FeatureTerms(
        key=said["feature"],
        name=said["name"],
        kind=said["kind"],
        group="",
        unit=said["unit"],
        monthly=said["monthly"],
        levels=tuple(said["levels"].items()),
        about="",
    )


def unplain(value: Any) -> Any:
    """The value that `plain` wrote."""
    return (
        {"not included": NOT_INCLUDED, "no limit": None}.get(value, value)
        if isinstance(value, str)
        else value
    )


def _described(feature: FeatureTerms) -> dict[str, Any]:
    return {
        "feature": feature.key,
        "name": feature.name,
        "kind": str(feature.kind),
        "unit": feature.unit,
        "monthly": feature.monthly,
        "levels": dict(feature.levels),
    }


def _terms(snapshot: dict[str, Any]) -> tuple[Any, Any]:
    return snapshot.get("edition"), snapshot.get("tier")


def _price(price: PriceTerms) -> dict[str, Any]:
    return {
        "amount": price.unit_amount,
        "currency": price.currency,
        "interval": price.interval,
        "per": "seat" if price.per_seat else "licence",
    }
