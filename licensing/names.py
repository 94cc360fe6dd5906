"""Names and notes that people give, made so that they read as what they are wherever they stand."""

from __future__ import annotations

import unicodedata

# Without these two, words of some scripts and some emoji fall apart.
JOINERS = {"\u200c", "\u200d"}
# Control characters, line and paragraph separators, what has no character; and marks without a shape of their own,
# among them those that turn the direction in which the rest of a page is read.
ENDS = {"Cc", "Zl", "Zp"}
SHAPELESS = {"Cf", "Cs", "Cn", "Co"}


def plain_name(text: str) -> str:
    """`text` as one line of characters that can be seen; empty where there are none.

    >>> plain_name("Evil\\u202e Ltd\\r\\n  and\\tSons")
    'Evil Ltd and Sons'
    >>> plain_name("\\u200b\\u2060")
    ''
    """
    kept = "".join(" " if unicodedata.category(c) in ENDS else c for c in text if not _is_shapeless(c))
    return " ".join(kept.split()) if any(_is_seen(c) for c in kept) else ""


def plain_lines(text: str) -> str:
    """A note of several lines, each a plain one."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(plain_name(line) for line in lines).strip()


def _is_shapeless(character: str) -> bool:
    return unicodedata.category(character) in SHAPELESS and character not in JOINERS


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"
