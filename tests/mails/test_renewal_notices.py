"""A renewal is announced with its date, its exact amount, what changed, what is used, and the ways out."""

from datetime import timedelta

import pytest

from billing import renewals
from billing.models import Payer
from licensing.models import Delivery, Licence, Notice, OptOut
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.mails.scenes import invoice_of, reads, settled_order
from tests.staff.rows import waiver_of
from tests.sunsets.scenes import announced, mails, sweep

ADA, BO = "ada@demo.test", "bo@demo.test"
MONTHLY_TURN = NOON + timedelta(days=20)  # Ada's licence renews 22 days after noon


@pytest.mark.proves("renewals")
def test_the_reminder_names_date_amount_tax_and_credit_and_how_to_leave(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    Payer.objects.filter(customer=lindqvist.customer).update(tax_percent="25", tax_name="VAT", credit=2500)
    renewals.remind_due(at=NOON)

    send_due(at=NOON)

    (message,) = mailbox.to(BO)
    assert subject_of(message) == "Team renews on 29 Nov for €1,250.00"
    for words in words_of(message):
        assert "29 November 2026" in words
        assert "Visa ·· 4242" in words
        for amount in ("€1,020.00", "€255.00", "−€25.00", "€1,250.00"):
            assert amount in words
        assert "/upgrade/" in words
        assert "/billing/" in words


def test_what_was_left_over_from_before_is_a_line_of_its_own(lindqvist: Party, mailbox: Mailbox) -> None:
    """€1,020.00, VAT 25 % = €255.00, and €0.40 that was too little to charge by itself."""
    Payer.objects.filter(customer=lindqvist.customer).update(tax_percent="25", tax_name="VAT", credit=-40)
    renewals.remind_due(at=NOON)

    send_due(at=NOON)

    for words in words_of(mailbox.to(BO)[0]):
        for amount in ("€1,020.00", "€255.00", "€0.40", "€1,275.40"):
            assert amount in words
        assert "Left over from an earlier payment" in words


def test_what_credit_leaves_too_small_to_charge_is_said_to_come_later(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    Payer.objects.filter(customer=lindqvist.customer).update(credit=101_980)
    renewals.remind_due(at=NOON)

    send_due(at=NOON)

    for words in words_of(mailbox.to(BO)[0]):
        assert "−€1,019.80" in words
        assert "−€0.20" in words
        assert "Too little to charge by itself: comes with the payment after" in words


def test_it_says_what_was_paid_last_time_and_what_changed_since(okafor: Party, mailbox: Mailbox) -> None:
    invoice_of(okafor.customer, number="A-1", total=18400, at=NOON - timedelta(days=8))
    settled_order(okafor, tier="business", seats=9)
    renewals.remind_due(at=MONTHLY_TURN)

    send_due(at=MONTHLY_TURN)

    for words in words_of(mailbox.to(ADA)[0]):
        assert "Last time, on 14 November 2026, it was US$184.00." in words
        assert "from Team to Business, from 8 to 9 people" in words


def test_it_says_when_nothing_changed(okafor: Party, mailbox: Mailbox) -> None:
    invoice_of(okafor.customer, number="A-1", total=18400, at=NOON - timedelta(days=8))
    renewals.remind_due(at=MONTHLY_TURN)

    send_due(at=MONTHLY_TURN)

    for words in words_of(mailbox.to(ADA)[0]):
        assert "The price is the same as last time: US$184.00 on 14 November 2026." in words


def test_it_shows_usage_and_a_cheaper_tier_only_where_all_of_it_fits(okafor: Party, mailbox: Mailbox) -> None:
    settled_order(okafor, tier="business")
    reads(okafor.customer, "projects", 18)
    renewals.remind_due(at=MONTHLY_TURN)
    send_due(at=MONTHLY_TURN)
    for words in words_of(mailbox.to(ADA)[0]):
        assert "Projects: 18, no limit" in words
        assert "All that you use would fit into Team too, for US$72.00 less a month, before tax." in words

    mailbox.clear()
    reads(okafor.customer, "projects", 21, at=NOON + timedelta(hours=1))
    Notice.objects.all().delete()
    renewals.remind_due(at=MONTHLY_TURN)
    send_due(at=MONTHLY_TURN)
    for words in words_of(mailbox.to(ADA)[0]):
        assert "would fit into" not in words


def test_room_that_was_made_for_them_is_room(okafor: Party, mailbox: Mailbox) -> None:
    waiver_of(okafor, value=25)
    reads(okafor.customer, "projects", 22)
    renewals.remind_due(at=MONTHLY_TURN)
    send_due(at=MONTHLY_TURN)
    for words in words_of(mailbox.to(ADA)[0]):
        assert "Projects: 22 of 25" in words


def test_what_leaves_within_what_is_paid_for_is_named_with_its_day(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    told_at = NOON - timedelta(days=2)
    announced(at=told_at)
    mails(at=told_at)
    sweep(at=told_at)
    renewals.remind_due(at=NOON)
    send_due(at=NOON)
    for words in words_of(mailbox.to(BO)[-1]):
        assert "Within that year Single sign-on leaves your plan, on 15 February 2027." in words
        assert "The price stays as it is, and nothing of it comes back by itself." in words


@pytest.mark.proves("renewals")
def test_after_a_silence_only_the_nearest_turn_goes_out(lindqvist: Party, mailbox: Mailbox) -> None:
    renewals.remind_due(at=NOON)  # seven days before
    later = NOON + timedelta(days=6, hours=12)
    renewals.remind_due(at=later)

    send_due(at=later)

    assert len(mailbox.to(BO)) == 1
    assert sorted(Notice.objects.values_list("period", "state")) == [
        ("1d:2026-11-29", "done"),
        ("7d:2026-11-29", "dropped"),
    ]


@pytest.mark.parametrize(
    "since",
    [
        {"cancels_at_period_end": True},
        {"state": Licence.State.PAST_DUE},
        {"period_end": NOON + timedelta(days=40)},
    ],
    ids=["cancelled", "past due", "renewed already"],
)
def test_no_reminder_of_a_renewal_that_does_not_come(
    lindqvist: Party, mailbox: Mailbox, since: dict[str, object]
) -> None:
    renewals.remind_due(at=NOON)
    Licence.objects.filter(pk=lindqvist.licence.pk).update(**since)

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


@pytest.mark.proves("notices")
def test_a_monthly_reminder_can_be_opted_out_of_and_a_yearly_one_cannot(
    okafor: Party, lindqvist: Party, mailbox: Mailbox
) -> None:
    for party, address in ((okafor, ADA), (lindqvist, BO)):
        OptOut.objects.create(customer=party.customer, address=address, kind="renewal_reminder", at=NOON)
    renewals.remind_due(at=NOON)
    renewals.remind_due(at=MONTHLY_TURN)

    send_due(at=NOON)
    send_due(at=MONTHLY_TURN)

    assert not mailbox.to(ADA)
    assert mailbox.to("fay@demo.test")[0]["List-Unsubscribe"]
    assert mailbox.to(BO)[0]["List-Unsubscribe"] is None


def test_whoever_opts_out_while_the_mail_waits_does_not_get_it(okafor: Party, mailbox: Mailbox) -> None:
    renewals.remind_due(at=MONTHLY_TURN)
    send_due(at=MONTHLY_TURN)
    mailbox.clear()
    Delivery.objects.filter(address=ADA).update(state=Delivery.State.WAITING)
    Notice.objects.update(state=Notice.State.WAITING)
    OptOut.objects.create(customer=okafor.customer, address=ADA, kind="renewal_reminder", at=NOON)

    send_due(at=MONTHLY_TURN)

    assert not mailbox.messages
    assert Notice.objects.get().state == Notice.State.DONE
