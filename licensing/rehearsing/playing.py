"""What a draft means for one customer: worked out by the very functions that answer the customer, before and after.

By publishing alone a licence keeps its edition: nothing of it changes but what the draft shares in. Beside that stands
what moving to the same tier of the draft would bring, for those who decide whether to ask anybody to move. What an
announced sunset is going to take goes either way: it is listed among what is lost, with the day of its announcement,
and counts neither as the draft's doing nor, where the draft gives more of it, as a gain.

Whose edition is announced to end moves on to another one, be the draft published or not. What that brings and takes is
listed too, as its doing; and the draft is compared with what they will hold, and pay, on that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from licensing.eligibility import change_reasons
from licensing.entitlements import Entitlement, entitlements
from licensing.models import Licence, NoticeRule, Rehearsed
from licensing.noticeclock import NoPolicy, NoticeClock
from licensing.rehearsing.comparing import Difference, compared, compared_seats, difference
from licensing.rehearsing.leaving import Ending, Plans, day_of, ending_of, leaving, moved_on
from licensing.rehearsing.promises import After, Before, broken
from licensing.rehearsing.reading import Facts
from licensing.rules.situation import Change, Situation
from licensing.rules.words import NOT_OFFERED, TOO_FEW_SEATS, TOO_MANY_SEATS
from licensing.sharing import lay_over, value_said_by
from licensing.standing import Standing, less_retired
from licensing.terms import NOT_INCLUDED, EditionTerms, TierTerms, edition_terms

Effect, Kind = Rehearsed.Effect, NoticeRule.Kind


@dataclass(frozen=True)
class Case:
    """What is the same for all who hold the same tier of the same edition. What is laid over it, a trial or an
    exception, ends on its day, and is laid aside: it would hide what the draft takes, or gives, of what lies under it.

    `then` is what an announced end of the edition makes of it, None where none is. `loses_by_moving` says whether the
    move to the draft itself would take anything on its day, be it leaving later or not.
    """

    now: Turn
    then: Turn | None
    ending: Ending | None
    target: TierTerms | None
    gained: list[Difference]
    lost: list[Difference]
    gained_if_moved: list[Difference]
    lost_if_moved: list[Difference]
    loses_by_moving: bool


@dataclass(frozen=True)
class Turn:
    """A tier of `edition`: `own` as it is, `tier` as it is once the draft is published; and what each entitles to."""

    edition: EditionTerms
    own: TierTerms
    tier: TierTerms
    before: Mapping[str, Entitlement]
    after: Mapping[str, Entitlement]


class Play:
    """One draft beside what is on sale, at one moment. Plays any number of customers without a query."""

    def __init__(
        self,
        *,
        draft: EditionTerms,
        today: EditionTerms,
        clock: NoticeClock,
        plans: Plans,
        at: datetime,
    ) -> None:
        self.draft, self.today, self.clock, self.plans, self.at = draft, today, clock, plans, at
        self._cases: dict[tuple[Any, ...], Case] = {}

    @cached_property
    def tier_keys(self) -> list[str]:
        """Every tier of today's and of the draft, lowest first."""
        return list(dict.fromkeys(tier.key for tier in (*self.today.tiers, *self.draft.tiers)))

    def customer(self, facts: Facts) -> dict[str, Any]:
        """The row of `Rehearsed` for one customer, but for the rehearsal."""
        standing = facts.standing
        case = self._case(standing)
        customer, licence, held = standing.customer, standing.licence, standing.held
        before = held.price.amount(licence.seats) if held else 0
        own = case.now.tier.price_by_id(licence.price_id)
        after = own.amount(licence.seats) if own else 0
        if_moved = _bill_if_moved(case.target, licence)
        moves_on = self._moves_on(case, standing)
        then = moves_on["bill"] if moves_on else before
        excepted = self._excepted(case, standing) if if_moved is not None else []
        lost_if_moved = [*case.lost_if_moved, *excepted]
        notices = self._notices(
            standing,
            rises=if_moved is not None and if_moved > before,
            loses=if_moved is not None and (case.loses_by_moving or bool(excepted)),
        )
        return {
            "customer_id": customer.pk,
            "held_edition": standing.edition.key,
            "held_tier": standing.tier.key,
            "currency": held.price.currency if held else customer.currency,
            "interval": held.price.interval if held else "",
            "seats": licence.seats,
            "cancelled": licence.cancels_at_period_end,
            "before": before,
            "after": after,
            "if_moved": if_moved,
            "effect": _effect(before, after, gained=case.gained, lost=case.lost),
            "moving": Effect.CLOSED.value
            if if_moved is None
            else _effect(then, if_moved, gained=case.gained_if_moved, lost=lost_if_moved),
            "gained": case.gained,
            "lost": case.lost,
            "gained_if_moved": case.gained_if_moved,
            "lost_if_moved": lost_if_moved,
            "flips": list(self._flips(facts)),
            "notices": notices,
            "earliest": max((notice["earliest"] for notice in notices), default=None),
            "promises": self._broken(case, facts, before=before, after=after),
            "moves_on": moves_on,
        }

    def _moves_on(self, case: Case, standing: Standing) -> dict[str, Any] | None:
        """Where the announced end of their edition takes them, when, and what they pay from then on."""
        if case.ending is None or case.then is None:
            return None
        day = day_of(standing, case.ending)
        return {
            "to": case.then.edition.key,
            "announced": case.ending.on,
            "on": day.astimezone(standing.customer.zone).isoformat() if day else None,
            "bill": _bill(case.then.own, standing.licence) or 0,
        }

    def _broken(self, case: Case, facts: Facts, *, before: int, after: int) -> list[list[str]]:
        """As they stand now, and as they will on the day on which an announced end moves them."""
        standing, now = facts.standing, self._situation(facts, self.today)
        found = broken(Before(now, case.now.before, before), After(case.now.after, after, self.draft))
        if case.ending and case.then:
            before, after = (_bill(tier, standing.licence) or 0 for tier in (case.then.own, case.then.tier))
            then = replace(now, standing=moved_on(standing, case.ending))
            found += broken(
                Before(then, case.then.before, before),
                After(case.then.after, after, self.draft),
            )
        return [list(each) for each in dict.fromkeys((key, words) for key, words in found)]

    def _case(self, standing: Standing) -> Case:
        """Worked out once for each tier that is held. What a sunset took is one customer's own."""
        ending = ending_of(standing, self.plans.endings)
        held = replace(standing, trial=None, trial_edition=None, trial_tier=None, open_waivers=())
        if standing.retired:
            return self._work_out(held, ending)
        key = (standing.edition.id, standing.tier.id, ending)
        if key not in self._cases:
            self._cases[key] = self._work_out(held, ending)
        return self._cases[key]

    def _excepted(self, case: Case, standing: Standing) -> list[Difference]:
        """What an exception gives of a feature that the draft does not know: moved, they would lose it at once."""
        listed = {each["feature"] for each in case.lost_if_moved}
        return [
            difference(Entitlement(feature, value_said_by(feature, waived.value), "waiver"), None)
            for waived in standing.waivers
            if (feature := standing.edition.feature(waived.feature_key)) is not None
            and self.draft.feature(feature.key) is None
            and feature.name not in listed
        ]

    def _work_out(self, standing: Standing, ending: Ending | None) -> Case:
        now = turn = self._turn(standing)
        go, goes = self._goes(standing)
        then, left = None, go
        gained_on: list[Difference] = []
        lost_on: list[Difference] = []
        if ending:
            then = turn = self._turn(moved_on(standing, ending))
            published = edition_terms(ending.replacement_id).tier_by_id(then.own.id)
            left = set(leaving(published, self.plans.features))
            gained_on, lost_on = (
                [{**each, "sunset": ending.on, "ends": standing.edition.key} for each in found]
                for found in compared(_less(now.before, go), _less(then.before, left))
            )
        gained, _lost = compared(_less(turn.before, left), _less(turn.after, left))
        _gained, lost = compared(turn.before, turn.after)
        target, loses_by_moving = self.draft.tier(standing.tier.key), False
        gained_there: list[Difference] = []
        lost_there: list[Difference] = []
        if target is not None:
            moved = entitlements(replace(standing, edition=self.draft, tier=target, newest_id=self.draft.id))
            goes_there = left | leaving(target, self.plans.features).keys()
            gained_there, lost_there = compared(_less(turn.before, left), _less(moved, goes_there))
            more_seats, fewer_seats = compared_seats(turn.edition, self.draft, target.key)
            gained_there = [*gained_there, *more_seats, *gained_on]
            lost_there = [*lost_there, *fewer_seats, *lost_on, *goes]
            loses_by_moving = bool(
                compared(now.before, moved)[1] or compared_seats(now.edition, self.draft, target.key)[1]
            )
        return Case(
            now=now,
            then=then,
            ending=ending,
            target=target,
            gained=[*gained, *gained_on],
            lost=[*lost, *lost_on, *goes],
            gained_if_moved=gained_there,
            lost_if_moved=lost_there,
            loses_by_moving=loses_by_moving,
        )

    def _turn(self, standing: Standing) -> Turn:
        """`standing` as it is, and with the draft's shared features laid over its edition."""
        laid_over = lay_over(standing.edition, [self.draft]).terms
        edition = less_retired(laid_over, standing.tier.id, standing.changes)
        tier = edition.tier_by_id(standing.tier.id)
        return Turn(
            edition=standing.edition,
            own=standing.tier,
            tier=tier,
            before=entitlements(standing),
            after=entitlements(replace(standing, edition=edition, tier=tier)),
        )

    def _goes(self, standing: Standing) -> tuple[set[str], list[Difference]]:
        """What announced sunsets of features are still going to take from the held tier: the keys, and as losses."""
        held = edition_terms(standing.licence.edition_id).tier_by_id(standing.tier.id)
        go = {
            key: on
            for key, on in leaving(held, self.plans.features).items()
            if standing.tier.value(key) is not NOT_INCLUDED
        }
        losses = [
            {**difference(Entitlement(feature, standing.tier.value(feature.key), "tier"), None), "sunset": on}
            for feature in standing.edition.features
            if (on := go.get(feature.key))
        ]
        return set(go), losses

    def _flips(self, facts: Facts) -> Any:
        """For each tier but the held one: which rules begin or cease to stand in the way, as the customer is now, and
        whether it opens or closes by that or stays closed.
        """
        standing = facts.standing
        for key in self.tier_keys:
            if key == standing.tier.key:
                continue
            now, then = (self._in_the_way(facts, edition, key) for edition in (self.today, self.draft))
            if now != then:
                turn = "closes" if not now else "stays" if then else "opens"
                yield {"tier": key, "turn": turn, "appear": sorted(then - now), "go": sorted(now - then)}

    def _in_the_way(self, facts: Facts, edition: EditionTerms, tier_key: str) -> set[str]:
        tier = edition.tier(tier_key)
        if tier is None:
            return {NOT_OFFERED}
        standing = facts.standing
        change = Change(tier, edition, standing.licence.seats, standing.interval)
        reasons = change_reasons(self._situation(facts, edition), change)
        return {_which_way(reason.rule, change) for reason in reasons}

    @staticmethod
    def _situation(facts: Facts, edition: EditionTerms) -> Situation:
        return Situation(standing=facts.standing, today=edition, people=facts.people, usage=facts.usage)

    def _notices(self, standing: Standing, *, rises: bool, loses: bool) -> list[dict[str, Any]]:
        """What would have to be said before the customer could be moved, and from when on they could be."""
        kinds = [kind for kind, owed in ((Kind.PRICE_RISE, rises), (Kind.FEATURE_LOSS, loses)) if owed]
        return [notice for kind in kinds if (notice := self._notice(kind.value, standing))]

    def _notice(self, kind: str, standing: Standing) -> dict[str, Any] | None:
        customer = standing.customer
        try:
            first = self.clock.earliest(
                kind=kind, country=customer.country, zone=customer.zone, told_at=self.at
            )
        except NoPolicy:
            return None
        return {"kind": kind, "days": first.days, "earliest": first.at.isoformat()}


def _which_way(rule: str, change: Change) -> str:
    """The rule; of seats that a tier does not take, whether they are too few or too many for it."""
    if rule != "seats-fit-tier":
        return rule
    return TOO_FEW_SEATS if change.seats < change.tier.min_seats else TOO_MANY_SEATS


def _bill(tier: TierTerms | None, licence: Licence) -> int | None:
    """What `licence` would cost an interval on `tier`, paid as it is now; None where it could not be had so."""
    if tier is None:
        return None
    price = licence.price and tier.price(currency=licence.price.currency, interval=licence.price.interval)
    return price.amount(licence.seats) if price else 0 if tier.is_free else None


def _bill_if_moved(tier: TierTerms | None, licence: Licence) -> int | None:
    """The same for whoever is asked to move: nobody can, with more or fewer seats than the tier takes."""
    can_move = tier is not None and (tier.is_free or tier.takes(licence.seats))
    return _bill(tier, licence) if can_move else None


def _less(entitled: Mapping[str, Entitlement], keys: set[str]) -> dict[str, Entitlement]:
    """What is entitled, without these features."""
    return {key: one for key, one in entitled.items() if key not in keys}


def _effect(before: int, after: int, *, gained: Sequence[Difference], lost: Sequence[Difference]) -> str:
    """What the draft does. What a sunset takes, or brings, is not its doing."""
    worse, better = (
        any("sunset" not in each for each in lost) or after > before,
        any("sunset" not in each for each in gained) or after < before,
    )
    if worse:
        return (Effect.MIXED if better else Effect.WORSE).value
    return (Effect.BETTER if better else Effect.NONE).value
