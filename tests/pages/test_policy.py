"""Every no has its clause, every clause its anchor, and none stands there that nothing proves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from licensing.eligibility import change_reasons, trial_reasons
from licensing.reasons import Clause, Rule
from licensing.terms import storefront
from portal.facts import facts_of
from portal.pages.policy import rulebook
from tests import cast
from tests.cast import NOON
from tests.pages.conftest import text_of

ROOT = Path(__file__).resolve().parents[2]
CLAUSES: list[Clause] = [clause for part in rulebook() for clause in part.clauses]
KEYS = {clause.key for clause in CLAUSES}


def calls_of(name: str, *folders: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of `name` (or of a class in `name`) in these folders."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                    yield file, node


def proved() -> dict[str, list[str]]:
    """Clause → the tests that say they prove it, of those that every run of all tests runs."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(file.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            marks = [ast.unparse(decorator) for decorator in node.decorator_list]
            if any(re.search(r"mark\.(skip|xfail|benchmark)", mark) for mark in marks):
                continue
            for mark in marks:
                if named := re.fullmatch(r"pytest\.mark\.proves\('([a-z-]+)'\)", mark):
                    found.setdefault(named[1], []).append(f"{file.name}::{node.name}")
    return found


def test_every_reason_that_can_be_given_names_a_clause() -> None:
    named = set()
    for file, call in calls_of("Reason", "licensing", "billing", "portal"):
        assert call.args, f"{file}:{call.lineno} gives its rule by position"
        assert isinstance(call.args[0], ast.Constant), f"{file}:{call.lineno} names its rule in letters"
        named.add(call.args[0].value)
    assert named - KEYS == set()
    assert len(named) > 25


def test_no_clause_stands_twice() -> None:
    assert len(CLAUSES) == len(KEYS)


def test_every_clause_and_rule_of_the_code_stands_in_the_policy() -> None:
    made = {
        call.args[0].value  # type: ignore[attr-defined]
        for name in ("Rule", "Clause")
        for _file, call in calls_of(name, "licensing", "billing", "portal")
    }
    assert made == KEYS


def test_a_clause_without_a_check_is_proved_by_tests() -> None:
    unchecked = {clause.key for clause in CLAUSES if not isinstance(clause, Rule)}
    assert unchecked - proved().keys() == set()


def test_nothing_is_proved_that_is_not_said() -> None:
    assert proved().keys() - KEYS == set()


def test_the_calculator_asks_the_rules_of_the_policy(ada: cast.Party) -> None:
    """Not one that was left in the code beside it: what the rules say one by one is what is said at once."""
    found = facts_of(ada.customer, today=storefront().edition, at=NOON).situation
    from licensing.rules.changing import CHANGE_RULES
    from licensing.rules.situation import Change
    from licensing.rules.trying import TRIAL_RULES

    for tier in found.today.tiers:
        change = Change(tier, found.today, 1, "month")
        said = [reason for rule in CHANGE_RULES if (reason := rule.check(found, change))]
        assert said == change_reasons(found, change)
        tried = [reason for rule in TRIAL_RULES if (reason := rule.check(found, tier))]
        assert tried == trial_reasons(found, tier)


def test_the_page_is_public_and_names_the_days_of_each_trial(visitor: Client) -> None:
    cast.make_catalogue()
    response = visitor.get("/policy/")
    assert "It lasts: Team 14 days, Business 14 days, Scale 30 days." in text_of(response)
    assert '<li id="tried-once-a-year">' in response.content.decode()


def test_the_page_works_the_rules_through(visitor: Client) -> None:
    words = text_of(visitor.get("/policy/"))
    assert (
        "You are four, have invited a fifth, and choose four seats. No: You are 5 people, invitations included; "
        "4 seats are too few. Choose at least 5 seats, or remove people from your team first." in words
    )
    assert "You choose five. This rule lets you." in words
    assert "until 10 March, and want to try Business. No: You are trying Team now. Give it back" in words


@pytest.mark.usefixtures("nothing_on_sale")
def test_before_anything_is_on_sale_the_rules_stand_all_the_same(visitor: Client) -> None:
    assert "No tier is open to trials today." in text_of(visitor.get("/policy/"))
