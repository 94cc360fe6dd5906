"""A member asks for a tier; those who may spend answer."""

from __future__ import annotations

import pytest

from licensing.models import Event, Notice, UpgradeRequest
from licensing.upgrade_requests import (
    UnableToAsk,
    answer_request,
    ask_for_upgrade,
    open_questions,
    questions_of,
    tiers_to_ask_for,
)
from tests.cast import NOON, ada, eve

pytestmark = pytest.mark.django_db


def asked(note: str = "") -> UpgradeRequest:
    member = eve()
    return ask_for_upgrade(
        customer=member.customer, asked_by=member.user, tier_key="business", note=note, at=NOON
    )


def test_the_owners_are_owed_the_question() -> None:
    asked("Single sign-on, please.")
    notice = Notice.objects.get(kind="upgrade_request")
    assert notice.facts["tier_key"] == "business"
    assert notice.facts["note"] == "Single sign-on, please."
    assert [question.request.note for question in open_questions(eve().customer)] == [
        "Single sign-on, please."
    ]


def test_only_a_higher_tier_can_be_asked_for() -> None:
    member = eve()
    assert "team" not in [tier.key for tier in tiers_to_ask_for(member.customer, at=NOON)]
    for key in ("team", "free", "no-such-tier"):
        with pytest.raises(UnableToAsk) as refused:
            ask_for_upgrade(customer=member.customer, asked_by=member.user, tier_key=key, note="", at=NOON)
        assert refused.value.reason.rule == "higher-tier"


def test_asking_twice_is_asking_once() -> None:
    asked()
    with pytest.raises(UnableToAsk) as refused:
        asked()
    assert refused.value.reason.rule == "asked-once"
    assert Notice.objects.filter(kind="upgrade_request").count() == 1


def test_a_no_comes_with_its_words() -> None:
    request = asked()
    answer_request(request=request, granted=False, by=ada().user, at=NOON, words="Not before spring.")
    (question,) = questions_of(eve().customer, asked_by=eve().user)
    assert (question.request.granted, question.words) == (False, "Not before spring.")
    assert Notice.objects.get(kind="upgrade_answer").facts["words"] == "Not before spring."


def test_a_yes_moves_no_licence() -> None:
    party = ada()
    answer_request(request=asked(), granted=True, by=party.user, at=NOON)
    before = party.licence.tier_id
    party.licence.refresh_from_db()
    assert party.licence.tier_id == before
    assert not open_questions(party.customer)


def test_the_first_answer_stands() -> None:
    request = asked()
    answer_request(request=request, granted=True, by=ada().user, at=NOON)
    assert answer_request(request=request, granted=False, by=ada().user, at=NOON).granted is True
    assert Event.objects.filter(kind="upgrade_request_refused").count() == 0
