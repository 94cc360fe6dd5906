"""The notice clock: the earliest moment at which a change may take effect, from the moment a customer was told.

The days stand in `NoticeRule`: the vendor's policy for everybody, and more for a jurisdiction where that is more
careful. They are a setting of the vendor's and not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from babel import Locale
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from licensing.models import NoticeRule
from licensing.reasons import Clause
from licensing.terms import EditionTerms

Kind = NoticeRule.Kind


@dataclass(frozen=True)
class Period:
    """Whole days of notice, and where the number is from."""

    days: int
    source: str


@dataclass(frozen=True)
class Earliest:
    """`at` is the first moment at which the change may be in effect."""

    at: datetime
    days: int
    source: str


def _periods(_today: EditionTerms | None) -> dict[str, object]:
    """The days as they stand now, and the countries where they are more. One query."""
    clock = NoticeClock.read()
    policy = clock.policy()
    countries = Locale.parse(to_locale(get_language() or "en")).territories
    longer = [
        _("%(kind)s in %(country)s %(days)d days")
        % {
            "kind": Kind(kind).label,
            "country": countries.get(country, country),
            "days": period.days,
        }
        for kind in policy
        for country, period in clock.longer_in(kind).items()
    ]
    return {
        "days": ", ".join(
            _("%(kind)s %(days)d days") % {"kind": Kind(kind).label, "days": period.days}
            for kind, period in policy.items()
        )
        or _("none is stated yet, so nothing of the kind happens"),
        "longer": _("Longer: %(longer)s.") % {"longer": ", ".join(longer)} if longer else "",
    }


NOTICE_PERIODS = Clause(
    "notice-periods",
    words(
        "What you hold changes for the worse only after we have told you, by whole days of your own time zone: "
        "%(days)s. %(longer)s"
    ),
    _periods,
)


class NoPolicy(LookupError):
    """The vendor has no policy for this kind of change, so there is no date on which it may take effect."""


class NoticeClock:
    """All rules, read once; then it answers for any number of customers without a query."""

    def __init__(self, rules: Iterable[NoticeRule]) -> None:
        self._periods = {(rule.kind, rule.jurisdiction): Period(rule.days, rule.source) for rule in rules}

    @classmethod
    def read(cls) -> NoticeClock:
        """The rules as they stand now. One query."""
        return cls(NoticeRule.objects.all())

    def period(self, *, kind: str, country: str = "") -> Period:
        """The longer of the vendor's policy and the country's rule; of equal ones, the policy. Raises NoPolicy.

        Where the policy says 30 and Germany 42: in Germany 42, elsewhere 30. Where it says 60: in both 60.
        """
        policy, there = self._periods.get((kind, "")), self._periods.get((kind, country))
        if policy is None:
            raise NoPolicy(kind)
        return there if there and there.days > policy.days else policy

    def earliest(self, *, kind: str, country: str, zone: tzinfo, told_at: datetime) -> Earliest:
        """When a change of `kind` may take effect for somebody in `country` who was told at `told_at`. Raises NoPolicy.

        Days are whole days of the customer's `zone`. The day of telling does not count, and the change may be in effect
        from the first moment of the day after the last; whoever is told at breakfast has as long as who is told at
        night. With 30 days, in Berlin:

        * told on 1 March 2027 at 09:00 → from 1 April, 00:00 in Berlin (31 March, 22:00 UTC: summer time has begun)
        * told on 1 March at 23:59 → the same; told a minute later, on 2 March → from 2 April
        * told on 31 December at 23:30 UTC, which is 1 January in Berlin → from 1 February, 00:00 in Berlin
        """
        period = self.period(kind=kind, country=country)
        first_day = told_at.astimezone(zone).date() + timedelta(days=period.days + 1)
        at = datetime.combine(first_day, time(), tzinfo=zone)
        return Earliest(at.astimezone(UTC), period.days, period.source)

    def policy(self) -> dict[str, Period]:
        """Kind → the vendor's own period, for the page that states it."""
        return {kind: self._periods[kind, ""] for kind in Kind.values if (kind, "") in self._periods}

    def longer_in(self, kind: str) -> dict[str, Period]:
        """Country → its period, where that is longer than the vendor's policy, by country."""
        policy = self.period(kind=kind)
        return {
            country: period
            for (of, country), period in sorted(self._periods.items())
            if of == kind and country and period.days > policy.days
        }


def earliest(*, kind: str, country: str, zone: tzinfo, told_at: datetime) -> Earliest:
    """`NoticeClock.earliest` for one customer. One query. Raises NoPolicy."""
    return NoticeClock.read().earliest(kind=kind, country=country, zone=zone, told_at=told_at)


NOT_LEGAL_ADVICE = (
    "A careful reading, by people who are not lawyers, so that nobody is told too late. It is not legal advice: "
    "have the number checked for your contracts and customers."
)
# (kind, jurisdiction, days, source): what stands until the vendor says otherwise. A country is named where it asks
# for more than the policy, or where its number is worth keeping should the policy be shortened.
DEFAULTS = (
    (Kind.PRICE_RISE, "", 30, "The vendor’s policy: a month, as long as the shortest period paid."),
    (Kind.FEATURE_LOSS, "", 60, "The vendor’s policy: two months, to find and try something else."),
    (Kind.EDITION_SUNSET, "", 90, "The vendor’s policy: a quarter, to compare, budget and move."),
    (
        Kind.PRICE_RISE,
        "DE",
        42,
        "Germany, Civil Code § 308 no. 5: an adequate time to object. The law has no number; six weeks are cautious.",
    ),
    (
        Kind.PRICE_RISE,
        "AT",
        60,
        "Austria, Consumer Protection Act § 6 (1) no. 2: a reasonable time to object. No number; 60 is cautious.",
    ),
    (
        Kind.PRICE_RISE,
        "CA",
        30,
        "Canada, Quebec’s Consumer Protection Act s. 11.2: 30 days in writing before a contract is changed.",
    ),
    (
        Kind.PRICE_RISE,
        "KR",
        30,
        "South Korea, Act on Consumer Protection in Electronic Commerce: told 30 days before a recurring price rises.",
    ),
    (
        Kind.PRICE_RISE,
        "US",
        30,
        "California, Bus. & Prof. Code § 17602: told 7 to 30 days before a fee changes. The nearer mails fall into it.",
    ),
)


def ensure_rules(rules: type[NoticeRule] = NoticeRule) -> None:
    """Write the careful defaults into an empty table; one that has rules is the vendor's and is left alone."""
    if not rules._default_manager.exists():
        rules._default_manager.bulk_create(
            [
                rules(kind=kind, jurisdiction=place, days=days, source=source, note=NOT_LEGAL_ADVICE)
                for kind, place, days, source in DEFAULTS
            ]
        )
