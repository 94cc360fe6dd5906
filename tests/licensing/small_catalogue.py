"""A small catalogue for tests, as the text of a file."""

from __future__ import annotations

from licensing import catalogue
from licensing.models import Edition
from tests.cast import NOON
from tests.publishing import publish

GOOD = """
[product]
key = "shop"
name = "Shop"
vendor = "Shop Ltd"
support_email = "help@shop.example"

[edition]
key = "2026-05"
name = "May 2026"
rationale = "The first terms."

[[features]]
key = "projects"
name = "Projects"
kind = "limit"
group = "core"
unit = "projects"

[[features]]
key = "sso"
name = "Single sign-on"
kind = "switch"
group = "premium"

[[features]]
key = "support"
name = "Support"
kind = "level"
group = "extended"
levels = [["mail", "by mail"], ["phone", "by phone"]]

[[tiers]]
key = "free"
name = "Free"
rank = 0

[tiers.gives]
projects = 2

[[tiers]]
key = "team"
name = "Team"
rank = 1

[tiers.gives]
projects = "no limit"
sso = true
support = "phone"

[[tiers.claims]]
feature = "projects"
text = "As many projects as you like."

[tiers.prices.month]
USD = 900
JPY = 5000

[tiers.prices.year]
USD = 9000
JPY = 50000
"""


def load(source: str = GOOD) -> Edition:
    return catalogue.load_draft(source=source, at=NOON)


def published(source: str = GOOD) -> Edition:
    return publish(load(source), at=NOON)
