"""The end of an edition and a renewal, where something comes between them: a licence never stays on one edition while
Stripe goes on billing another.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection

from billing import brakes
from billing.comparing import differences, ours_among, stripe_prices
from billing.edition_moves import move_due
from billing.models import PriceMove, StripePrice
from billing.quotes import UnableToQuote
from licensing import sunsets
from licensing.history import COMMAND
from licensing.models import Delivery, PlannedChange, Sunset
from tests.billing.conftest import Buyer
from tests.billing.ending import before_renewal, change_of, ending, renews

CHEAP, DEAR = round(3 * 2300 * 1.19), round(3 * 2700 * 1.19)
# What a restored database has forgotten of the asking.
FORGET = """
SET session_replication_role = replica;
DELETE FROM billing_pricemove;
UPDATE licensing_plannedchange SET begun_at = NULL;
SET session_replication_role = DEFAULT
"""


@pytest.fixture
def holder(ada: Buyer) -> Buyer:
    ending(ada)
    return ada


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def withdrawn(at: datetime) -> None:
    sunsets.withdraw(sunset=Sunset.objects.get(), actor=COMMAND, reason="Too many of you.", at=at)


def swept(at: datetime, *, turns: int = 3) -> None:
    """The sweep comes round a few times, a minute apart."""
    for turn in range(turns):
        move_due(at=at + minutes(turn))


def agree(buyer: Buyer) -> bool:
    """Whether Stripe bills what the licence says."""
    seen = buyer.subscriptions()[0]
    ours = ours_among([seen.stripe_id])[seen.stripe_id]
    return not list(differences(ours, seen, prices=stripe_prices([ours])))


def given_to_staff() -> bool:
    return PriceMove.objects.filter(needs_staff__contains="Give the difference back").exists()


def test_for_one_renewal_stripe_is_asked_once_and_a_refusal_holds_nobody_up(holder: Buyer) -> None:
    at = before_renewal(holder)
    holder.fault("400", path="/subscriptions/", method="POST")
    assert move_due(at=at)["refused"] == 1
    assert move_due(at=at + minutes(1)) == {"begun": 0, "moved": 0, "refused": 0, "waiting": 0}


def test_one_that_cannot_be_carried_on_waits_and_holds_nobody_up(holder: Buyer) -> None:
    at = before_renewal(holder)
    holder.fault("close_before", path="/subscriptions/", method="POST")
    move_due(at=at)
    StripePrice.objects.filter(lookup_key=PriceMove.objects.get().price.lookup_key).delete()
    assert move_due(at=at + minutes(1))["waiting"] == 1


def test_withdrawn_just_before_it_renews_one_period_is_given_back_and_the_next_is_at_the_held_price(
    holder: Buyer,
) -> None:
    move_due(at=before_renewal(holder))
    withdrawn(before_renewal(holder, lead=minutes(2)))
    at = renews(holder)
    assert (holder.licence.edition.key, holder.charged()[-1]) == ("2026-01", DEAR)
    assert given_to_staff()
    swept(at)
    assert agree(holder)
    assert change_of(holder).begun_at is None
    renews(holder)
    assert (holder.licence.edition.key, holder.charged()[-1]) == ("2026-01", CHEAP)


def test_the_held_price_that_was_asked_for_in_vain_is_asked_for_again_after_the_renewal(
    holder: Buyer,
) -> None:
    at = before_renewal(holder)
    move_due(at=at)
    withdrawn(at + minutes(1))
    holder.fault("500_before", path="/subscriptions/", method="POST")
    move_due(at=at + minutes(2))
    at = renews(holder)
    assert holder.charged()[-1] == DEAR
    assert given_to_staff()
    swept(at)
    assert agree(holder)
    renews(holder)
    assert holder.charged()[-1] == CHEAP


def test_withdrawn_while_stripe_is_silent_no_other_change_begins_until_the_held_price_is_back(
    holder: Buyer,
) -> None:
    """What is bought meanwhile would be reckoned by the later price, and overwritten by the answer that comes."""
    at = before_renewal(holder)
    move_due(at=at)
    withdrawn(at + minutes(1))
    holder.fault("close_before", path="/subscriptions/", method="POST")
    move_due(at=at + minutes(2))
    with pytest.raises(UnableToQuote, match="your renewal is being set back to its price"):
        holder.quote("business", at=at + minutes(3))
    swept(at + minutes(4))
    at += minutes(8)
    assert holder.accept(holder.quote("business", at=at), at, gives_up=True).state == "settled"
    swept(at + minutes(1))
    assert agree(holder)


def test_a_question_of_the_renewal_before_does_not_end_what_is_asked_for_this_one(holder: Buyer) -> None:
    at = before_renewal(holder)
    holder.fault("500_before", path="/subscriptions/", method="POST")
    move_due(at=at)
    brake = brakes.park(customer=holder.customer, actor=COMMAND, reason="A strange card.", at=at)
    at = renews(holder)
    sunsets.put_off_passed(at=at)
    at = before_renewal(holder)
    brakes.let_go(brake=brake, actor=COMMAND, reason="It is theirs.", at=at)
    assert move_due(at=at) == {"begun": 1, "moved": 1, "refused": 1, "waiting": 0}
    assert change_of(holder).begun_at == at
    renews(holder)
    assert (holder.licence.edition.key, holder.charged()[-1]) == ("2026-07", DEAR)


def test_a_notice_that_comes_back_after_it_was_asked_turns_it_back(holder: Buyer) -> None:
    at = before_renewal(holder)
    move_due(at=at)
    Delivery.objects.update(outcome="bounced", outcome_at=at, arrived_at=None)
    swept(at + minutes(2))
    change = change_of(holder)
    assert (change.state, change.takes_effect_at, change.begun_at) == (
        PlannedChange.State.DEFERRED,
        None,
        None,
    )
    renews(holder)
    assert (holder.licence.edition.key, holder.charged()[-1]) == ("2026-01", CHEAP)


def test_after_a_restore_that_forgot_the_asking_the_licence_goes_with_what_was_charged(holder: Buyer) -> None:
    move_due(at=before_renewal(holder))
    with connection.cursor() as cursor:
        cursor.execute(FORGET)
    renews(holder)
    assert (holder.licence.edition.key, holder.charged()[-1]) == ("2026-07", DEAR)
    assert agree(holder)
