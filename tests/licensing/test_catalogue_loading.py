"""Drafting, loading, dumping: what goes in comes out, and every fault is told in words."""

from __future__ import annotations

import hashlib
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licensing import catalogue
from licensing.catalogue.writing import terms_text
from licensing.history import COMMAND
from licensing.models import Claim, Edition, Feature, Grant, Price, Product
from licensing.terms import ClaimTerms, EditionTerms, FeatureTerms, TierTerms, read_edition
from tests.cast import CATALOGUES, NOON, PUBLISHED, TODAY
from tests.licensing.small_catalogue import GOOD, load, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_on_sale")]
FLAT = re.sub(r"JPY = (\d+)", r"JPY = { flat = \1 }", GOOD)


def faults_of_loading(source: str) -> tuple[str, ...]:
    with pytest.raises(catalogue.UnableToLoad) as refusal:
        load(source)
    return refusal.value.faults


@pytest.mark.parametrize(
    "source", [GOOD, FLAT, *((CATALOGUES / f"meridian-{key}.toml").read_text() for key in PUBLISHED)]
)
def test_what_is_dumped_loads_as_the_same_edition(source: str) -> None:
    edition = load(source)
    text, terms = catalogue.dump(edition), terms_text(read_edition(edition))
    again = load(text)
    assert again.pk == edition.pk
    assert catalogue.dump(again) == text
    assert terms_text(read_edition(again)) == terms


def test_a_file_says_the_same_as_its_dump() -> None:
    """Only what has a default is written out, and what is false is left away."""
    source = tomllib.loads((CATALOGUES / f"meridian-{TODAY}.toml").read_text())
    dumped = tomllib.loads(catalogue.dump(load((CATALOGUES / f"meridian-{TODAY}.toml").read_text())))
    for tier in source["tiers"]:
        tier.setdefault("min_seats", 1)
    assert dumped == source


def test_defaults_are_fourteen_days_of_trial_and_one_seat() -> None:
    free, team = load().tiers.all()
    assert (free.trial_days, team.trial_days) == (None, 14)
    assert (team.min_seats, team.max_seats) == (1, None)


def test_a_paid_tier_that_is_not_open_to_trials_stays_so() -> None:
    edition = load(GOOD.replace('name = "Team"', 'name = "Team"\ntrial_days = 0'))
    assert edition.tiers.get(key="team").trial_days is None
    assert load(catalogue.dump(edition)).tiers.get(key="team").trial_days is None


def test_no_limit_is_null_and_false_is_not_given() -> None:
    edition = load(GOOD.replace("sso = true", "sso = false"))
    gives = dict(Grant.objects.filter(tier__key="team").values_list("feature__key", "value"))
    assert gives == {"projects": None, "support": "phone"}
    assert edition.features.count() == 3


def test_loading_again_replaces_the_draft_and_keeps_the_product() -> None:
    first = load()
    second = load(GOOD.replace("projects = 2", "projects = 5").replace('vendor = "Shop Ltd"\n', ""))
    assert first.pk == second.pk
    assert Grant.objects.get(tier__key="free").value == 5
    assert Product.objects.get().vendor == "Shop Ltd"


def test_loading_a_published_edition_unchanged_does_nothing() -> None:
    edition = published()
    reordered = f"# A comment is no term.\n{GOOD}"
    assert load(reordered).pk == edition.pk
    assert catalogue.verify(edition=load(GOOD.replace('name = "Shop"', 'name = "Shoppe"')))


def test_a_published_edition_is_not_loaded_with_other_terms() -> None:
    published()
    (fault,) = faults_of_loading(GOOD.replace("USD = 900", "USD = 950"))
    assert fault == (
        "The edition 2026-05 was published on 22 November 2026 with other terms and never changes; give the new terms "
        "a key of their own (2026-11)."
    )


CASES = [
    ("rank = 1", 'rank = "1"', "The tier 'team': rank must be a whole number, not '1'."),
    ("rank = 1", "rank = true", "The tier 'team': rank must be a whole number, not True."),
    ("rank = 1", "rank = 0", "The file: the rank '0' is there more than once."),
    ("rank = 1", "rank = 40000", "The tier 'team': rank: Ensure this value is less than or equal to 32767."),
    ("rank = 1", "rank = 1\ntrail_days = 3", "The tier 'team': 'trail_days' means nothing here."),
    ('"May 2026"', "5", "[edition]: name must be text, not 5."),
    ('"team"', '"free"', "The file: the tier 'free' is there more than once."),
    ('"team"', '"te am"', "The tier 'te am': key: Enter a valid"),
    ('"Team"', f'"{"T" * 61}"', "The tier 'team': name: Ensure this value has at most 60"),
    ("USD = 900\n", "USD = 9.5\n", "The tier 'team', prices, month: USD must be a whole number, not 9.5."),
    (
        "JPY = 5000\n",
        "JPY = { flat = 1, per = 2 }\n",
        "The tier 'team', prices, month, JPY: 'per' means nothing here.",
    ),
    ("prices.year", "prices.week", "The tier 'team', prices: 'week' means nothing here."),
    (
        "projects = 2",
        "projets = 2",
        "The file: the tier 'free' gives 'projets', and there is no such feature.",
    ),
    ("projects = 2", "projects = 2.5", "The tier 'free', gives: projects must be true, a whole number"),
    ('"switch"', '"knob"', "The feature 'sso': kind must be one of switch, limit, level, not 'knob'."),
    (
        '"premium"',
        '"luxury"',
        "The feature 'sso': group must be one of core, extended, premium, not 'luxury'.",
    ),
    ('["mail", "by mail"]', '"mail"', "The feature 'support': levels must be pairs of a key and its words"),
    ('"help@shop.example"', '"help"', "The product 'shop': support_email: Enter a valid email address."),
    ("[[tiers]]", "[[tiers]]\n[[tiers]]", "The tier number 1: key is missing."),
    ("[product]", "[products]", "The file: product is missing."),
]


MONTH = "The tier 'team', prices, month"
CASES += [
    (
        "projects = 2",
        "projects = 'many'",
        "The tier 'free', gives: projects must be a whole number from 0, or \"no",
    ),
    (
        "projects = 2",
        "projects = -1",
        "The tier 'free', gives: projects must be a whole number from 0, or \"no",
    ),
    ("projects = 2", "projects = true", "The tier 'free', gives: projects must be a whole number from 0, or"),
    ("sso = true", "sso = 3", "The tier 'team', gives: sso must be true, or left away, not 3."),
    (
        "sso = true",
        'sso = "no limit"',
        "The tier 'team', gives: sso must be true, or left away, not 'no limit'.",
    ),
    ('"phone"\n', '"visit"\n', "The tier 'team', gives: support must be one of mail, phone, not 'visit'."),
    (
        "USD = 900\n",
        "USD = 0\n",
        f"{MONTH}: USD must be more than nothing, not 0; a tier without prices is free.",
    ),
    ("USD = 900\n", "USD = { flat = -1 }\n", f"{MONTH}, USD: flat must be more than nothing, not -1;"),
    ("USD = 900\n", "usd = 900\n", f"{MONTH}: 'usd' is no currency that we know; write it as USD, EUR, JPY."),
    ("USD = 900\n", "XQX = 900\n", f"{MONTH}: 'XQX' is no currency that we know"),
    ("rank = 1", "rank = 1\nmin_seats = 0", "The tier 'team': min_seats must be one or more, not 0."),
    (
        "rank = 1",
        "rank = 1\nmax_seats = 0",
        "The tier 'team': max_seats must be 1 or more, or left away, not 0.",
    ),
    (
        "rank = 1",
        "rank = 1\nmin_seats = 5\nmax_seats = 3",
        "The tier 'team': max_seats must be 5 or more, or left away, not 3.",
    ),
]


CLAIM = 'feature = "projects"\ntext = "As many projects as you like."\n'
CASES += [
    (CLAIM, 'text = "More."\n', "The tier 'team', claim number 1: feature is missing."),
    (CLAIM, f'{CLAIM}because = "so"\n', "The tier 'team', claim number 1: 'because' means nothing here."),
    (
        CLAIM,
        f"{CLAIM}[[tiers.claims]]\n{CLAIM}",
        "The file: the claim of 'team' about 'projects' is there more than",
    ),
    (
        CLAIM,
        'feature = "sofa"\ntext = "More."\n',
        "The file: the tier 'team' claims something about 'sofa', and there is no such feature.",
    ),
    ("As many", "m" * 120, "The claim of 'team' about 'projects': text: Ensure this value has at most 120"),
    ('"switch"', '"switch"\nshared = "yes"', "The feature 'sso': shared must be true or false, not 'yes'."),
]


@pytest.mark.parametrize(("right", "wrong", "fault"), CASES)
def test_what_is_wrong_with_a_file_is_told_by_name(right: str, wrong: str, fault: str) -> None:
    faults = faults_of_loading(GOOD.replace(right, wrong, 1))
    assert any(found.startswith(fault) for found in faults), faults
    assert not Edition.objects.exists()


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("[product", "The file is not TOML: "),
        ("", "The file: product is missing."),
        ("tiers = [1]", "The file: tiers must be tables, each written [[tiers]]."),
    ],
)
def test_what_is_no_catalogue_is_refused(source: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of_loading(source))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(catalogue.UnableToLoad, match=r"^The file is not UTF-8 text\.$"):
        catalogue.load_draft(source=b"\xff\xfe", at=NOON)


def test_a_value_is_held_against_its_feature_beside_other_faults() -> None:
    """What stands in for a feature that could not be read is not held against anything."""
    wrong = (
        GOOD.replace("projects = 2", 'projects = "many"').replace('"Team"', "5").replace('"switch"', '"knob"')
    )
    assert len(faults_of_loading(wrong)) == 3


def test_a_file_that_names_its_draft_like_a_published_edition_is_refused() -> None:
    published()
    later = GOOD.replace('key = "2026-05"', 'key = "2026-09"')
    assert faults_of_loading(later) == (
        "[edition]: May 2026 is the name of the published edition 2026-05, and customers meet editions by name. "
        "Give the draft a name of its own.",
    )
    assert load(later.replace("May 2026", "September 2026")).name == "September 2026"
    shop = later.replace('key = "shop"', 'key = "stall"').replace('key = "team"', 'key = "crew"')
    assert load(shop).name == "May 2026", "of another product"


def test_every_fault_is_told_at_once() -> None:
    assert len(faults_of_loading(GOOD.replace("rank = 1", "").replace('unit = "projects"', "unit = 1"))) == 2


def test_what_is_there_twice_is_told_beside_what_cannot_be_read() -> None:
    """A rank that two tiers have, an amount that is no whole number, a value that its feature cannot take."""
    wrong = (
        GOOD.replace("rank = 1", "rank = 0")
        .replace("USD = 900\n", "USD = 9.5\n")
        .replace("projects = 2", 'projects = "many"')
    )
    assert set(faults_of_loading(wrong)) == {
        "The file: the rank '0' is there more than once.",
        "The tier 'team', prices, month: USD must be a whole number, not 9.5.",
        "The tier 'free', gives: projects must be a whole number from 0, or \"no limit\", not 'many'.",
    }


def test_what_stands_in_for_a_missing_key_is_neither_there_twice_nor_unknown() -> None:
    """Two tiers without a rank have no rank in common; a feature without a key may be the one that is given."""
    assert not any(
        "more than once" in fault for fault in faults_of_loading(GOOD.replace("rank = ", "rang = "))
    )
    assert not any(
        "no such feature" in fault for fault in faults_of_loading(GOOD.replace('key = "sso"', 'kee = "sso"'))
    )


def test_a_lookup_key_belongs_to_one_product() -> None:
    load()
    faults = faults_of_loading(GOOD.replace('key = "shop"', 'key = "stall"'))
    assert "The lookup key team-2026-05-month-usd belongs to a price of Shop already." in faults
    assert Product.objects.count() == 1


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


@given(rationale=words, about=words, tagline=words)
@settings(max_examples=60, deadline=None)
def test_any_words_survive_the_file(rationale: str, about: str, tagline: str) -> None:
    """Quotes, backslashes, line breaks, control characters: TOML has a way to write each."""
    feature = FeatureTerms("a", "A", "switch", "core", "", False, (), about)
    tier = TierTerms(0, "free", "Free", 0, tagline, None, 1, None, {"a": True}, ())
    terms = EditionTerms(0, 0, "e", "E", rationale, (feature,), (tier,))
    data: dict[str, Any] = tomllib.loads(terms_text(terms))
    assert data["edition"]["rationale"] == rationale
    assert data["features"][0]["about"] == about
    assert data["tiers"][0]["tagline"] == tagline


# Claims, and features that earlier editions share in


def test_claims_are_kept_in_their_order_and_a_shared_feature_is_marked() -> None:
    more = GOOD.replace(CLAIM, f'feature = "sso"\ntext = "Your own accounts."\n\n[[tiers.claims]]\n{CLAIM}')
    terms = read_edition(load(more.replace('"switch"', '"switch"\nshared = true')))
    assert [tier.claims for tier in terms.tiers] == [
        (),
        (ClaimTerms("sso", "Your own accounts."), ClaimTerms("projects", "As many projects as you like.")),
    ]
    assert [feature.key for feature in terms.features if feature.shared] == ["sso"]


def test_terms_without_claims_read_as_they_did_before_there_were_any() -> None:
    """What is published keeps its hash, so the text of such terms never changes."""
    plain = GOOD.replace(f"[[tiers.claims]]\n{CLAIM}\n", "")
    text = terms_text(read_edition(load(plain)))
    assert "claims" not in text
    assert "shared" not in text
    assert (
        hashlib.sha256(text.encode()).hexdigest()
        == "8e868c0b019e3c29434c4bd2591476b9d903c4ed1f97ac0d1c2df7f819286e32"
    )


def test_the_hash_of_a_draft_is_the_one_that_publishing_stores() -> None:
    draft = load()
    before = catalogue.draft_hash(draft)
    Claim.objects.update(text="Every project you like.")
    after_a_claim = catalogue.draft_hash(draft)
    Feature.objects.filter(key="sso").update(shared=True)
    now = catalogue.draft_hash(draft)
    assert len({before, after_a_claim, now}) == 3
    assert catalogue.publish(edition=draft, actor=COMMAND, at=NOON).content_hash == now


def test_an_edition_is_read_in_five_queries(django_assert_num_queries: Any) -> None:
    edition = load()
    with django_assert_num_queries(5):
        read_edition(edition)


# Copies


def test_a_copy_differs_in_key_name_and_rationale_only() -> None:
    edition = published()
    copy = catalogue.draft_from(edition=edition, key="2026-06", name="June 2026")
    assert copy.published_at is None
    assert copy.rationale == ""
    assert (
        Price.objects.filter(tier__edition=copy)
        .values_list("lookup_key", flat=True)[0]
        .startswith("team-2026-06-")
    )
    theirs = catalogue.dump(copy).replace("2026-06", "2026-05").replace("June", "May")
    assert theirs.replace('rationale = ""', 'rationale = "The first terms."') == catalogue.dump(edition)


def test_a_copy_needs_a_key_of_its_own() -> None:
    edition = published()
    with pytest.raises(catalogue.UnableToLoad, match=r"There is an edition 2026-05 of Shop already\."):
        catalogue.draft_from(edition=edition, key="2026-05", name="Again")
