"""A member who may not spend asks those who may: could we have this tier? They answer yes, or no with words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.history import Actor, entry, record, subject_of
from licensing.licences import lock_customer
from licensing.models import Customer, Event, UpgradeRequest
from licensing.names import plain_lines
from licensing.notices import owe
from licensing.reasons import Example, Reason, Rule
from licensing.rules.example import BUSINESS
from licensing.standing import standing_of
from licensing.terms import TierTerms, storefront

REFUSED = "upgrade_request_refused"


class UnableToAsk(Exception):
    """There is nothing to ask for; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


@dataclass(frozen=True)
class Question:
    """A request as people read it: the tier by its name today, and the words that came with a no."""

    request: UpgradeRequest
    tier_name: str
    words: str = ""


def tiers_to_ask_for(customer: Customer, *, at: datetime) -> list[TierTerms]:
    """Today's tiers above the one that is held; none before anything is on sale."""
    shop = storefront()
    if shop is None:
        return []
    held = standing_of(customer, at=at).tier
    return [tier for tier in shop.edition.tiers if tier.rank > held.rank and tier.key != held.key]


def ask_for_upgrade(
    *, customer: Customer, asked_by: Any, tier_key: str, note: str, at: datetime
) -> UpgradeRequest:
    """Put the question to the owners and owe them the mail. Raises UnableToAsk."""
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        tier = next((tier for tier in tiers_to_ask_for(customer, at=at) if tier.key == tier_key), None)
        _refuse(is_above(tier))
        assert tier is not None, "the rule asks for it"
        waiting = customer.upgrade_requests.filter(asked_by=asked_by, tier_key=tier_key, answered_at=None)
        _refuse(asked_once(tier.name, waiting.exists()))
        request = UpgradeRequest.objects.create(
            customer=customer, asked_by=asked_by, tier_key=tier_key, note=plain_lines(note), asked_at=at
        )
        record(
            entry(
                customer=customer,
                kind="upgrade_requested",
                subject=request,
                at=at,
                actor=Actor.person(asked_by),
                after={"tier": tier_key},
                reason=request.note,
            )
        )
        owe(
            customer=customer,
            kind="upgrade_request",
            subject=request,
            at=at,
            facts={"tier": tier.name, "tier_key": tier_key, "asked_by": str(asked_by), "note": request.note},
        )
    return request


def answer_request(
    *, request: UpgradeRequest, granted: bool, by: Any, at: datetime, words: str = ""
) -> UpgradeRequest:
    """Answer yes or no, once, and owe the one who asked the answer. A second answer changes nothing.

    A yes is a word, not a purchase: the licence moves when somebody who may spend accepts a quote.
    """
    words = plain_lines(words)
    with transaction.atomic():
        lock_customer(request.customer_id)
        request = UpgradeRequest.objects.select_for_update().get(pk=request.pk)
        if request.answered_at:
            return request
        request.answered_at, request.answered_by, request.granted = at, by, granted
        request.save(update_fields=["answered_at", "answered_by", "granted"])
        record(
            entry(
                customer=request.customer_id,
                kind="upgrade_request_granted" if granted else REFUSED,
                subject=request,
                at=at,
                actor=Actor.person(by),
                after={"tier": request.tier_key},
                reason=words,
            )
        )
        owe(
            customer=request.customer_id,
            kind="upgrade_answer",
            subject=request,
            at=at,
            facts={"tier_key": request.tier_key, "granted": granted, "answered_by": str(by), "words": words},
        )
    return request


def open_questions(customer: Customer) -> list[Question]:
    """The questions that wait for an answer, oldest first. Two queries."""
    waiting = customer.upgrade_requests.filter(answered_at=None).select_related("asked_by")
    names = _tier_names()
    return [
        Question(one, names.get(one.tier_key, one.tier_key)) for one in waiting.order_by("asked_at", "pk")
    ]


def questions_of(customer: Customer, *, asked_by: Any) -> list[Question]:
    """What one person asked for lately, newest first, each with the words of a no. Three queries."""
    asked = list(customer.upgrade_requests.filter(asked_by=asked_by).order_by("-asked_at", "-pk")[:5])
    words = dict(
        Event.objects.filter(
            customer=customer, kind=REFUSED, subject__in=[subject_of(request) for request in asked]
        ).values_list("subject", "reason")
    )
    names = _tier_names()
    return [
        Question(one, names.get(one.tier_key, one.tier_key), words.get(subject_of(one), "")) for one in asked
    ]


def is_above(tier: TierTerms | None) -> Reason | None:
    """`tier`: the one asked for, if it is among those above the tier that is held."""
    if tier is not None:
        return None
    return Reason(
        "higher-tier",
        _("That is not a tier above yours."),
        _("Choose one of those on today’s price list."),
    )


def asked_once(name: str, waits: bool) -> Reason | None:
    """`waits`: whether a question for the tier `name` has no answer yet."""
    if not waits:
        return None
    return Reason(
        "asked-once",
        _("You have asked for %(name)s already.") % {"name": name},
        _("An owner will see it on the team page."),
    )


def _refuse(reason: Reason | None) -> None:
    if reason:
        raise UnableToAsk(reason)


def _tier_names() -> dict[str, str]:
    shop = storefront()
    return {tier.key: tier.name for tier in shop.edition.tiers} if shop else {}


ASKING_RULES: list[Rule] = [
    Rule(
        "higher-tier",
        words("A member asks for a tier above the one you have."),
        check=is_above,
        examples=(
            Example(
                words("You have the highest tier, and ask for one that is not sold"),
                lambda: (None,),
                "That is not a tier above yours.",
            ),
            Example(words("You have Team, and ask for Business"), lambda: (BUSINESS,)),
        ),
    ),
    Rule(
        "asked-once",
        words("One question for one tier, until it is answered."),
        check=asked_once,
        examples=(
            Example(
                words("You asked for Business yesterday, and nobody has answered"),
                lambda: ("Business", True),
                "You have asked for Business already.",
            ),
            Example(words("You were answered, and ask again"), lambda: ("Business", False)),
        ),
    ),
]
