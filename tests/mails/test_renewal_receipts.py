"""A renewal that was paid has its receipt, with the invoice, once."""

from datetime import timedelta

import pytest

from billing.models import Invoice
from licensing.models import Licence, Notice, OptOut
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.mails.scenes import invoice_of, owed

ADA, BO = "ada@demo.test", "bo@demo.test"


def renewed(party: Party, *, total: int = 102_000, **fields: object) -> Invoice:
    """A renewal that was paid at noon, with its receipt owed."""
    invoice = invoice_of(party.customer, number="R-3", total=total, at=NOON, **fields)
    owed(party, "renewal_receipt", invoice)
    return invoice


@pytest.mark.proves("notices")
def test_it_names_what_was_charged_from_where_the_invoice_and_the_next_date(
    lindqvist: Party, mailbox: Mailbox
) -> None:
    Licence.objects.filter(pk=lindqvist.licence.pk).update(period_end=NOON + timedelta(days=365))
    renewed(lindqvist, paid_with=lindqvist.customer.payer.payment_method_id)

    send_due(at=NOON)

    (message,) = mailbox.to(BO)
    assert subject_of(message) == "Receipt: €1,020.00 for your renewal"
    for words in words_of(message):
        assert "€1,020.00 was paid on 22 November 2026 from Visa ·· 4242." in words
        assert "You have Team for 6 people. It renews on 22 November 2027" in words
        assert "https://invoice.stripe.example/R-3" in words
        assert "credit" not in words


@pytest.mark.parametrize("paid_with", ["pm_another", ""], ids=["another card paid", "Stripe did not say"])
def test_it_names_no_card_but_the_one_that_paid(lindqvist: Party, mailbox: Mailbox, paid_with: str) -> None:
    renewed(lindqvist, paid_with=paid_with)

    send_due(at=NOON)

    for words in words_of(mailbox.to(BO)[0]):
        assert "€1,020.00 was paid on 22 November 2026." in words
        assert "Visa" not in words


def test_what_credit_paid_is_said_apart(lindqvist: Party, mailbox: Mailbox) -> None:
    renewed(lindqvist, amount_due=100_000, amount_paid=100_000)
    send_due(at=NOON)
    for words in words_of(mailbox.to(BO)[0]):
        assert "€1,000.00 was paid on" in words
        assert "The renewal came to €1,020.00; €20.00 of it was paid from your credit." in words


def test_where_nothing_was_charged_it_says_that(lindqvist: Party, mailbox: Mailbox) -> None:
    renewed(lindqvist, amount_due=0, amount_paid=0)
    send_due(at=NOON)
    (message,) = mailbox.to(BO)
    assert subject_of(message) == "Receipt: your renewal, nothing was charged"
    for words in words_of(message):
        assert "The renewal came to €1,020.00 on 22 November 2026. Nothing was charged." in words
        assert "Your credit paid for all of it." in words


def test_what_has_changed_since_is_said_as_it_is(lindqvist: Party, mailbox: Mailbox) -> None:
    renewed(lindqvist)
    Licence.objects.filter(pk=lindqvist.licence.pk).update(cancels_at_period_end=True)
    send_due(at=NOON)
    for words in words_of(mailbox.to(BO)[0]):
        assert "It does not renew." in words
        assert "It renews on" not in words


def test_an_invoice_that_is_not_paid_has_none(lindqvist: Party, mailbox: Mailbox) -> None:
    renewed(lindqvist, status="open")
    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


def test_by_the_month_it_can_be_switched_off_and_by_the_year_it_cannot(
    okafor: Party, lindqvist: Party, mailbox: Mailbox
) -> None:
    for party, address in ((okafor, ADA), (lindqvist, BO)):
        OptOut.objects.create(customer=party.customer, address=address, kind="renewal_receipt", at=NOON)
        invoice = invoice_of(party.customer, number=f"R-{party.customer.pk}", total=18_400, at=NOON)
        owed(party, "renewal_receipt", invoice)

    send_due(at=NOON)

    assert not mailbox.to(ADA)
    assert mailbox.to("fay@demo.test")[0]["List-Unsubscribe"]
    assert mailbox.to(BO)[0]["List-Unsubscribe"] is None
    assert Notice.objects.filter(kind="renewal_receipt").count() == 2
