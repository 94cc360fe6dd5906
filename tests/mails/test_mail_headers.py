"""Every mail says who it is from and what it is, in two readable parts; no name in it can do more than be read."""

from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from licensing.invitations import invite
from licensing.models import Customer, Product
from portal.mails.inert import lines, one_line, without_links
from portal.mails.outbox import send_due
from portal.models import User
from tests.cast import NOON, Party, cy, make_catalogue, person
from tests.infra.mailbox import Mailbox
from tests.mails.reading import html_of, subject_of, text_of, words_of
from tests.mails.scenes import owed, settled_order

ADA = "ada@demo.test"


def test_headers_name_the_sender_the_list_and_that_no_person_wrote(
    okafor: Party, mailbox: Mailbox, settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "billing@vendor.example"
    owed(okafor, "receipt", settled_order(okafor))

    send_due(at=NOON)

    message = mailbox.to(ADA)[0]
    assert str(message["From"]) == "Meridian <billing@vendor.example>"
    assert str(message["Reply-To"]) == "help@meridian.example"
    assert str(message["List-Id"]) == "<receipt.notices.testserver>"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert str(message["Message-ID"]).endswith("@testserver>")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_every_link_is_absolute_and_nothing_is_fetched(
    okafor: Party, mailbox: Mailbox, settings: Settings
) -> None:
    settings.BASE_URL = "https://portal.vendor.example"
    owed(okafor, "receipt", settled_order(okafor))

    send_due(at=NOON)

    body = html_of(mailbox.to(ADA)[0])
    assert "https://portal.vendor.example/plan/" in text_of(mailbox.to(ADA)[0])
    targets = [part.split('"')[0] for part in body.split('href="')[1:]]
    assert targets
    assert all(urlsplit(target).scheme in ("https", "mailto") for target in targets)
    for fetched in ("<img", "<link", "@import", "<script", "url("):
        assert fetched not in body


def test_dates_and_amounts_are_the_readers_own(db: None, mailbox: Mailbox) -> None:
    make_catalogue()
    party = cy()  # reads en_US, lives in Tokyo
    invite(
        customer=party.customer, email="kei@demo.test", role="member", by=party.user, at=NOON.replace(hour=16)
    )

    send_due(at=NOON.replace(hour=16))

    for words in words_of(mailbox.messages[0]):
        assert "December 7, 2026" in words  # in Tokyo the day has turned


def test_a_name_cannot_add_a_header_or_a_recipient(okafor: Party, mailbox: Mailbox) -> None:
    evil = "Evil Ltd\r\nBcc: victim@example.com\r\n\r\nBuy now"
    Customer.objects.filter(pk=okafor.customer.pk).update(
        name=evil,
    )
    Product.objects.update(name="Meri\r\nX-Evil: 1", vendor='Meri"dian\nWorks')
    User.objects.filter(pk=okafor.user.pk).update(name="Ada\nBcc: victim@example.com")
    okafor.licence.__class__.objects.filter(pk=okafor.licence.pk).update(seats=20)
    invite(
        customer=Customer.objects.get(pk=okafor.customer.pk),
        email="kwame@demo.test",
        role="member",
        by=User.objects.get(pk=okafor.user.pk),
        at=NOON,
    )

    assert send_due(at=NOON).sent == 1

    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert str(message["To"]) == "kwame@demo.test"
    assert subject_of(message).startswith("An invitation to Evil Ltd Bcc: victim@example.com")
    assert "\nBcc:" not in text_of(message)


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script> & Sons", "</mj-text><mj-raw>", "{{ 7 }}{% x %}", "\u202eliated\x00\x1b["],
)
def test_markup_in_a_name_is_only_text(okafor: Party, mailbox: Mailbox, name: str) -> None:
    Customer.objects.filter(pk=okafor.customer.pk).update(name=name.replace("\x00", ""))
    owed(okafor, "receipt", settled_order(okafor))

    assert send_due(at=NOON).sent == 2

    body = html_of(mailbox.to(ADA)[0])
    for live in ("<script", "<mj-", "\u202e", "\x1b"):
        assert live not in body
    assert one_line(name.replace("\x00", "")) in words_of(mailbox.to(ADA)[0])[1]


def test_an_address_in_a_name_does_not_become_a_link_to_a_stranger(db: None, mailbox: Mailbox) -> None:
    make_catalogue()
    party = cy()
    Customer.objects.filter(pk=party.customer.pk).update(name="You won! http://evil.example www.evil.example")
    person("Mallory https://evil.example")
    invite(
        customer=Customer.objects.get(pk=party.customer.pk),
        email="kei@demo.test",
        role="member",
        by=User.objects.get(email="mallory@demo.test"),
        at=NOON,
    )

    send_due(at=NOON)

    (message,) = mailbox.messages
    for words in words_of(message):
        assert "http://evil" not in words
        assert "https://evil" not in words
        assert "www.evil" not in words


def test_inert_words() -> None:
    assert one_line("a\r\n\tb\u200b c") == "a b c"
    assert one_line("x" * 200, longest=10) == "xxxxxxxxx…"
    assert "://" not in without_links("see http://x.example")
    assert lines("one\n\n two \r\nthree") == ["one", "two", "three"]
