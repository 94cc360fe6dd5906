"""Makes words that strangers wrote harmless in a mail: a name cannot add a header, a line, or a link of its own."""

from __future__ import annotations

import unicodedata

# Control and format characters (line ends, right-to-left overrides, zero widths), surrogates, unassigned ones.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_WORD_JOINER = "\u2060"


def one_line(text: str, *, longest: int = 120) -> str:
    """`text` as one plain line of at most `longest` characters.

    >>> one_line("Evil Ltd\\r\\nBcc: all@example.com")
    'Evil Ltd Bcc: all@example.com'
    """
    kept = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)
    line = " ".join(kept.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def without_links(text: str) -> str:
    """Keep mail programs from turning an address inside a name into a link, by a mark nobody sees."""
    for sign in ("://", "www."):
        text = text.replace(sign, f"{sign[:-1]}{_WORD_JOINER}{sign[-1]}")
    return text


def lines(text: str, *, longest: int = 1000) -> list[str]:
    """A note of several lines, each made harmless, blank ones left out."""
    found = (without_links(one_line(line, longest=longest)) for line in text[:longest].splitlines())
    return [line for line in found if line]
