"""What the page of one quote says: which of its states it is in, its lines, and what the change brings and takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.brakes import stop_for
from billing.endings import Ending, is_held_as_bought, pasts_of
from billing.looking import over_at
from billing.models import Order, Payer, Quote
from billing.payers import payer_of
from billing.second_payments import SecondPayment, second_payments
from licensing.giving_up import given_up
from licensing.grandfathering import Difference
from licensing.models import Licence, Member, Price
from licensing.offers import Compared, Row, compare
from licensing.pricing import tax_on
from licensing.reasons import Reason
from licensing.rules.changing import stop_reason
from licensing.seats import people_of
from licensing.standing import Standing, standing_of
from licensing.sunsets.moving import Move, move_of, price_after
from licensing.terms import EditionTerms, TierTerms
from licensing.usage import usage_of
from portal.models import PolicyVersion
from portal.pages.exceptions import carried
from portal.pages.quote_states import OFFERING, State, state_of
from portal.pages.quote_sums import ComparedAmount, Held, compared, sum_lines
from portal.pages.quotes_around import edition_of, held_before, newer_than, replaced_by
from portal.pages.seats import room_for, room_gained
from portal.pages.sum_lines import SumLine
from portal.pages.trials_after import trial_after, trials_ended_with
from portal.pages.values import card_words
from portal.pages.way_back import no_way_back
from portal.policy import version_at

NOT_CONFIRMED = "failed authentication"


@dataclass(frozen=True)
class Trouble:
    """Why the last press of a button did not do what it says. Nothing was charged."""

    title: str
    text: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class QuotePage(Compared):
    """Everything the templates under `quotes/` read."""

    quote: Quote
    order: Order | None
    state: State
    payer: Payer | None
    edition: EditionTerms
    tier: TierTerms
    held: Held | None
    rows: tuple[Row, ...]
    given_up: tuple[Difference, ...]
    no_way_back: str
    carried: tuple[str, ...]
    trial: str
    lines: tuple[SumLine, ...]
    may_spend: bool
    licence: Licence
    licence_tier: TierTerms
    standing_edition: EditionTerms
    other_order: Order | None = None
    replaces: Quote | None = None
    newer: Quote | None = None
    second: SecondPayment | None = None
    ending: Ending | None = None
    stop: Reason | None = None
    trouble: Trouble | None = None
    unticked: bool = False
    rules: PolicyVersion | None = None
    move: Move | None = None
    room_gained: int = 0
    at: datetime = field(kw_only=True)

    @property
    def interval(self) -> str:
        return self.quote.price.interval

    @property
    def held_is_sold(self) -> bool:
        """Whether what they have now can be bought today."""
        return self.edition.tier(self.licence_tier.key) is not None

    @property
    def template(self) -> str:
        return f"quotes/_{self.state}.html"

    @property
    def is_short(self) -> bool:
        """Whether the page is a sentence and a sum, with nothing to set beside them."""
        return self.state not in (State.OPEN, State.BUSY) and not self.is_held

    @property
    def is_held(self) -> bool:
        """Whether it was bought here, and what the customer has is what it brought."""
        return self.state == State.SETTLED and is_held_as_bought(self.quote, self.licence)

    @property
    def card(self) -> str:
        return card_words(self.payer.card_brand, self.payer.card_last4) if self.payer else ""

    @property
    def goes_to_checkout(self) -> bool:
        """Whether the card is entered on Stripe's page: for a first purchase without a card on file."""
        return not self.card and self.quote.due > 0 and not self._is_paying

    @property
    def needs_card(self) -> bool:
        """Whether a card must be put on file first: what is paid for already is changed with the card on file."""
        return not self.card and self.quote.due > 0 and self._is_paying

    @property
    def _is_paying(self) -> bool:
        return self.held is not None and self.held.interval is not None

    @property
    def is_paid_after_all(self) -> bool:
        """Whether a payment came in late for what had failed, and a person looks at it."""
        return bool(self.order and self.order.needs_staff and self.order.state == Order.State.FAILED)

    @property
    def later(self) -> tuple[datetime, int] | None:
        """From which renewal after the next one on it costs what, tax included, because the held terms are announced to
        end; None where they go on, or the quote leaves them.
        """
        if self.move is None or self.renews_at is None:
            return None
        goes_on = self.licence.period_end == self.renews_at and self.licence.period_start is not None
        start = self.licence.period_start if goes_on else self.quote.quoted_at
        assert start is not None, "where it goes on it has begun"
        found = price_after(
            self.move,
            currency=self.quote.currency,
            interval=self.interval,
            start=start,
            end=self.renews_at,
        )
        if found is None or found[1] <= self.renews_at:
            return None
        price, since = found
        full = price.amount(self.quote.seats)
        percent = self.payer.tax_percent if self.payer else ""
        return since, full + (tax_on(full, percent=percent) if percent else 0)

    @property
    def bought(self) -> str:
        """What is bought, in a few words: Business for 8 people, by the year."""
        return _in_a_few_words(self.tier, self.quote.price, seats=self.quote.seats)

    @property
    def now_held(self) -> str:
        """What the customer has now, as `bought` says it."""
        return _in_a_few_words(self.licence_tier, self.licence.price, seats=self.licence.seats)

    @property
    def credit_gained(self) -> int:
        """What becomes the customer's credit where more is given back than charged; in minor units."""
        return max(-self.quote.credit, 0)

    @property
    def more_seats(self) -> int:
        return max(self.room_gained, 0)

    @property
    def fewer_seats(self) -> int:
        return max(-self.room_gained, 0)

    @property
    def is_higher(self) -> bool:
        """Whether it is of a tier above the one that is held: for that a member can ask."""
        return self.tier.rank > self.licence_tier.rank

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the bank's question was not answered with yes; Stripe's words on that are for programmers."""
        return bool(self.order) and NOT_CONFIRMED in self.order.failure_words

    @property
    def sums_side_by_side(self) -> list[ComparedAmount]:
        """The quote that this one stands in for, beside this one."""
        return compared(self.replaces, self.quote) if self.replaces else []

    @property
    def sum_is_the_same(self) -> bool:
        """Whether the quote that this one stands in for asked for the same."""
        return not any(amount.differs for amount in self.sums_side_by_side)

    @property
    def other_over_at(self) -> datetime | None:
        """When the order that stands in the way is over at the latest, where that is known."""
        return over_at(self.other_order, at=self.at) if self.other_order else None

    @property
    def renews_at(self) -> datetime | None:
        """When the next payment is, as far as this page may still say so: not of what was not bought, and once
        settled only while the licence is what this order made it.
        """
        if self.state in (State.FAILED, State.GIVEN_BACK):
            return None
        if self.state != State.SETTLED:
            return self.quote.renews_at
        return self.licence.period_end if self.is_held and not self.licence.cancels_at_period_end else None


def quote_page(
    *,
    quote: Quote,
    member: Member,
    at: datetime,
    instead_of: str = "",
    trouble: Trouble | None = None,
    unticked: bool = False,
) -> QuotePage:
    """Gather the page of `quote`, which must belong to the member's customer and have its tier, price and licence
    selected. `instead_of` may name the quote it stands in for; another customer's counts as none.
    """
    order = Order.objects.select_related("quote").filter(quote=quote).first()
    standing = standing_of(quote.customer, at=at)
    licence = standing.licence
    state, other = state_of(quote, order, licence, at=at)
    edition = edition_of(quote, standing)
    tier = edition.tier_by_id(quote.tier_id)
    held = held_before(quote, order, standing)
    payer = payer_of(quote.customer)
    return QuotePage(
        quote=quote,
        order=order,
        state=state,
        payer=payer,
        edition=edition,
        tier=tier,
        held=held,
        rows=compare(held=held.tier, held_edition=held.edition, offered=tier, edition=edition)
        if held
        else (),
        given_up=given_up(standing, today=edition) if state in (State.OPEN, State.BUSY) else (),
        no_way_back=_no_way_back(quote, standing, today=edition) if state == State.OPEN else "",
        carried=carried(standing, tier=tier, edition=edition) if state in (State.OPEN, State.BUSY) else (),
        trial=_trial(state, order, standing, bought=tier),
        lines=tuple(sum_lines(quote=quote, tier=tier, held=held, payer=payer)),
        may_spend=member.may_spend,
        licence=licence,
        licence_tier=standing.tier,
        standing_edition=standing.edition,
        other_order=other,
        replaces=replaced_by(quote, instead_of),
        second=second_payments([order])[order.pk] if order and state == State.GIVEN_BACK else None,
        ending=_ending(order, licence) if order and state == State.SETTLED else None,
        stop=stop_reason(stop_for(quote.customer_id)) if state in OFFERING else None,
        newer=newer_than(quote, at=at) if state in (State.EXPIRED, State.OUTDATED, State.FAILED) else None,
        trouble=trouble,
        unticked=unticked,
        rules=version_at(order.closed_at) if order and order.closed_at and state == State.SETTLED else None,
        move=move_of(standing) if quote.tier_id == standing.tier.id else None,
        room_gained=_room_gained(quote, held, tier, at=at) if held else 0,
        at=at,
    )


def _room_gained(quote: Quote, held: Held, tier: TierTerms, *, at: datetime) -> int:
    """Who is there is counted only where there are fewer seats than before."""
    before, after = room_for(held.tier, seats=held.seats), room_for(tier, seats=quote.seats)
    are_fewer = before is not None and after is not None and after < before
    people = people_of(quote.customer, at=at) if are_fewer else 0
    return room_gained(before=before, after=after, people=people)


def _no_way_back(quote: Quote, standing: Standing, *, today: EditionTerms) -> str:
    """Why they could not come back to the tier they hold. No query where they stay on it, or where it is free."""
    if quote.tier_id == standing.tier.id or standing.tier.is_free:
        return ""
    return no_way_back(
        standing,
        people=people_of(quote.customer, at=standing.at),
        usage=usage_of(quote.customer, at=standing.at),
        today=today,
    )


def _trial(state: State, order: Order | None, standing: Standing, *, bought: TierTerms) -> str:
    """What becomes of the running trial, or became of it. A query once it is bought."""
    if state in (State.OPEN, State.BUSY):
        return trial_after(standing, bought=bought)
    if order is None or state != State.SETTLED:
        return ""
    ended = trials_ended_with([order]).get(order.pk)
    return _("Your %(trial)s trial has ended with this.") % {"trial": ended} if ended else ""


def _ending(order: Order, licence: Licence) -> Ending | None:
    """How what a settled order brought has ended. No query while it is held."""
    return None if is_held_as_bought(order.quote, licence) else pasts_of([licence])[licence.pk].end_of(order)


def _in_a_few_words(tier: TierTerms, price: Price | None, *, seats: int) -> str:
    what = tier.name
    if price and price.per_seat:
        what = ngettext("%(tier)s for one person", "%(tier)s for %(count)d people", seats) % {
            "tier": what,
            "count": seats,
        }
    return _("%(what)s, by the year") % {"what": what} if price and price.interval == "year" else what
