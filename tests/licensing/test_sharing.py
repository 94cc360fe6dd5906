"""The kinder of the two: what a later edition shares reaches earlier ones, where it gives more, and never goes away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.entitlements import entitlements
from licensing.history import COMMAND
from licensing.licences import open_free_licence
from licensing.measuring import is_kinder
from licensing.models import Customer
from licensing.sharing import in_force, lay_over, publications
from licensing.standing import standing_of
from licensing.terms import EditionTerms, FeatureTerms, TierTerms, edition_terms
from tests.cast import NOON
from tests.licensing.small_catalogue import GOOD, load, published

LEVELS = (("mail", "by mail"), ("chat", "by chat"), ("phone", "by phone"))
KINDS: dict[str, FeatureTerms] = {
    "projects": FeatureTerms("projects", "Projects", "limit", "core", "projects", False, (), ""),
    "sso": FeatureTerms("sso", "SSO", "switch", "core", "", False, (), ""),
    "support": FeatureTerms("support", "Support", "level", "core", "", False, LEVELS, ""),
}


def edition(
    number: int, *, shares: str = "", features: dict[str, FeatureTerms] | None = None, **tiers: dict[str, Any]
) -> EditionTerms:
    """An edition of these tiers, that marks the features named in `shares` as shared."""
    described = tuple(replace(f, shared=f.key in shares.split()) for f in (features or KINDS).values())
    rows = tuple(
        TierTerms(number * 10 + rank, key, key.title(), rank, "", None, 1, None, gives, ())
        for rank, (key, gives) in enumerate(tiers.items())
    )
    return EditionTerms(number, 1, f"e{number}", f"Edition {number}", "", described, rows)


def held_then(*later: EditionTerms, **tiers: dict[str, Any]) -> dict[str, Any]:
    """What `team` of the first edition gives once these later ones are published."""
    found = lay_over(edition(1, **(tiers or {"team": {"projects": 20}})), later)
    return next(tier.gives for tier in found.terms.tiers if tier.key == "team")


class TestWhatReachesWhom:
    def test_more_of_a_shared_limit(self) -> None:
        assert held_then(edition(2, shares="projects", team={"projects": 30})) == {"projects": 30}

    def test_nothing_of_what_is_not_shared(self) -> None:
        assert held_then(edition(2, team={"projects": 30, "sso": True})) == {"projects": 20}

    def test_nothing_where_mine_is_the_kinder(self) -> None:
        assert held_then(edition(2, shares="projects", team={"projects": 10})) == {"projects": 20}
        assert held_then(edition(2, shares="projects", team={})) == {"projects": 20}

    def test_a_feature_that_was_not_there_at_all(self) -> None:
        assert held_then(edition(2, shares="sso", team={"sso": True}))["sso"] is True

    def test_only_the_same_tier(self) -> None:
        later = edition(2, shares="projects", business={"projects": None}, team={"projects": 20})
        assert held_then(later) == {"projects": 20}

    def test_a_tier_that_is_sold_no_longer_keeps_what_it_has(self) -> None:
        assert held_then(edition(2, shares="projects", business={"projects": None})) == {"projects": 20}

    def test_no_limit_is_kinder_than_any(self) -> None:
        assert held_then(edition(2, shares="projects", team={"projects": None})) == {"projects": None}

    def test_it_says_which_edition_it_came_with(self) -> None:
        first = edition(1, team={"projects": 20})
        second, third = (edition(n, shares="projects", team={"projects": n * 10 + 10}) for n in (2, 3))
        shared = lay_over(first, [second, third]).shared
        assert shared[first.tiers[0].id]["projects"].key == "e3"
        assert lay_over(first, [second]).shared[first.tiers[0].id]["projects"].key == "e2"


class TestForGood:
    def test_a_later_edition_that_gives_less_takes_nothing_back(self) -> None:
        more = edition(2, shares="projects", team={"projects": 30})
        for less in (
            edition(3, shares="projects", team={"projects": 5}),
            edition(3, team={"projects": 5}),
            edition(3, shares="projects", team={}),
            edition(3, shares="projects", business={"projects": 5}),
        ):
            assert held_then(more, less) == {"projects": 30}

    def test_levels_on_a_new_scale_are_compared_by_the_scale_that_has_both(self) -> None:
        scale = (("forum", ""), *LEVELS, ("person", ""))
        wider = {**KINDS, "support": replace(KINDS["support"], levels=scale)}
        later = edition(2, shares="support", features=wider, team={"support": "person"})
        found = lay_over(edition(1, team={"support": "chat"}), [later])
        [team], feature = found.terms.tiers, found.terms.feature("support")
        assert feature is not None
        assert (team.gives["support"], feature.rank("person") > feature.rank("chat")) == ("person", True)
        assert held_then(
            edition(2, shares="support", features=wider, team={"support": "forum"}), team={"support": "mail"}
        ) == {"support": "mail"}

    def test_a_switch_that_becomes_a_limit_stays_without_one(self) -> None:
        limited = {**KINDS, "sso": replace(KINDS["sso"], kind="limit", unit="people")}
        later = edition(2, shares="sso", features=limited, team={"sso": 5}, free={"sso": 1})
        assert held_then(later, team={"sso": True}) == {"sso": True}
        found = lay_over(edition(1, free={}, team={"sso": True}), [later])
        assert [tier.gives for tier in found.terms.tiers] == [{"sso": 1}, {"sso": None}]

    def test_what_cannot_be_compared_is_left_as_it_is(self) -> None:
        other = {**KINDS, "projects": replace(KINDS["projects"], unit="GB")}
        assert held_then(edition(2, shares="projects", features=other, team={"projects": 99})) == {
            "projects": 20
        }

    @given(st.data())
    def test_nothing_ever_shrinks_whatever_is_published(self, data: st.DataObject) -> None:
        values = {
            "projects": st.one_of(st.none(), st.integers(0, 5)),
            "sso": st.just(True),
            "support": st.sampled_from([key for key, _ in LEVELS]),
        }
        gives = st.fixed_dictionaries({}, optional=values)
        tiers = st.dictionaries(st.sampled_from(["free", "team", "business"]), gives, min_size=1)
        shares = st.sets(st.sampled_from(sorted(values))).map(" ".join)
        first = edition(1, **data.draw(tiers))
        later: list[EditionTerms] = []
        before = lay_over(first, later).terms
        for number in range(2, 6):
            later.append(edition(number, shares=data.draw(shares), **data.draw(tiers)))
            after = lay_over(first, later).terms
            for was, now in zip(before.tiers, after.tiers, strict=True):
                for feature in before.features:
                    assert not is_kinder(
                        feature, was.value(feature.key), than=now.value(feature.key), of=after.feature(feature.key)
                    )  # fmt: skip
            before = after


@pytest.mark.django_db
class TestTheLicence:
    def publish(self, key: str, projects: int, *, shared: bool) -> EditionTerms:
        text = (
            GOOD.replace('"2026-05"', f'"{key}"')
            .replace("May 2026", f"Terms {key}")
            .replace("projects = 2\n", f"projects = {projects}\n")
        )
        if shared:
            text = text.replace('unit = "projects"', 'unit = "projects"\nshared = true')
        return edition_terms(published(text).pk)

    def customer(self, terms: EditionTerms) -> Customer:
        customer = Customer.objects.create(
            slug="one", name="One", country="DE", currency="USD", created_at=NOON
        )
        open_free_licence(customer=customer, edition=terms, at=NOON, actor=COMMAND)
        return customer

    def test_is_told_what_a_later_edition_shares_and_from_where(self) -> None:
        customer = self.customer(self.publish("2026-05", 2, shared=False))
        assert entitlements(standing_of(customer, at=NOON))["projects"].source == "tier"
        self.publish("2026-06", 7, shared=True)
        self.publish("2026-07", 1, shared=True)
        standing = standing_of(customer, at=NOON)
        found = entitlements(standing)["projects"]
        assert (found.value, found.source, standing.shared["projects"].key) == (7, "edition", "2026-06")
        assert standing.licence.edition.key == "2026-05", "it is the same licence as before"

    def test_of_a_newer_edition_is_not_given_what_an_older_one_shared(self) -> None:
        self.publish("2026-05", 9, shared=True)
        customer = self.customer(self.publish("2026-06", 2, shared=False))
        assert entitlements(standing_of(customer, at=NOON))["projects"].value == 2

    def test_a_draft_shares_nothing(self) -> None:
        customer = self.customer(self.publish("2026-05", 2, shared=False))
        later = GOOD.replace('"2026-05"', '"2026-06"').replace("May 2026", "June 2026")
        load(later.replace("projects = 2\n", "projects = 7\nsso = true\n"))
        assert entitlements(standing_of(customer, at=NOON))["projects"].value == 2

    def test_is_read_in_one_query_however_many_editions_there_are(
        self, django_assert_num_queries: Any
    ) -> None:
        customer = self.customer(self.publish("2026-05", 2, shared=False))
        for month in range(6, 10):
            self.publish(f"2026-0{month}", month, shared=True)
        entitlements(standing_of(customer, at=NOON))  # Now the editions are kept in process.
        with django_assert_num_queries(1):
            assert entitlements(standing_of(customer, at=NOON))["projects"].value == 9

    def test_what_was_in_force_at_an_earlier_moment_can_be_told(self) -> None:
        held = self.publish("2026-05", 2, shared=False)
        newer = self.publish("2026-06", 7, shared=True)
        known = publications()
        assert known.newest(held.product_id) == newer.id
        assert in_force(held.id, newest_id=held.id).terms.free_tier.value("projects") == 2
        with pytest.raises(LookupError):
            known.newest(held.product_id, at=NOON.replace(year=2000))
