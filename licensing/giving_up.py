"""What somebody gives up for good by leaving the terms they hold. Nobody does so without having agreed to it.

Every function that lets go of a licence's terms asks here, so that no door can forget to.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.grandfathering import PRICE, Difference, differences
from licensing.reasons import Example, Reason, Rule
from licensing.rules.example import TEAM
from licensing.standing import Standing
from licensing.terms import EditionTerms


class NotAgreed(Exception):
    """Something would be given up, and nobody has agreed to that; nothing was done. `given_up` says what."""

    def __init__(self, reason: Reason, given_up: Sequence[Difference]) -> None:
        super().__init__(reason.text)
        self.reason = reason
        self.given_up = tuple(given_up)


def given_up(standing: Standing, *, today: EditionTerms) -> tuple[Difference, ...]:
    """What of the held terms would not come back, if the customer left them and returned to what `today` says of the
    same tier: a lower price, more of a feature. Empty where nothing is better as held.
    """
    if standing.edition.id == today.id:
        return ()
    found = differences(
        held=standing.edition,
        today=today,
        tier_key=standing.tier.key,
        currency=standing.customer.currency,
        interval=standing.licence.price.interval if standing.licence.price else None,
    )
    return tuple(one for one in found if one.kind == "kept_better")


def ask_whether_agreed(given_up: Sequence[Difference], *, agreed: bool) -> None:
    """Raise NotAgreed where something is given up and nobody has agreed to that."""
    if reason := is_agreed_to(given_up, agreed):
        raise NotAgreed(reason, given_up)


def is_agreed_to(given_up: Sequence[Difference], agreed: bool) -> Reason | None:
    if agreed or not given_up:
        return None
    return Reason(
        "giving-up-is-agreed",
        _("This gives up terms that you hold and that are sold no longer. Nothing was changed."),
        _("Look at what they are, and tick that you know."),
    )


def keys_of(given_up: Sequence[Difference]) -> list[str]:
    """What was given up, for the history: "price", or features' keys."""
    return [one.feature_key for one in given_up]


_PRICE = Difference(PRICE, "Price", TEAM.prices[0], TEAM.prices[0], "kept_better")

GIVING_UP = Rule(
    "giving-up-is-agreed",
    words(
        "Where a step gives up a price or a feature of an earlier edition that is better than today’s, the page says "
        "first what you lose, and the step is taken only once you have ticked that you know. Where nothing is given "
        "up, there is nothing to tick."
    ),
    check=is_agreed_to,
    examples=(
        Example(
            words("You hold Team at an earlier, lower price, and press “Pay” without the tick"),
            lambda: ([_PRICE], False),
            "This gives up terms that you hold and that are sold no longer. Nothing was changed.",
        ),
        Example(words("The same with the tick"), lambda: ([_PRICE], True)),
        Example(words("You hold today’s terms"), lambda: ([], False)),
    ),
)
