"""Invitations, questions and answers reach whom they are for, while they are open."""

from datetime import timedelta

import pytest

from licensing.history import COMMAND
from licensing.invitations import invitation_for, invite, resend, revoke
from licensing.licences import change_licence
from licensing.models import Licence
from licensing.upgrade_requests import answer_request, ask_for_upgrade
from portal.mails.outbox import send_due
from tests.cast import NOON, Party, eve
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of

ADA, EVE, FAY, KWAME = "ada@demo.test", "eve@demo.test", "fay@demo.test", "kwame@demo.test"


@pytest.fixture
def roomy(okafor: Party) -> Party:
    """Okafor Bakeries with a seat to spare."""
    licence = Licence.objects.get(pk=okafor.licence.pk)
    change_licence(licence=licence, kind="licence_moved", at=NOON, actor=COMMAND, seats=20)
    return okafor


def test_an_invitation_goes_to_the_invited_address_alone_with_a_link_that_opens(
    roomy: Party, mailbox: Mailbox
) -> None:
    invitation = invite(customer=roomy.customer, email=KWAME, role="billing", by=roomy.user, at=NOON)

    send_due(at=NOON)

    (message,) = mailbox.messages
    assert str(message["To"]) == KWAME
    for words in words_of(message):
        assert "Ada Okafor invites you into Okafor Bakeries on Meridian." in words
        assert "until 6 December 2026" in words
    text, _ = words_of(message)
    token = text.split("/team/join/")[1].split("/")[0]
    assert invitation_for(token) == invitation


def test_an_invitation_taken_back_is_not_sent(roomy: Party, mailbox: Mailbox) -> None:
    invitation = invite(customer=roomy.customer, email=KWAME, role="member", by=roomy.user, at=NOON)
    revoke(invitation=invitation, by=roomy.user, at=NOON)

    assert send_due(at=NOON).dropped == 1
    assert not mailbox.messages


def test_an_invitation_sent_again_before_the_first_left_goes_once(roomy: Party, mailbox: Mailbox) -> None:
    invitation = invite(customer=roomy.customer, email=KWAME, role="member", by=roomy.user, at=NOON)
    resend(invitation=invitation, by=roomy.user, at=NOON + timedelta(minutes=5))

    send_due(at=NOON + timedelta(minutes=6))

    assert len(mailbox.to(KWAME)) == 1


def test_a_question_goes_to_the_owners_with_the_words_and_the_calculator(
    okafor: Party, mailbox: Mailbox
) -> None:
    asker = eve().user
    ask_for_upgrade(
        customer=okafor.customer,
        asked_by=asker,
        tier_key="business",
        note="We are full.\nPlease.",
        at=NOON,
    )

    send_due(at=NOON)

    (message,) = mailbox.messages
    assert str(message["To"]) == ADA
    assert subject_of(message) == "Eve Okafor asks for Business"
    for words in words_of(message):
        assert "We are full." in words
        assert "/upgrade/?tier=business" in words


def test_a_question_that_has_its_answer_is_not_asked_and_the_answer_goes_to_the_asker(
    okafor: Party, mailbox: Mailbox
) -> None:
    asker = eve().user
    request = ask_for_upgrade(customer=okafor.customer, asked_by=asker, tier_key="business", note="", at=NOON)
    answer_request(request=request, granted=False, by=okafor.user, at=NOON, words="In spring.")

    send_due(at=NOON)

    (message,) = mailbox.messages
    assert str(message["To"]) == EVE
    for words in words_of(message):
        assert "Ada Okafor says no to Business for now." in words
        assert "In spring." in words


def test_somebody_who_has_left_hears_no_answer(okafor: Party, mailbox: Mailbox) -> None:
    member = eve()
    request = ask_for_upgrade(
        customer=okafor.customer, asked_by=member.user, tier_key="business", note="", at=NOON
    )
    answer_request(request=request, granted=True, by=okafor.user, at=NOON)
    member.delete()

    send_due(at=NOON)

    assert not mailbox.messages
