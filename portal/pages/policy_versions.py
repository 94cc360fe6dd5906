"""Versions of the policy side by side: what one says, and in words what changed from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from portal.models import PolicyVersion
from portal.pages.policy import Chapter, Told

Mark = Literal["same", "gone", "new"]


@dataclass(frozen=True)
class ClauseChange:
    """One clause that is new, is gone, or says something else. `words`: its text in parts, each with its mark."""

    key: str
    kind: Literal["new", "gone", "changed"]
    words: tuple[tuple[Mark, str], ...]


@dataclass(frozen=True)
class Step:
    """One version, and what it changed; `changes` is None for the first one."""

    version: PolicyVersion
    changes: list[ClauseChange] | None


def chapters_of(version: PolicyVersion) -> list[Chapter]:
    """A version as a page has it, without examples."""
    return [
        Chapter(
            one["key"],
            one["title"],
            one["about"],
            [Told(clause["key"], clause["text"], []) for clause in one["clauses"]],
        )
        for one in version.chapters
    ]


def steps() -> list[Step]:
    """Every version with what it changed, newest first. One query."""
    versions = list(PolicyVersion.objects.order_by("in_force_since"))
    later = [Step(version, changes(before.texts, version.texts)) for before, version in pairwise(versions)]
    return [*(Step(version, None) for version in versions[:1]), *later][::-1]


def until(version: PolicyVersion) -> datetime | None:
    """When the version after it came into force; None where it is the newest."""
    later = PolicyVersion.objects.filter(in_force_since__gt=version.in_force_since)
    return later.order_by("in_force_since").values_list("in_force_since", flat=True).first()


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[ClauseChange]:
    """What is said otherwise, first in the order of what holds now, then what is gone.

    >>> changes({"a": "It lasts two days."}, {"a": "It lasts three days."})[0].words
    (('same', 'It lasts'), ('gone', 'two'), ('new', 'three'), ('same', 'days.'))
    """
    found = [
        ClauseChange(key, "changed", _words(before[key], text))
        if key in before
        else ClauseChange(key, "new", (("new", text),))
        for key, text in after.items()
        if before.get(key) != text
    ]
    gone = [ClauseChange(key, "gone", (("gone", text),)) for key, text in before.items() if key not in after]
    return [*found, *gone]


def _words(was: str, now: str) -> tuple[tuple[Mark, str], ...]:
    old, new = was.split(), now.split()
    parts: list[tuple[Mark, str]] = []
    for what, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append(("same", " ".join(old[i:j])))
            continue
        parts += [("gone", " ".join(old[i:j]))] if j > i else []
        parts += [("new", " ".join(new[k:m]))] if m > k else []
    return tuple(parts)
