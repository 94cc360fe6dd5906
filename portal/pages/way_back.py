"""What is said before a step that could not be taken back."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.rules.fitting import Over
from licensing.standing import Standing
from licensing.terms import EditionTerms
from licensing.usage import Usage
from licensing.way_back import way_back
from portal.pages.values import count_words


def no_way_back(standing: Standing, *, people: int, usage: Mapping[str, Usage], today: EditionTerms) -> str:
    """Why the customer could not come back to the tier they hold, as `today` sells it; empty where they could.

    `people` counts members and open invitations.
    """
    found, tier = way_back(standing, people=people, usage=usage, today=today), standing.tier.name
    if not found.is_sold:
        return _("%(tier)s is sold no longer: you could not come back.") % {"tier": tier}
    sentences = [_over(one, tier=tier) for one in found.over]
    if found.most_seats is not None:
        said = {"people": people, "tier": tier, "count": found.most_seats}
        sentences.append(
            ngettext(
                "You are %(people)d people; %(tier)s, as it is sold today, has at most one seat.",
                "You are %(people)d people; %(tier)s, as it is sold today, has at most %(count)d seats.",
                found.most_seats,
            )
            % said
        )
    if not sentences:
        return ""
    return " ".join([*sentences, _("As it stands you could not come back.")])


def _over(over: Over, *, tier: str) -> str:
    return _("You use %(used)s %(unit)s; %(tier)s, as it is sold today, has room for %(room)s.") % {
        "used": count_words(over.used),
        "unit": over.feature.unit_of(over.used),
        "tier": tier,
        "room": count_words(over.room),
    }
