"""Proration by the second, exact, as Stripe reckons it.

An old item is credited and a new one debited whole (quantity included) for the share of the period that is left:
(period end − proration date) / (period end − period start). Each line is rounded by itself: to the nearest minor
unit, an exact half toward minus infinity. The invoice's total is the sum of the rounded lines.

>>> fraction = remaining(1596749288, 1599427688, 1598982148)
>>> prorated(-1000, fraction), prorated(3252, fraction)
(-166, 541)
>>> fraction = remaining(1718643234, 1721235234, 1718661676)
>>> prorated(-2000, fraction), prorated(2500, fraction)
(-1986, 2482)
"""

from __future__ import annotations

import math
from fractions import Fraction


def remaining(period_start: int, period_end: int, at: int) -> Fraction:
    """The share of the period that is left at `at`, exact."""
    return Fraction(period_end - at, period_end - period_start)


def prorated(amount: int, fraction: Fraction) -> int:
    """`amount` minor units times `fraction`, to the nearest, an exact half toward minus infinity."""
    return math.ceil(amount * fraction - Fraction(1, 2))
