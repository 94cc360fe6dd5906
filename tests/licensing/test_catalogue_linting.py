"""What a careful colleague says of terms before anybody buys on them. Each rule, and that it can be satisfied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from licensing import catalogue
from licensing.catalogue.findings import Finding, Severity
from licensing.catalogue.linting import MOST_TIERS, lint
from licensing.catalogue.reading import read_catalogue
from licensing.catalogue.uses import TierUse, uses_of
from licensing.history import COMMAND
from licensing.models import Edition, Licence, Product
from tests.cast import CATALOGUES, NOON, PUBLISHED, TODAY, ada, cy, make_catalogue
from tests.licensing.small_catalogue import GOOD, load

DEMO = (CATALOGUES / f"meridian-{TODAY}.toml").read_text()

WITH_A_SOFA = f"""{GOOD}
[[features]]
key = "sofa"
name = "Sofa"
kind = "switch"
group = "core"
"""


def found_in(source: str) -> list[Finding]:
    return lint(read_catalogue(source).edition)


def within(tier: str, right: str, wrong: str) -> str:
    """The demo's terms with one thing different in one tier."""
    start = DEMO.index(f'key = "{tier}"\nname')
    assert right in DEMO[start:]
    return DEMO[:start] + DEMO[start:].replace(right, wrong, 1)


def claim(feature: str, text: str) -> str:
    return f'[[tiers.claims]]\nfeature = "{feature}"\ntext = "{text}"\n\n'


def without_claims(source: str) -> str:
    kept = [part for part in source.split("\n\n") if not part.startswith("[[tiers.claims]]")]
    return "\n\n".join(kept)


@pytest.mark.parametrize(
    "source", [GOOD, *((CATALOGUES / f"meridian-{k}.toml").read_text() for k in PUBLISHED)]
)
def test_terms_that_are_well_made_have_no_finding(source: str) -> None:
    assert found_in(source) == []


MEND, LOOK = Severity.MEND, Severity.LOOK
CASES = [
    # A higher tier contains the lower one.
    (
        within("business", "rows = 20000000", "rows = 1000000"),
        (MEND, "contains-the-lower"),
        "Business gives less of Rows stored than Team below it: 1,000,000 rows, not 2,000,000 rows. Give Business at "
        "least as much.",
    ),
    (
        within("team", 'exports = "all"\n', ""),
        (MEND, "contains-the-lower"),
        "Team gives less of Exports than Free below it: not included, not CSV.",
    ),
    (
        within("business", 'dashboards = "no limit"', "dashboards = 9"),
        (MEND, "contains-the-lower"),
        "Business gives less of Shared dashboards than Team below it: 9 dashboards, not 10 dashboards.",
    ),
    (
        within("scale", "approvals = true\n", ""),
        (LOOK, "contains-the-lower"),
        "Scale gives less of Approvals than Business below it: not included, not yes.",
    ),
    (
        within("business", "trial_days = 14", "max_seats = 40"),
        (MEND, "contains-the-lower"),
        "Business ends at 40 seats, and Team below it has room for more.",
    ),
    # Every price step names a benefit, and what is named is so.
    (
        without_claims(GOOD),
        (MEND, "step-names-its-benefit"),
        "Team claims nothing, so nobody is told what its price buys. Claim at least one thing that Free does not give",
    ),
    (
        within("business", "[[tiers.claims]]", claim("region", "Your data stay home.") + "[[tiers.claims]]"),
        (MEND, "claim-is-true"),
        "Business claims “Your data stay home.”, and does not include Own region. Make it true, or take the claim",
    ),
    (
        within("business", "[[tiers.claims]]", claim("exports", "Every format.") + "[[tiers.claims]]"),
        (MEND, "claim-is-true"),
        "Business claims “Every format.”, and Team gives as much of Exports: all formats.",
    ),
    (
        within("team", "up to 90 days ago", "up to 30 days ago"),
        (LOOK, "claim-is-true"),
        "Team claims “See and restore what was changed up to 30 days ago.”, and of Version history it gives: 90 days.",
    ),
    (
        DEMO.replace("Somebody who knows you answers within the hour.", "A person answers you within four hours."),
        (LOOK, "claims-differ"),
        "Business and Scale make a claim in the very same words.",
    ),
    # Prices
    (
        within("business", "USD = 3200\n", "USD = 2300\n"),
        (MEND, "prices-rise"),
        "Business costs no more than Team below it in USD by the month.",
    ),
    (
        within("team", "EUR = 21000\n", "EUR = 25300\n"),
        (MEND, "year-is-no-dearer"),
        "A year of Team costs more than twelve months of it in EUR.",
    ),
    (
        within("scale", "JPY = 8800\n", "JPY = 14400\n"),
        (LOOK, "steps-in-proportion"),
        "From Business to Scale the price by the month is multiplied by 3.00 in JPY, and by 1.86 in EUR, 1.84 in USD.",
    ),
    # Tiers that nobody would miss
    (
        within("scale", "USD = 5900", "USD = 3000").replace("EUR = 5400", "EUR = 2800").replace(
            "JPY = 8800", "JPY = 4700").replace("USD = 59000", "USD = 30000").replace(
            "EUR = 54000", "EUR = 28000").replace("JPY = 88000", "JPY = 47000").replace("min_seats = 5\n", ""),
        (LOOK, "dominated"),
        "Nobody has a reason to choose Business: Scale gives at least as much for no more money.",
    ),
    (
        WITH_A_SOFA,
        (LOOK, "given-by-nobody"),
        "No tier includes Sofa.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "what", "words"), CASES)
def test_what_is_wrong_is_found_and_named(source: str, what: tuple[Severity, str], words: str) -> None:
    found = found_in(source)
    hits = [one for one in found if str(one).startswith(words)]
    assert [(one.severity, one.rule) for one in hits] == [what], found


def test_a_tier_that_is_no_dearer_because_it_begins_at_more_seats_is_not_dominated() -> None:
    """Five seats of Scale cost more than one of Business, whatever a seat costs."""
    cheap_scale = within("scale", "USD = 5900", "USD = 3100")
    assert not [one for one in found_in(cheap_scale) if one.rule == "dominated"]


def test_a_flat_price_dominates_only_where_it_is_no_dearer_for_the_fewest_seats() -> None:
    two = """
[[tiers]]
key = "flat"
name = "Flat"
rank = 2
gives = { projects = "no limit", sso = true, support = "phone" }
prices = { month = { USD = { flat = AMOUNT } } }
"""
    small = GOOD[: GOOD.index("[tiers.prices.year]")].replace("JPY = 5000\n", "")
    dominated = {
        amount: [
            one.words for one in found_in(small + two.replace("AMOUNT", amount)) if one.rule == "dominated"
        ]
        for amount in ("900", "901")
    }
    assert (
        dominated["900"]
        == ["Nobody has a reason to choose Team: Flat gives at least as much for no more money."]
        or dominated["900"] == []
    )
    assert dominated["901"] == []


def test_more_tiers_than_fit_beside_each_other_are_too_many() -> None:
    more = "".join(
        f'\n[[tiers]]\nkey = "t{n}"\nname = "T{n}"\nrank = {n}\n{claim("projects", f"More {n}.")}'
        for n in range(2, 6)
    )
    assert len(read_catalogue(GOOD + more).edition.tiers) == MOST_TIERS + 1
    assert [one.words for one in found_in(GOOD + more) if one.rule == "too-many-tiers"] == [
        "There are 6 tiers. More than 5 do not fit beside each other on a page, so nobody compares them all."
    ]


def test_what_must_be_mended_comes_first() -> None:
    source = within("scale", "approvals = true\n", "").replace("USD = 3200\n", "USD = 2300\n")
    assert [one.severity for one in found_in(source)] == sorted(
        [one.severity for one in found_in(source)], key=lambda severity: severity is LOOK
    )
    assert {one.severity for one in found_in(source)} == {MEND, LOOK}


def test_a_value_that_fits_no_feature_is_told_of_by_one_rule_alone() -> None:
    """No file lets it in; a row of a draft may hold it."""
    terms = read_catalogue(GOOD).edition
    free, team = terms.tiers
    unfit = replace(team, gives={**team.gives, "support": "visit", "sso": 3})
    found = lint(replace(terms, tiers=(free, unfit)))
    assert [str(one) for one in found if one.severity is MEND and one.rule == "value-fits"] == [
        "Team gives “3” of Single sign-on, and a switch is yes, or not given at all. Write a value that fits.",
        "Team gives “visit” of Support, and its levels are mail, phone. Write a value that fits.",
    ]
    assert len(found) == 2


# Tiers that nobody holds


def unused(edition: Edition, *, at: datetime) -> list[str]:
    terms = read_catalogue(catalogue.dump(edition)).edition
    uses = uses_of(product_id=edition.product_id, at=at)
    return [one.words for one in lint(terms, uses=uses, at=at) if one.rule == "unused"]


@pytest.mark.django_db
def test_a_tier_is_unused_once_it_was_on_sale_for_a_year_and_nobody_held_it_for_one() -> None:
    edition = make_catalogue()
    assert unused(edition, at=NOON) == []  # nobody holds anything yet
    ada()
    cy()
    uses = uses_of(product_id=edition.product_id, at=NOON)
    assert (uses["team"].holders, uses["free"].holders, uses["scale"].holders) == (1, 1, 0)
    assert uses["scale"] == TierUse(0, False, PUBLISHED["2025-03"])
    assert unused(edition, at=NOON) == [
        "Nobody holds Business, and nobody has for a year.",
        "Nobody holds Scale, and nobody has for a year.",
    ]
    assert unused(edition, at=PUBLISHED["2025-03"] + timedelta(days=300)) == []


@pytest.mark.django_db
def test_whoever_left_a_tier_within_the_year_counts() -> None:
    """Ada moved from Free to Team: nobody holds Free, and somebody has lately."""
    edition = make_catalogue()
    ada()
    assert Licence.objects.filter(tier__key="free").count() == 0
    assert uses_of(product_id=edition.product_id, at=NOON)["free"].held_lately
    assert not uses_of(product_id=edition.product_id, at=NOON + timedelta(days=400))["free"].held_lately


# Publishing


@pytest.mark.django_db
@pytest.mark.usefixtures("nothing_on_sale")
def test_what_must_be_mended_keeps_a_draft_from_being_published() -> None:
    with pytest.raises(catalogue.UnableToPublish) as refusal:
        catalogue.publish(edition=load(without_claims(GOOD)), actor=COMMAND, at=NOON)
    assert refusal.value.faults == (
        "Team claims nothing, so nobody is told what its price buys. Claim at least one thing that Free does not "
        "give, or gives less of.",
    )
    draft = load(WITH_A_SOFA)
    assert catalogue.publish(edition=draft, actor=COMMAND, at=NOON).published_at == NOON
    assert Product.objects.count() == 1
