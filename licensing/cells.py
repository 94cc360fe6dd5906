"""How a value stands in a file: exactly in JSON, and in a table so that no spreadsheet takes it for a formula."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# A formula begins a cell with one of these, narrow or wide. A spreadsheet that expects other separators than commas
# begins a new cell in the middle of a text, so the place after each of those is a beginning too.
_BEGINS = re.compile(r"(^|[;\t\r\n|])(?=[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20'])")


def exact(value: Any) -> Any:
    """`value` as JSON has it: moments in UTC as ISO 8601, numbers as numbers."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


def inert(value: Any) -> str:
    """`value` as a cell of a table: a text that would be a formula gets an apostrophe before it.

    >>> inert('=HYPERLINK("https://evil.example")'), inert("plain; =1+1"), inert(-450)
    ('\\'=HYPERLINK("https://evil.example")', "plain;' =1+1", '-450')
    """
    value = exact(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _BEGINS.sub(r"\1'", text)
