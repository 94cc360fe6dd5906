"""The unit of a count, in the singular where the count is one. Vendors write units in the plural: projects, rows."""

from __future__ import annotations

import re
from functools import lru_cache

# A word at the end, or before what it is counted by. "ms", "Gbps", "status" and "access" are no plurals.
_PLURAL = re.compile(r"\b([A-Za-z][a-z]+[a-rtv-z])(?<!bp)s(?= (?:a|per|of|in|each)\b|$)")
_THE_SAME = {"lens", "news", "serie", "specie"}
_WITH_IE = {"cookie", "movie"}


@lru_cache(maxsize=256)
def unit_for(count: int, unit: str) -> str:
    """`unit` as it is said of `count`.

    >>> unit_for(1, "dashboards"), unit_for(2, "dashboards"), unit_for(1, "entries"), unit_for(1, "calls per day")
    ('dashboard', 'dashboards', 'entry', 'call per day')
    >>> unit_for(1, "GB"), unit_for(1, "ms"), unit_for(1, "API calls"), unit_for(1, "boxes")
    ('GB', 'ms', 'API call', 'box')
    """
    return _PLURAL.sub(_singular, unit, count=1) if count == 1 else unit


def _singular(found: re.Match[str]) -> str:
    stem = found.group(1)
    if stem.lower() in _THE_SAME or found.group(0).lower() in _THE_SAME:
        return found.group(0)
    if stem.endswith("ie") and stem.lower() not in _WITH_IE:
        return f"{stem[:-2]}y"
    return stem[:-1] if re.search(r"(sh|[lnrt]ch|x|ss|zz)e$", stem) else stem
