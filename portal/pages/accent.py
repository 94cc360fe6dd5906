"""Makes one colour of the vendor's readable on light and on dark pages (WCAG 2.2, 1.4.3: 4.5 to 1)."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

PAPER = (251, 250, 246)
NIGHT = (29, 30, 35)
INK = (16, 33, 27)
WHITE = (255, 255, 255)
ENOUGH = 4.6
Colour = tuple[int, int, int]


@lru_cache(maxsize=64)
def style_sheet(accent: str) -> str:
    """The sheet for `accent`, six hexadecimal digits: the colour itself, moved only as far as reading needs."""
    chosen = _colour(accent)
    day = _until_readable(chosen, on=PAPER, toward=(0, 0, 0))
    night = _until_readable(_brightened(chosen), on=NIGHT, toward=WHITE)
    return (
        f":root{{--accent:light-dark({_hex(day)},{_hex(night)});"
        f"--on-accent:light-dark({_hex(_reads_on(day))},{_hex(_reads_on(night))})}}\n"
    )


def accent_digits(accent: str) -> str:
    """The six digits of `#rrggbb`, in lower case; empty where it is no colour, and the pages keep their own."""
    found = re.fullmatch(r"#([0-9a-f]{6})", accent.lower())
    return found[1] if found else ""


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _until_readable(colour: Colour, *, on: Colour, toward: Colour) -> Colour:
    return next(
        mixed
        for step in range(51)
        if contrast(mixed := _mixed(colour, toward, step / 50), on) >= ENOUGH or step == 50
    )


def _reads_on(colour: Colour) -> Colour:
    return max((WHITE, INK), key=lambda text: contrast(text, colour))


def _luminance(colour: Colour) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _brightened(colour: Colour) -> Colour:
    """The same hue for a dark page: lighter, and no louder."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    red, green, blue = colorsys.hls_to_rgb(hue, max(lightness, 0.57), min(saturation, 0.47))
    return round(red * 255), round(green * 255), round(blue * 255)


def _colour(accent: str) -> Colour:
    return int(accent[:2], 16), int(accent[2:4], 16), int(accent[4:6], 16)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
