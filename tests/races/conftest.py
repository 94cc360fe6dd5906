"""The fixtures of buying, for races."""

from tests.billing.conftest import catalogue

__all__ = ["catalogue"]
