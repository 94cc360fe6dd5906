"""Receipts, failed payments and ends: exact amounts, and only while they are so."""

from datetime import timedelta

from billing.models import Invoice, Order, Payer
from licensing.models import Licence, OptOut
from portal.mails.about_payments import AboutOrder
from portal.mails.kinds import KINDS
from portal.mails.outbox import send_due
from tests.cast import NOON, Party
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.mails.scenes import falls_back_to_free, invoice_of, owed, paid_twice, settled_order

ADA, DI = "ada@demo.test", "di@demo.test"


def test_a_receipt_shows_the_sum_that_was_charged_what_is_new_and_the_next_date_and_amount(
    okafor: Party, mailbox: Mailbox
) -> None:
    Payer.objects.filter(customer=okafor.customer).update(tax_percent="19", tax_name="VAT")
    owed(okafor, "receipt", settled_order(okafor))

    send_due(at=NOON)

    (message,) = mailbox.to(ADA)
    assert subject_of(message) == "Receipt: US$16.07 for Business"
    for words in words_of(message):
        for amount in ("−US$34.50", "US$48.00", "US$2.57", "US$16.07", "US$304.64"):
            assert amount in words
        for line in ("Business, 8 seats", "Team, time not used", "up to 14 December 2026, already billed"):
            assert line in words, "as the quote's page has it"
        assert "VAT 19 %" in words
        assert "You have Business for 8 people." in words
        assert "Projects without a limit" in words
        assert "It renews on 14 December 2026" in words
        assert "https://invoice.stripe.example/M-7" in words


def test_a_receipt_names_the_card_that_paid_and_no_other(
    okafor: Party, lindqvist: Party, mailbox: Mailbox
) -> None:
    on_file = okafor.customer.payer.payment_method_id
    for party, number, paid_with in ((okafor, "M-7", on_file), (lindqvist, "M-8", "pm_another")):
        order = settled_order(party, invoice=number)
        owed(party, "receipt", order)
        Invoice.objects.filter(stripe_id=order.stripe_invoice_id).update(paid_with=paid_with)

    send_due(at=NOON)

    for words in words_of(mailbox.to(ADA)[0]):
        assert "US$16.07 was paid on 22 November 2026 from Visa ·· 4242." in words
    for words in words_of(mailbox.to("bo@demo.test")[0]):
        assert "16.07 was paid on 22 November 2026." in words
        assert "Visa" not in words


def test_a_receipt_cannot_be_opted_out_of(okafor: Party, mailbox: Mailbox) -> None:
    OptOut.objects.create(customer=okafor.customer, address=ADA, kind="receipt", at=NOON)
    owed(okafor, "receipt", settled_order(okafor))

    send_due(at=NOON)

    assert mailbox.to(ADA)[0]["List-Unsubscribe"] is None


def test_no_receipt_for_an_order_that_is_not_settled(okafor: Party, mailbox: Mailbox) -> None:
    order = settled_order(okafor)
    owed(okafor, "receipt", order)
    pending = Order(pk=order.pk, state=Order.State.PENDING)

    notice = okafor.customer.notices.get(kind="receipt")
    assert not KINDS["receipt"].is_true(AboutOrder(pending, None, None, None), notice, NOON)


def test_a_failed_payment_says_what_failed_what_stays_and_where_to_pay(
    marsh: Party, mailbox: Mailbox
) -> None:
    invoice = invoice_of(marsh.customer, number="D-9", total=8700, at=NOON - timedelta(days=2), status="open")
    owed(marsh, "payment_failed", marsh.licence, period=invoice.stripe_id)

    send_due(at=NOON)

    (message,) = mailbox.to(DI)
    assert subject_of(message) == "The payment of €87.00 for Business did not go through"
    for words in words_of(message):
        assert "On 20 November 2026 we could not charge €87.00 to Visa ·· 4242. No money has moved." in words
        assert "you have Business as before" in words
        assert "you go on with Free" in words
        assert "https://invoice.stripe.example/D-9" in words
        assert "No further try is planned by itself" in words


def test_a_failed_payment_names_the_next_try_while_it_lies_ahead(marsh: Party, mailbox: Mailbox) -> None:
    invoice = invoice_of(
        marsh.customer,
        number="M-8",
        total=9600,
        at=NOON,
        status="open",
        next_attempt_at=NOON + timedelta(days=3),
    )
    owed(marsh, "payment_failed", marsh.licence, period=invoice.stripe_id)

    send_due(at=NOON)

    (message,) = mailbox.to(DI)
    for words in words_of(message):
        assert "tried again by itself on Wednesday 25 November" in words


def test_a_failed_payment_is_told_even_before_its_invoice_is_known_here(
    marsh: Party, mailbox: Mailbox
) -> None:
    owed(marsh, "payment_failed", marsh.licence, period="in_unseen")

    send_due(at=NOON)

    for words in words_of(mailbox.to(DI)[0]):
        assert "/billing/" in words


def test_a_payment_that_came_after_all_is_not_called_failed(marsh: Party, mailbox: Mailbox) -> None:
    owed(marsh, "payment_failed", marsh.licence, period="in_D-9")
    Licence.objects.filter(pk=marsh.licence.pk).update(state=Licence.State.ACTIVE, past_due_since=None)

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


def test_of_two_failed_payments_that_wait_only_the_later_is_told(marsh: Party, mailbox: Mailbox) -> None:
    owed(marsh, "payment_failed", marsh.licence, period="in_1")
    owed(marsh, "payment_failed", marsh.licence, period="in_2", at=NOON + timedelta(minutes=1))

    counts = send_due(at=NOON + timedelta(hours=1))

    assert (counts.sent, counts.dropped) == (1, 1)


def test_a_second_payment_that_went_back_is_told_with_amount_way_and_what_stays(
    okafor: Party, mailbox: Mailbox
) -> None:
    order = paid_twice(okafor)
    owed(okafor, "payment_given_back", order)

    send_due(at=NOON)

    (message,) = mailbox.to(ADA)
    assert subject_of(message) == "You paid twice: US$16.07 was given back"
    for words in words_of(message):
        assert (
            "On 22 November 2026 we gave the second one, US$16.07, back to the card it was paid with."
            in words
        )
        assert "within 5 to 10 working days" in words
        assert "Nothing else changed: you have Business, paid for once" in words
        assert "You need not do anything." in words
        assert "credit" not in words
        assert f"/upgrade/quotes/{order.quote_id}/" in words


def test_of_a_second_payment_what_came_from_credit_is_said_to_be_credit_again(
    okafor: Party, mailbox: Mailbox
) -> None:
    owed(okafor, "payment_given_back", paid_twice(okafor, refunded=1000, credit=607))

    send_due(at=NOON)

    (message,) = mailbox.to(ADA)
    assert subject_of(message) == "You paid twice: US$16.07 was given back"
    for words in words_of(message):
        assert "US$10.00, back to the card" in words
        assert "US$6.07 of it that came from your credit is your credit again." in words


def test_of_a_second_payment_what_stripe_would_not_give_back_is_said_to_be_owed(
    okafor: Party, mailbox: Mailbox
) -> None:
    order = paid_twice(okafor, refunded=0, credit=607, refused="charge_disputed")
    Order.objects.filter(pk=order.pk).update(charged=1000, needs_staff="Stripe refuses to undo it.")
    owed(okafor, "payment_given_back", order)

    send_due(at=NOON)

    (message,) = mailbox.to(ADA)
    assert subject_of(message) == "You paid twice: US$6.07 was given back, US$10.00 is still owed to you"
    for words in words_of(message):
        assert "You paid twice. We still owe you US$10.00." in words
        assert "US$6.07 of it that came from your credit is your credit again." in words
        assert "Stripe did not let us give US$10.00 back by ourselves." in words
        assert "The second payment was given back" not in words


def test_of_a_second_payment_a_debt_that_stands_again_is_named(okafor: Party, mailbox: Mailbox) -> None:
    owed(okafor, "payment_given_back", paid_twice(okafor, credit=-30))

    send_due(at=NOON)

    for words in words_of(mailbox.to(ADA)[0]):
        assert "US$0.30 of it was left over from an earlier payment, and comes with your next one." in words


def test_nothing_is_said_to_be_given_back_before_it_is(okafor: Party, mailbox: Mailbox) -> None:
    owed(okafor, "payment_given_back", paid_twice(okafor, refunded=None))

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


def test_a_refund_that_did_not_arrive_is_told_with_what_is_still_owed(
    okafor: Party, mailbox: Mailbox
) -> None:
    order = paid_twice(okafor, refunded=0, refused="refund_failed")
    owed(okafor, "refund_failed", order)

    send_due(at=NOON)

    (message,) = mailbox.to(ADA)
    assert subject_of(message) == "Your refund of US$16.07 did not arrive"
    for words in words_of(message):
        assert "We still owe it to you." in words
        assert "The bank could not put US$16.07 on that card, and sent it back to us." in words
        assert "you have Business, paid for once" in words
        assert "credit" not in words
        assert f"/upgrade/quotes/{order.quote_id}/" in words


def test_what_did_not_arrive_is_not_said_to_be_given_back_any_more(okafor: Party, mailbox: Mailbox) -> None:
    owed(okafor, "payment_given_back", paid_twice(okafor, refunded=0, credit=607, refused="refund_failed"))

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


def test_a_refund_is_not_said_to_have_failed_that_arrived(okafor: Party, mailbox: Mailbox) -> None:
    owed(okafor, "refund_failed", paid_twice(okafor))

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


def test_the_end_of_a_licence_says_what_is_there_now(marsh: Party, mailbox: Mailbox) -> None:
    licence = falls_back_to_free(marsh.licence, at=NOON)
    owed(marsh, "licence_ended", licence, period="v2", tier="Business")

    send_due(at=NOON)

    for words in words_of(mailbox.to(DI)[0]):
        assert "You go on with Free." in words
        assert (
            "Business ended on 22 November 2026 because its payment did not come. Its invoice is taken back."
            in words
        )
        assert "Projects: 3" in words


def test_an_end_is_not_told_to_somebody_who_came_back(marsh: Party, mailbox: Mailbox) -> None:
    owed(marsh, "licence_ended", marsh.licence, period="v2", tier="Business")

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages
