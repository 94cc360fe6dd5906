"""What My plan says: what I have, what happens next and when, and what was promised."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.renewals import MONTHLY, YEARLY, Renewal, next_renewal
from licensing.models import Licence
from licensing.standing import Standing
from licensing.terms import EditionTerms
from licensing.trials import REMINDERS
from licensing.usage import DATA_KEPT
from licensing.waivers import REMINDERS as EXCEPTION_REMINDERS
from portal.facts import Facts
from portal.pages.ended import Ended
from portal.pages.exceptions import Credited, Made, credited, exceptions, is_known, what_words
from portal.pages.meters import Gauge, gauges, read_at_once
from portal.pages.moving import Moving, moved, moving
from portal.pages.planned import Planned, planned
from portal.pages.promises import Promises, promises
from portal.pages.thought import Thought, thought_for
from portal.pages.values import card_words
from portal.templatetags.words import money, until


@dataclass(frozen=True)
class Coming:
    """Something that will happen: the "_reminder" or "_end" of a "trial" or "waiver", a "renewal" or its
    "renewal_reminder", the "next_try" to charge the card, the "end", the "sunset" of the feature called `name`, or the
    "move" to the edition of that name; a renewal that carries the move has its name too. Of a waiver, `name` is
    what was made.
    """

    kind: str
    when: datetime
    name: str = ""


@dataclass(frozen=True)
class PlanPage:
    facts: Facts
    state: str  # "free", "active", "cancelled" or "past_due"
    sentence: str
    renewal: Renewal | None
    card: str
    coming: list[Coming]
    gauges: list[Gauge]
    read_ago: str | None
    promises: Promises
    exceptions: list[Made]
    credited: list[Credited]
    today: EditionTerms
    thought: Thought | None
    planned: list[Planned]
    move: Moving | None
    moved: Moving | None
    ended: Ended | None

    @property
    def due(self) -> str:
        """What the next renewal takes from the card; empty where none is due."""
        return money(self.renewal.due, self.renewal.currency) if self.renewal else ""

    @property
    def is_paid_from_credit(self) -> bool:
        """Whether the next renewal takes nothing from the card; not known where its tax is not."""
        return self.renewal is not None and not self.renewal.due and bool(self.facts.tax_percent)

    @property
    def owed(self) -> str:
        """What is open of a payment that failed; empty where nothing is, or it is not known here yet."""
        unpaid = self.facts.unpaid
        return money(unpaid.owed, unpaid.currency) if unpaid else ""

    @property
    def next_try(self) -> datetime | None:
        return self.facts.unpaid.next_try(at=self.standing.at) if self.facts.unpaid else None

    @property
    def standing(self) -> Standing:
        return self.facts.standing

    @property
    def trial_is_sold(self) -> bool:
        """Whether what is on trial is sold still, so that it can be kept."""
        trial_tier = self.standing.trial_tier
        return trial_tier is not None and self.today.tier(trial_tier.key) is not None

    @property
    def data_kept(self) -> str:
        """What becomes of what is made, where there is more of it than a limit has room for."""
        return DATA_KEPT.text(None)

    @property
    def moves_last(self) -> bool:
        """Whether all else that is planned comes before the end of the held edition; what has no day yet comes last."""
        day = self.move.when if self.move else None
        return day is None or all(one.when is not None and one.when < day for one in self.planned)

    @property
    def may_move_to_today(self) -> bool:
        """Whether their own tier is sold on other terms today, which have more of something, or which follow theirs."""
        has_more = bool(self.promises.missed) or self.move is not None
        return not self.standing.licence.is_free and self.promises.is_sold and has_more

    @property
    def is_todays_edition(self) -> bool:
        return self.standing.edition.id == self.today.id


def plan_page(
    facts: Facts,
    *,
    today: EditionTerms,
    ended: Ended | None,
    put_away: Collection[str],
    may_spend: bool = True,
) -> PlanPage:
    """Everything the page shows. No query: the facts hold it. `ended` is what the free tier took the place of."""
    standing, payer = facts.standing, facts.payer
    state = _state(standing.licence)
    renewal = next_renewal(standing=standing, payer=payer)
    # No renewal takes whoever has cancelled anywhere.
    usage = facts.situation.usage
    leaving, move = planned(standing), None if state == "cancelled" else moving(standing, usage=usage)
    return PlanPage(
        facts=facts,
        state=state,
        sentence=_sentence(standing, state=state),
        renewal=renewal,
        card=card_words(payer.card_brand, payer.card_last4) if payer else "",
        coming=_coming(facts, today=today, state=state, leaving=leaving, move=move),
        gauges=gauges(facts),
        read_ago=read_at_once(facts),
        promises=promises(standing, today=today),
        exceptions=exceptions(standing, today=today),
        credited=credited(facts.given, left=facts.credit),
        today=today,
        # Whose tier has just ended is not sold anything.
        thought=None if ended else _thought(facts, put_away=put_away, may_spend=may_spend),
        planned=leaving,
        move=move,
        moved=moved(standing, usage=usage),
        ended=ended,
    )


def _thought(facts: Facts, *, put_away: Collection[str], may_spend: bool) -> Thought | None:
    """A member can ask for a higher tier, and for nothing else: other thoughts are for who may spend."""
    thought = thought_for(facts, put_away=put_away)
    is_theirs = may_spend or (thought is not None and thought.tier_key != facts.standing.tier.key)
    return thought if is_theirs else None


def _state(licence: Licence) -> str:
    if licence.is_free:
        return "free"
    if licence.state == Licence.State.PAST_DUE:
        return "past_due"
    return "cancelled" if licence.cancels_at_period_end else "active"


def _sentence(standing: Standing, *, state: str) -> str:
    licence = standing.licence
    if state == "free":
        return _("You have %(tier)s.") % {"tier": standing.tier.name}
    said = {"tier": standing.tier.name, "count": licence.seats}
    if state == "cancelled" and licence.period_end:
        said["day"] = until(licence.period_end)
        return (
            ngettext(
                "You have %(tier)s, for one person, until %(day)s.",
                "You have %(tier)s, for %(count)d people, until %(day)s.",
                licence.seats,
            )
            % said
        )
    return (
        ngettext(
            "You have %(tier)s, for one person.", "You have %(tier)s, for %(count)d people.", licence.seats
        )
        % said
    )


def _coming(
    facts: Facts, *, today: EditionTerms, state: str, leaving: list[Planned], move: Moving | None
) -> list[Coming]:
    """What lies ahead, soonest first: of several reminders of one thing the next, and of ends each."""
    found, standing = [], facts.standing
    if facts.unpaid and (next_try := facts.unpaid.next_try(at=standing.at)):
        found.append(Coming("next_try", next_try))
    if standing.trial:
        ends_at = standing.trial.ends_at
        found += _next_reminder("trial_reminder", ends_at, turns=REMINDERS, at=standing.at)
        found.append(Coming("trial_end", ends_at))
    found += _ends_of_exceptions(standing, today=today)
    ends = standing.licence.period_end
    carried = state == "active" and move is not None and move.when is not None and move.when == ends
    if ends and standing.licence.cancels_at_period_end:
        found.append(Coming("end", ends))
    elif ends and state == "active":
        turns = YEARLY if standing.interval == "year" else MONTHLY
        found += _next_reminder("renewal_reminder", ends, turns=turns, at=standing.at)
        found.append(Coming("renewal", ends, move.edition.name if move and carried else ""))
    found += [Coming("sunset", one.when, one.name) for one in leaving if one.when and not one.is_done]
    if move and move.when and not carried:
        found.append(Coming("move", move.when, move.edition.name))
    return sorted((one for one in found if one.when > standing.at), key=lambda one: one.when)


def _ends_of_exceptions(standing: Standing, *, today: EditionTerms) -> Iterator[Coming]:
    """When what was made for them ends, each by its name, and when we remind them of it."""
    edition, tier = standing.edition, standing.tier
    for waived in standing.waivers:
        if is_known(waived, edition=edition):
            name = what_words(waived, edition=edition, tier=tier, today=today)
            since = max(standing.at, waived.begins_at)
            turns = EXCEPTION_REMINDERS
            yield from _next_reminder("waiver_reminder", waived.ends_at, turns=turns, at=since, name=name)
            yield Coming("waiver_end", waived.ends_at, name)


def _next_reminder(
    kind: str, ends_at: datetime, *, turns: Iterable[timedelta], at: datetime, name: str = ""
) -> list[Coming]:
    """The first reminder of an end after `at`; none where all lie behind."""
    ahead = [when for turn in turns if (when := ends_at - turn) > at]
    return [Coming(kind, min(ahead), name)] if ahead else []
