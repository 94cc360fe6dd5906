"""Every rule is its clause, its check and its worked examples; the examples are what it is held to."""

from __future__ import annotations

import pytest
from django.utils.functional import Promise

from licensing.eligibility import WAIVABLE
from licensing.reasons import Example, Rule
from licensing.rules.changing import CHANGE_RULES
from licensing.rules.words import IN_THE_WAY, WAIVED
from portal.pages.policy import rulebook

RULES = [clause for part in rulebook() for clause in part.clauses if isinstance(clause, Rule)]
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.key}: {example.words}")
    for rule in RULES
    for example in rule.examples
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_says_what_its_example_says(rule: Rule, example: Example) -> None:
    reason = rule.check(*example.given())
    if not example.says:
        assert reason is None
        return
    assert reason is not None
    assert (reason.rule, reason.text, reason.when) == (rule.key, example.says, example.when)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_rule_is_worked_through_both_ways(rule: Rule) -> None:
    """An example in which it says no, and one in which it lets them; a rule that only ever says one is none."""
    assert {bool(example.says) for example in rule.examples} == {True, False}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_every_no_says_the_smallest_change_in_whole_sentences(rule: Rule, example: Example) -> None:
    if (reason := rule.check(*example.given())) is None:
        return
    for sentence in (reason.text, reason.change):
        assert sentence[0].isupper() or sentence[0].isdigit() or "@" in sentence.split(" ")[0], sentence
        assert sentence.endswith("."), sentence
    assert reason.change != reason.text


def test_words_are_looked_up_when_they_are_read_so_that_a_rule_speaks_the_readers_language() -> None:
    for part in rulebook():
        for clause in part.clauses:
            assert isinstance(clause.words, Promise), clause.key
    for rule in RULES:
        assert all(isinstance(example.words, Promise) for example in rule.examples), rule.key


def test_staff_read_in_words_what_stands_in_the_way_and_what_is_waived() -> None:
    assert {rule.key for rule in CHANGE_RULES} <= set(IN_THE_WAY)
    assert set(WAIVED) == set(WAIVABLE)
