"""What stands around a quote: the terms it is of, what was held before, the quote it replaces, and a newer one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F

from billing.models import Order, Quote
from licensing.history import subject_of
from licensing.models import Event
from licensing.sharing import in_force, publications
from licensing.standing import Standing
from licensing.terms import EditionTerms
from portal.pages.quote_sums import Held


def edition_of(quote: Quote, standing: Standing) -> EditionTerms:
    """The quoted tier's edition as it is in force: for the held tier as it is held."""
    if quote.tier.edition_id == standing.edition.id:
        return standing.edition
    return in_force(quote.tier.edition_id, newest_id=standing.newest_id).terms


def held_before(quote: Quote, order: Order | None, standing: Standing) -> Held | None:
    """The licence as it is; once settled, as the history says it was. None where that is not known any more."""
    licence = standing.licence
    if order is None or order.state != Order.State.SETTLED:
        if (quote.licence_id, quote.licence_version) != (licence.pk, licence.version):
            return None
        interval = licence.price.interval if licence.price else None
        return Held(standing.edition, standing.tier, licence.seats, interval)
    moved = (
        Event.objects.filter(
            customer_id=quote.customer_id,
            subject=subject_of(quote.licence),
            at__gte=order.accepted_at,
            after__price=quote.price_id,
            after__seats=quote.seats,
        )
        .order_by("at", "pk")
        .first()
    )
    if moved is None:
        return None
    newest_id = publications().newest(licence.product_id, at=moved.at)
    edition = in_force(moved.before["edition"], newest_id=newest_id).terms
    tier = edition.tier_by_id(moved.before["tier"])
    price = tier.price_by_id(moved.before["price"])
    return Held(edition, tier, moved.before["seats"], price.interval if price else None)


def replaced_by(quote: Quote, instead_of: str) -> Quote | None:
    """The earlier quote that `instead_of` names; None where it names none of the same customer's."""
    try:
        earlier = UUID(instead_of)
    except ValueError:
        return None
    theirs = Quote.objects.filter(customer_id=quote.customer_id, quoted_at__lte=quote.quoted_at)
    return theirs.filter(pk=earlier).exclude(pk=quote.pk).first()


def newer_than(quote: Quote, *, at: datetime) -> Quote | None:
    """The newest quote for the same change that can still be accepted."""
    same = Quote.objects.filter(customer_id=quote.customer_id, price_id=quote.price_id, seats=quote.seats)
    later = same.filter(quoted_at__gte=quote.quoted_at, expires_at__gt=at, order=None)
    return (
        later.filter(licence_version=F("licence__version"))
        .exclude(pk=quote.pk)
        .order_by("-quoted_at")
        .first()
    )
