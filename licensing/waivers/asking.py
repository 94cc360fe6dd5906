"""Asking for an exception: what is possible at all, and what one person may give alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as words

from licensing.eligibility import WAIVABLE
from licensing.entitlements import entitlements, is_better
from licensing.history import Actor
from licensing.licences import lock_customer
from licensing.models import Customer, Feature, Licence, Waiver
from licensing.money import charge_step
from licensing.promises import WORKING_DAYS
from licensing.reasons import Clause
from licensing.staff_words import grant_words
from licensing.standing import Standing, standing_of
from licensing.terms import FeatureTerms, storefront
from licensing.waivers.steps import granted, run_out, write_down
from licensing.waivers.threshold import ONCE_IN, Wish, credit_alone, why_approval

LONGEST = timedelta(days=366)

EXCEPTIONS = Clause(
    "exceptions",
    words(
        "Where something does not fit you, write to us: one of us may ask for an exception, and a larger one needs a "
        "colleague’s yes. That is answered within %(days)d working days from when it is asked for. It lasts a year at "
        "most. You are told when it is made, before it ends and when it has, and My plan says until when; then it is "
        "as before, and nothing you made is deleted. A credit is yours and does not run out. No exception is ever "
        "made against you."
    ),
    lambda _today: {"days": WORKING_DAYS},
)


class UnableToAsk(ValueError):
    """The exception is not a possible one, or there is one like it; nothing was written."""


def ask_for_waiver(
    *, customer: Customer, wish: Wish, reason: str, words: str, actor: Actor, at: datetime
) -> Waiver:
    """Ask for an exception. Up to the threshold it is granted at once; above it, it waits for `approve`.

    `reason` is for the history, `words` for the customer. At most one is open for the same thing. Raises UnableToAsk.
    """
    with transaction.atomic():
        lock_customer(customer.pk)
        run_out(Waiver.objects.filter(customer=customer), at=at)
        try:
            standing = standing_of(customer, at=at)
        except Licence.DoesNotExist:
            raise UnableToAsk("This organisation is closed and holds nothing.") from None
        _refuse_unless_possible(wish, standing)
        what = {
            "customer_id": customer.pk,
            "product_id": standing.licence.product_id,
            "kind": wish.kind,
            "feature_key": wish.feature_key,
            "rule_key": wish.rule_key,
            "tier_key": wish.tier_key,
            "currency": customer.currency if wish.kind == Waiver.Kind.PRICE else "",
        }
        if Waiver.objects.filter(**what, ended_at=None).exists():
            raise UnableToAsk(
                "A credit of theirs waits, for its approval or on its way to Stripe. Give the next one after it."
                if wish.kind == Waiver.Kind.PRICE
                else "There is one for this already. End it, or let it run its time."
            )
        needed = why_approval(wish, standing=standing, earlier=_made_alone(customer, kind=wish.kind, at=at))
        waiver = Waiver.objects.create(
            **what,
            value=wish.value,
            amount=wish.amount,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            reason=reason[:400],
            words=words[:200],
            asked_at=at,
            asked_by_id=actor.user_id,
            asked_by_words=actor.words[:160],
            needs_approval=bool(needed),
            granted_at=None if needed else at,
        )
        asked = {**_snapshot(waiver), "approval": needed or "not needed"}
        write_down(waiver, "waiver_asked", actor=actor, at=at, after=asked, reason=reason)
        if not needed:
            granted(waiver, actor=actor, at=at)
    return waiver


def value_without(standing: Standing, feature: FeatureTerms) -> Any:
    """What a customer may do of a feature when all that ends by itself is taken away."""
    lasting = replace(standing, trial=None, trial_edition=None, trial_tier=None, open_waivers=())
    return entitlements(lasting)[feature.key].value


def credit_room(standing: Standing, *, at: datetime) -> tuple[int, int]:
    """What one person may credit a customer alone in twelve months, and what of it is left; in minor units."""
    earlier = _made_alone(standing.customer, kind=Waiver.Kind.PRICE, at=at)
    return credit_alone(standing, earlier=()), credit_alone(standing, earlier=earlier)


def _snapshot(waiver: Waiver) -> dict[str, Any]:
    """What an event keeps of a waiver, as plain JSON values."""
    what = {
        "feature": waiver.feature_key,
        "rule": waiver.rule_key,
        "trial_of": waiver.tier_key,
    }
    return {
        "kind": waiver.kind,
        **{name: key for name, key in what.items() if key},
        **({"value": grant_words(waiver.value)} if waiver.kind == Waiver.Kind.LIMIT else {}),
        **({"credit": waiver.amount, "currency": waiver.currency} if waiver.amount else {}),
        **_days(waiver),
        "words": waiver.words,
    }


def _days(waiver: Waiver) -> dict[str, str]:
    """Of a credit only the question runs out."""
    ends_at = waiver.ends_at.isoformat()
    if waiver.kind == Waiver.Kind.PRICE:
        return {"unanswered_it_lapses": ends_at}
    return {"starts_at": waiver.starts_at.isoformat(), "ends_at": ends_at}


def _refuse_unless_possible(wish: Wish, standing: Standing) -> None:
    if wish.ends_at <= wish.starts_at or wish.starts_at < standing.at:
        raise UnableToAsk("It begins now or later, and ends after that.")
    if wish.lasts > LONGEST:
        raise UnableToAsk("An exception lasts a year at most. What should last belongs into a new edition.")
    if wish.kind == Waiver.Kind.LIMIT:
        _refuse_unless_more(wish, standing)
    elif wish.kind == Waiver.Kind.RULE:
        if wish.rule_key not in WAIVABLE:
            raise UnableToAsk("This rule is never waived.")
    elif wish.kind == Waiver.Kind.TRIAL:
        today = storefront()
        tier = today.edition.tier(wish.tier_key) if today else None
        if tier is None or not tier.trial_days or tier.rank <= standing.tier.rank:
            raise UnableToAsk("Only a higher tier that has a trial can be tried again.")
    elif wish.kind == Waiver.Kind.PRICE:
        step = charge_step(standing.customer.currency)
        if not wish.amount or not 0 < wish.amount < 2**53 or wish.amount % step:
            raise UnableToAsk("That is no amount that could be credited in their currency.")
    else:
        raise UnableToAsk("There is no such kind of exception.")


def _refuse_unless_more(wish: Wish, standing: Standing) -> None:
    feature, value = standing.edition.feature(wish.feature_key), wish.value
    if feature is None:
        raise UnableToAsk("Their terms have no such feature.")
    fits = {
        Feature.Kind.SWITCH: value is True,
        Feature.Kind.LIMIT: value is None or (type(value) is int and 0 <= value < 2**63),
        Feature.Kind.LEVEL: value in dict(feature.levels),
    }
    if not fits[Feature.Kind(feature.kind)]:
        levels = "; ".join(dict(feature.levels).values())
        raise UnableToAsk(f"That is no value of {feature.name}." + (f" It has {levels}." if levels else ""))
    if not is_better(feature, value, than=value_without(standing, feature)):
        raise UnableToAsk(f"They have as much of {feature.name} already.")


def _made_alone(customer: Customer, *, kind: str, at: datetime) -> list[Waiver]:
    return list(
        Waiver.objects.filter(customer=customer, kind=kind, needs_approval=False, granted_at__gt=at - ONCE_IN)
    )
