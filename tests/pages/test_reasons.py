"""Every no leads to its clause, says the smallest change that would turn it, and when it becomes possible by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape

from licensing.invitations import invite
from licensing.models import Role
from licensing.reasons import Example, Reason, Rule
from portal.pages.policy import rulebook
from portal.pages.reasons import told
from portal.templatetags.words import until
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, text_of

ROOT = Path(__file__).resolve().parents[2]
NOS = [
    pytest.param(rule, example, id=f"{rule.key}: {example.words}")
    for part in rulebook()
    for rule in part.clauses
    if isinstance(rule, Rule)
    for example in rule.examples
    if example.says
]


def is_led_to(html: str, rule: str) -> bool:
    return f'href="/policy/#{rule}"' in html


@pytest.mark.parametrize(("rule", "example"), NOS)
def test_a_no_is_told_with_its_change_its_date_and_its_clause(rule: Rule, example: Example) -> None:
    reason = rule.check(*example.given())
    assert reason is not None
    html = told(reason)
    assert html.startswith(f"{escape(reason.text)} {escape(reason.change)}")
    assert is_led_to(html, rule.key)
    assert ("Possible from" in html) == bool(example.when)
    if example.when:
        assert f"Possible from {until(example.when)}." in html


def test_what_is_told_is_inert() -> None:
    assert "&lt;b&gt;" in told(Reason("named", "<b>No.</b>", "Yes."))


def test_a_reason_is_written_in_one_place() -> None:
    """So that none is told without its link: nothing else puts a reason's words on a page."""
    wrote = {
        str(file.relative_to(ROOT))
        for folder, pattern in (("templates", "*.html"), ("portal", "*.py"))
        for file in (ROOT / folder).rglob(pattern)
        if re.search(r"reason\.(text|change)\b", file.read_text())
    }
    assert wrote == {
        "portal/access.py",  # the words of the exception, for the log
        "portal/pages/todo.py",  # the changes as things to do, below the reasons
        "templates/compiled/_reason.html",
        "templates/policy/_chapters.html",  # stands beside the clause
    }


def test_who_may_not_is_told_who_may(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(cast.eve().user)
    for door in ("/billing/", "/team/close/"):
        answer = client.post(door) if door == "/team/close/" else client.get(door)
        assert answer.status_code == 403
        assert "You can ask them to." in text_of(answer)
        assert is_led_to(answer.content.decode(), "roles"), door


def test_the_only_owner_who_leaves_is_led_to_the_rule(ada: Party, sign_in: SignIn) -> None:
    answer = sign_in(ada.user).post("/team/leave/", follow=True)
    assert "Ada Okafor is the only owner. Make somebody else an owner first." in text_of(answer)
    assert is_led_to(answer.content.decode(), "one-owner")


def test_who_cannot_close_is_told_when_they_can(ada: Party, sign_in: SignIn) -> None:
    answer = sign_in(ada.user).post("/team/close/", {"name": ada.customer.name}, follow=True)
    assert f"Possible from {until_in_berlin(ada)}." in text_of(answer)
    assert is_led_to(answer.content.decode(), "closing-when-free")


def until_in_berlin(party: Party) -> str:
    return f"{party.licence.period_end:%-d %B %Y} at 13:00"


def test_a_full_team_is_told_when_its_next_seat_is_free(cy: Party, sign_in: SignIn) -> None:
    for name in ("a", "b", "c", "d"):
        if sign_in(cy.user).get("/team/").context["no_seat"]:
            break
        invite(customer=cy.customer, email=f"{name}@demo.test", role=Role.MEMBER, by=cy.user, at=NOON)
    answer = sign_in(cy.user).get("/team/")
    assert "Possible from 6 December 2026 at 21:00." in text_of(answer)
    assert is_led_to(answer.content.decode(), "seat-free")


def test_what_a_form_refuses_is_led_to_its_rule(ada: Party, sign_in: SignIn) -> None:
    answer = sign_in(ada.user).post("/team/invitations/", {"email": ada.user.email, "role": "member"})
    assert answer.status_code == 422
    assert is_led_to(answer.content.decode(), "invited-once")
    assert "You can change their role in the list of members." in text_of(answer)


def test_why_a_tier_cannot_be_tried_is_led_to_its_rule(ada: Party, sign_in: SignIn) -> None:
    client = sign_in(ada.user)
    client.post("/trials/", {"start": "business"})
    page = client.get("/upgrade/?tier=business").content.decode()
    assert is_led_to(page, "one-trial-at-a-time")


@pytest.mark.usefixtures("nothing_on_sale")
def test_before_anything_is_on_sale_the_way_in_says_why(sign_in: SignIn) -> None:
    page = sign_in(cast.person("Gus")).get("/start/").content.decode()
    assert is_led_to(page, "on-sale")


def test_every_link_to_a_rule_finds_its_clause(visitor: Client) -> None:
    """Whatever stands in a template by hand, too."""
    page = visitor.get("/policy/").content.decode()
    anchors = set(re.findall(r'<li id="([a-z-]+)"', page))
    named = {
        key
        for file in (ROOT / "templates").rglob("*.html")
        for key in re.findall(r"url .policy. %}#([a-z-]+)", file.read_text())
    }
    assert named
    assert named <= anchors
