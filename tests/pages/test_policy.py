"""Every no has its clause, and every clause its anchor."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.test import Client

from licensing.eligibility import CHANGE_RULES, TRIAL_RULES
from portal.pages.policy import chapters, rule_key
from tests import cast
from tests.pages.conftest import text_of

ROOT = Path(__file__).resolve().parents[2]


def rules_named_in_reasons() -> set[str]:
    """The first argument of every `Reason(…)` in the apps: what a person may be told, and be led to the policy for."""
    found = set()
    for app in ("licensing", "billing", "portal"):
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"
                if named and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
    return found


@pytest.fixture
def clauses() -> set[str]:
    return {clause.key for chapter in chapters(None) for clause in chapter.clauses}


def test_every_rule_has_its_clause(clauses: set[str]) -> None:
    assert {rule_key(rule) for rule in [*CHANGE_RULES, *TRIAL_RULES]} <= clauses


def test_every_reason_that_can_be_given_has_its_clause(clauses: set[str]) -> None:
    assert rules_named_in_reasons() - clauses == set()


def test_no_clause_stands_twice(clauses: set[str]) -> None:
    keys = [clause.key for chapter in chapters(None) for clause in chapter.clauses]
    assert len(keys) == len(clauses)


def test_the_page_is_public_and_names_the_days_of_each_trial(visitor: Client) -> None:
    cast.make_catalogue()
    response = visitor.get("/policy/")
    assert "It lasts: Team 14 days, Business 14 days, Scale 30 days." in text_of(response)
    assert '<li id="tried-once-a-year">' in response.content.decode()


@pytest.mark.usefixtures("nothing_on_sale")
def test_before_anything_is_on_sale_the_rules_stand_all_the_same(visitor: Client) -> None:
    assert "No tier is open to trials today." in text_of(visitor.get("/policy/"))
