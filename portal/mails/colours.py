"""Mail programs know no custom properties, so the vendor's one colour is worked into the mail as it is."""

from __future__ import annotations

from portal.pages.accent import contrast

INK, WHITE = "#10211b", "#ffffff"


def reads_on(accent: str) -> str:
    """Ink or white, whichever reads better on `accent` (#rrggbb)."""
    return max((WHITE, INK), key=lambda colour: contrast(_parts(colour), _parts(accent)))


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
