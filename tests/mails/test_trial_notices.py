"""A trial is announced before its end, once, and told of after it, once; and never when it is not so any more."""

from datetime import timedelta

import pytest

from billing.models import Payer
from licensing import trials
from licensing.history import COMMAND
from licensing.models import Notice, Trial
from portal.mails.outbox import send_due
from tests.cast import NOON, Party, later_terms
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.mails.scenes import settled_order, trial_of

ADA, FAY = "ada@demo.test", "fay@demo.test"


def states() -> list[tuple[str, str]]:
    return list(Notice.objects.order_by("pk").values_list("period", "state"))


def test_the_reminder_names_the_moment_the_tier_that_stays_and_what_keeping_would_cost(
    okafor: Party, mailbox: Mailbox
) -> None:
    trial_of(okafor, ends_at=NOON + timedelta(days=2, hours=4))
    trials.remind_due(at=NOON)

    assert send_due(at=NOON).sent == 2
    assert subject_of(mailbox.to(ADA)[0]) == "Your Business trial ends on 24 Nov"
    for words in words_of(mailbox.to(ADA)[0]):
        assert "Tuesday 24 November at 17:00" in words  # Berlin's time, not ours
        assert (
            "you have Team again; the trial changes nothing of it. Nothing to pay, nothing to cancel."
            in words
        )
        assert "US$256.00 a month for 8 people, before tax." in words
        assert "/upgrade/?tier=business&seats=8&interval=month" in words
    assert mailbox.to(FAY)


def test_where_the_tax_is_known_keeping_costs_what_the_calculator_says(
    okafor: Party, mailbox: Mailbox
) -> None:
    """8 × US$32.00 = US$256.00, VAT 19 % = US$48.64."""
    Payer.objects.filter(customer=okafor.customer).update(tax_percent="19", tax_name="VAT")
    trial_of(okafor, ends_at=NOON + timedelta(days=2, hours=4))
    trials.remind_due(at=NOON)
    send_due(at=NOON)
    for words in words_of(mailbox.to(ADA)[0]):
        assert "US$304.64 a month for 8 people, tax included." in words


def test_keeping_costs_what_is_asked_for_today(okafor: Party, mailbox: Mailbox) -> None:
    """Business has become dearer since the trial began: 8 × US$36.00."""
    trial_of(okafor, ends_at=NOON + timedelta(days=2, hours=4))
    later_terms(("USD = 3200", "USD = 3600"))
    trials.remind_due(at=NOON)
    send_due(at=NOON)
    for words in words_of(mailbox.to(ADA)[0]):
        assert "US$288.00 a month for 8 people, before tax." in words


def test_what_takes_fewer_people_today_is_not_priced_for_more(okafor: Party, mailbox: Mailbox) -> None:
    trial_of(okafor, ends_at=NOON + timedelta(days=2, hours=4))
    later_terms(
        ("max_seats = 50\n", "max_seats = 5\n"), ('name = "Business"\n', 'name = "Business"\nmax_seats = 5\n')
    )
    trials.remind_due(at=NOON)
    send_due(at=NOON)
    for words in words_of(mailbox.to(ADA)[0]):
        assert "US$" not in words
        assert "/upgrade/?tier=business&seats=8" in words


@pytest.mark.parametrize("has_ended", [False, True])
def test_what_is_sold_no_longer_is_not_offered_to_be_kept(
    okafor: Party, mailbox: Mailbox, has_ended: bool
) -> None:
    trial_of(okafor, ends_at=NOON + timedelta(days=2))
    later_terms(('key = "business"', 'key = "studio"'), ('name = "Business"', 'name = "Studio"'))
    if has_ended:
        trials.expire_due(at=NOON + timedelta(days=3))
    else:
        trials.remind_due(at=NOON)
    send_due(at=NOON + timedelta(days=3 if has_ended else 0))
    for words in words_of(mailbox.to(ADA)[0]):
        assert "Business is sold no longer, so that it cannot be kept." in words
        assert "tier=business" not in words
        assert "US$256" not in words
        assert "after all?" not in words


def test_after_a_silence_only_the_nearer_reminder_goes_out(okafor: Party, mailbox: Mailbox) -> None:
    ends_at = NOON + timedelta(days=3)
    trial_of(okafor, ends_at=ends_at)
    trials.remind_due(at=NOON)
    later = ends_at - timedelta(hours=20)
    trials.remind_due(at=later)

    send_due(at=later)

    assert len(mailbox.to(ADA)) == 1
    assert states() == [("3d:2026-11-25", "dropped"), ("1d:2026-11-25", "done")]


def test_a_reminder_for_a_date_that_moved_is_not_sent(okafor: Party, mailbox: Mailbox) -> None:
    trial = trial_of(okafor, ends_at=NOON + timedelta(days=2))
    trials.remind_due(at=NOON)
    trials.extend_trial(
        trial=trial, ends_at=NOON + timedelta(days=20), actor=COMMAND, at=NOON, reason="More time."
    )

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


@pytest.mark.parametrize("end", [Trial.End.GIVEN_BACK, Trial.End.CONVERTED, Trial.End.STAFF])
def test_a_trial_that_ended_otherwise_is_neither_announced_nor_told_of(
    okafor: Party, mailbox: Mailbox, end: str
) -> None:
    trial_of(okafor, ends_at=NOON + timedelta(days=2))
    trials.remind_due(at=NOON)
    trials.end_trial(customer=okafor.customer, end=end, actor=COMMAND, at=NOON)
    trials.expire_due(at=NOON + timedelta(days=3))

    send_due(at=NOON + timedelta(days=3))

    assert not mailbox.messages


def test_the_end_is_told_once_with_what_is_there_again(okafor: Party, mailbox: Mailbox) -> None:
    ends_at = NOON + timedelta(hours=1)
    trial_of(okafor, ends_at=ends_at)
    for later in (ends_at, ends_at + timedelta(minutes=1)):
        trials.expire_due(at=later)
        send_due(at=later)

    (message,) = mailbox.to(ADA)
    for words in words_of(message):
        assert "You have Team again; the trial changed nothing of it." in words
        assert "Nothing was charged" in words
        assert "Team for 8 people, same price, next date 14 December 2026" in words
        assert "Projects: 20" in words
        assert "US$256.00" in words


def test_the_end_is_not_told_to_somebody_who_has_bought_the_tier_since(
    okafor: Party, mailbox: Mailbox
) -> None:
    trial_of(okafor, ends_at=NOON)
    trials.expire_due(at=NOON)
    settled_order(okafor, tier="business")

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages
