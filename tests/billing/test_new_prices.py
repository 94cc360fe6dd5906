"""Whoever pays is charged a new price only after a notice that was delivered to them, and its days, have gone by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.edition_moves import move_due
from licensing import sunsets
from licensing.models import NoticeRule
from tests.billing.conftest import Buyer
from tests.billing.ending import before_renewal, change_of, days, ending, passes_to, renews, reported

CHEAP, DEAR = round(3 * 2300 * 1.19), round(3 * 2700 * 1.19)


def goes_on(buyer: Buyer) -> int:
    """The sweeps come by as they do, the licence renews; what that has charged."""
    at = before_renewal(buyer)
    sunsets.follow_notices(at=at)
    move_due(at=at)
    at = renews(buyer)
    sunsets.put_off_passed(at=at)
    return buyer.charged()[-1]


def test_nobody_pays_a_new_price_before_their_notice_was_delivered_and_its_days_have_passed(
    ada: Buyer,
) -> None:
    """Of her mail nothing is heard for two months, then it arrives three days before a renewal."""
    ending(ada, outcome="")
    assert [goes_on(ada), goes_on(ada)] == [CHEAP, CHEAP]
    reported("delivered", at=passes_to(ada, ada.licence.period_end - days(3)))
    assert goes_on(ada) == CHEAP
    assert goes_on(ada) == DEAR
    assert ada.licence.edition.key == "2026-07"


def test_what_came_back_is_no_notice(ada: Buyer) -> None:
    ending(ada, outcome="bounced")
    assert goes_on(ada) == CHEAP
    assert (ada.licence.edition.key, change_of(ada).told_at) == ("2026-01", None)


@pytest.mark.parametrize("kind", NoticeRule.Kind.values)
def test_of_all_that_may_come_with_it_the_longest_notice_counts(ada: Buyer, kind: str) -> None:
    """Whether or not a feature goes or the price rises for her."""
    ending(ada, notice={kind: 40})
    assert [goes_on(ada), goes_on(ada)] == [CHEAP, DEAR]


def test_her_country_may_ask_for_more(ada: Buyer) -> None:
    ending(ada, outcome="")
    NoticeRule.objects.create(kind="price_rise", jurisdiction="DE", days=40, source="Our lawyers.")
    reported("delivered", at=passes_to(ada, ada.licence.period_start + timedelta(hours=2)))
    assert [goes_on(ada), goes_on(ada)] == [CHEAP, DEAR]


def test_a_notice_period_that_is_shortened_afterwards_brings_no_day_forward(ada: Buyer) -> None:
    ending(ada, notice={"edition_sunset": 40})
    named = change_of(ada).takes_effect_at
    NoticeRule.objects.update(days=1)
    assert goes_on(ada) == CHEAP
    assert change_of(ada).takes_effect_at == named
    assert goes_on(ada) == DEAR


def test_a_notice_period_that_is_lengthened_afterwards_is_kept_too(ada: Buyer) -> None:
    ending(ada)
    assert change_of(ada).takes_effect_at == ada.licence.period_end
    NoticeRule.objects.filter(kind="price_rise").update(days=40)
    assert [goes_on(ada), goes_on(ada)] == [CHEAP, DEAR]
