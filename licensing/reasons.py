"""A Reason: why something is not allowed. A Rule: what gives it, with its clause and its worked examples.

Every "no" in the product is a Reason, and names its rule. The policy page is made of the rules and clauses that stand
beside the code that keeps them, so that what is said is what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

if TYPE_CHECKING:
    from licensing.terms import EditionTerms

Words = str | Promise


@dataclass(frozen=True)
class Reason:
    """The rule, the fact it looked at, the smallest change that would alter the answer, and when that comes by itself.

    `rule` is the rule's key and the anchor of its clause on the policy page. `text`, `change` are whole sentences;
    where nothing need or can be changed, `change` says so. `when` is None where no date is known.
    """

    rule: str
    text: str
    change: str
    when: datetime | None = None


@dataclass(frozen=True)
class Example:
    """A rule worked through: a situation in words, the same as the arguments of the check, and what is said to it.

    `says`, `when`: text and date of the Reason, in English; both empty where the answer is yes.
    """

    words: Words
    given: Callable[[], tuple[Any, ...]]
    says: str = ""
    when: datetime | None = None


@dataclass(frozen=True)
class Clause:
    """A clause that code keeps as a whole, and that tests prove: they bear its key, `@pytest.mark.proves(key)`.

    `words` may name `numbers`, which are read from the constants that the code goes by; they are given today's terms,
    or None where nothing is on sale.
    """

    key: str
    words: Words
    numbers: Callable[[EditionTerms | None], Mapping[str, object]] | None = None

    def text(self, today: EditionTerms | None) -> str:
        """The clause in the reader's language."""
        words = str(self.words)
        return (words % self.numbers(today)).strip() if self.numbers else words


@dataclass(frozen=True)
class Rule(Clause):
    """A clause with the check that asks for it: None where the answer is yes. Its examples are its test."""

    check: Callable[..., Reason | None] = field(kw_only=True)
    examples: tuple[Example, ...] = field(kw_only=True)
