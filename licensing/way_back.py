"""Whether somebody who leaves their tier could come back to it, with all that they use now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from licensing.rules.fitting import Over, without_room
from licensing.standing import Standing
from licensing.terms import EditionTerms
from licensing.usage import Usage


@dataclass(frozen=True)
class WayBack:
    """`is_sold`: whether the tier is sold still; `over`: what is in use that it would have no room for; `most_seats`:
    how many it takes, where the team is more.
    """

    is_sold: bool = True
    over: tuple[Over, ...] = ()
    most_seats: int | None = None


def way_back(standing: Standing, *, people: int, usage: Mapping[str, Usage], today: EditionTerms) -> WayBack:
    """The way back to the held tier as `today` sells it. Back to a free tier leads cancelling, which is open always.

    Whoever stays may have more than their tier holds, as after a trial; whoever comes back may not.
    """
    if standing.tier.is_free:
        return WayBack()
    tier = today.tier(standing.tier.key)
    if tier is None:
        return WayBack(is_sold=False)
    is_waived = any(waiver.rule_key == "usage-fits" for waiver in standing.waivers)
    return WayBack(
        over=() if is_waived else tuple(without_room(usage, tier=tier, edition=today)),
        most_seats=tier.max_seats if tier.max_seats is not None and people > tier.max_seats else None,
    )
