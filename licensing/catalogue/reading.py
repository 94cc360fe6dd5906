"""Reads TOML into plain terms, and says everything that is wrong with its form, by name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from licensing.catalogue.faults import UnableToLoad
from licensing.catalogue.places import fits
from licensing.catalogue.tables import Table
from licensing.catalogue.writing import INTERVALS, lookup_key
from licensing.models import Feature
from licensing.money import is_known
from licensing.terms import NO_LIMIT, ClaimTerms, EditionTerms, FeatureTerms, PriceTerms, TierTerms, is_level

DEFAULT_TRIAL_DAYS = 14
# Terms read from a file have no rows yet.
NO_ROW = 0


@dataclass(frozen=True)
class CatalogueFile:
    """A product's presentation (its key, and such fields as the file gives) and one edition's terms."""

    product: dict[str, str]
    edition: EditionTerms


def read_catalogue(source: bytes | str) -> CatalogueFile:
    """Read a catalogue file. Raises UnableToLoad with every fault of its form.

    Each value is judged by itself. Whether the terms together make sense is judged at publishing, so that an unfinished
    draft can be kept.
    """
    try:
        data = tomllib.loads(source.decode() if isinstance(source, bytes) else source)
    except UnicodeDecodeError:
        raise UnableToLoad(["The file is not UTF-8 text."]) from None
    except tomllib.TOMLDecodeError as error:
        raise UnableToLoad([f"The file is not TOML: {error}."]) from None
    except RecursionError:
        raise UnableToLoad(["The file is not TOML: it is nested too deeply."]) from None
    except ValueError:  # of Python's own, for a number of thousands of digits
        raise UnableToLoad(["The file is not TOML: a number in it is too long."]) from None
    root = Table(data, "The file", [])
    found = CatalogueFile(product=_product(root.table("product")), edition=_edition(root))
    root.close()
    if root.faults:
        raise UnableToLoad(root.faults)
    return found


def _product(table: Table) -> dict[str, str]:
    given = [name for name in ("name", "vendor", "tagline", "support_email", "accent") if name in table.data]
    fields = {name: table.text(name) for name in ["key", *given]}
    table.close()
    return fields


def _edition(root: Table) -> EditionTerms:
    head = root.table("edition")
    key = head.text("key")
    features, sound = [], {}
    for table in root.tables("features", noun="feature"):
        known = len(root.faults)
        features.append(_feature(table))
        if len(root.faults) == known:
            sound[features[-1].key] = features[-1]
    tables = root.tables("tiers", noun="tier")
    tiers = [_tier(table, key, sound) for table in tables]
    _fit_together(root, features, tiers, ranks=[table.data.get("rank") for table in tables])
    edition = EditionTerms(
        id=NO_ROW,
        product_id=NO_ROW,
        key=key,
        name=head.text("name"),
        rationale=head.text("rationale", default=""),
        features=tuple(features),
        tiers=tuple(sorted(tiers, key=lambda tier: tier.rank)),
    )
    head.close()
    return edition


def _feature(table: Table) -> FeatureTerms:
    feature = FeatureTerms(
        key=table.text("key"),
        name=table.text("name"),
        kind=table.text("kind"),
        group=table.text("group"),
        unit=table.text("unit", default=""),
        monthly=table.switch("monthly", default=False),
        levels=tuple(_levels(table)),
        about=table.text("about", default=""),
        shared=table.switch("shared", default=False),
    )
    for name, value, choices in [
        ("kind", feature.kind, Feature.Kind.values),
        ("group", feature.group, Feature.Group.values),
    ]:
        if value and value not in choices:
            table.fault(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    table.close()
    return feature


def _levels(table: Table) -> Iterator[tuple[str, str]]:
    for level in table.entries("levels", default=[]):
        if is_level(level):
            yield level[0], level[1]
        else:
            table.fault(f"levels must be pairs of a key and its words, lowest first, not {level!r}.")


def _tier(table: Table, edition_key: str, features: Mapping[str, FeatureTerms]) -> TierTerms:
    key = table.text("key")
    prices = sorted(
        _prices(table.table("prices", default={}), tier_key=key, edition_key=edition_key),
        key=lambda price: (price.currency, price.interval),
    )
    tier = TierTerms(
        id=NO_ROW,
        key=key,
        name=table.text("name"),
        rank=table.number("rank"),
        tagline=table.text("tagline", default=""),
        trial_days=table.number("trial_days", default=DEFAULT_TRIAL_DAYS if prices else 0) or None,
        min_seats=table.number("min_seats", default=1),
        max_seats=table.number("max_seats") if "max_seats" in table.data else None,
        gives=dict(_gives(table.table("gives", default={}), features)),
        prices=tuple(prices),
        claims=tuple(_claim(claim) for claim in table.tables("claims", noun="claim")),
    )
    _seats(table, tier)
    table.close()
    return tier


def _seats(table: Table, tier: TierTerms) -> None:
    """From one on, and not to less than from."""
    if tier.min_seats < 1:
        table.fault(f"min_seats must be one or more, not {tier.min_seats}.")
    if tier.max_seats is not None and tier.max_seats < max(tier.min_seats, 1):
        table.fault(
            f"max_seats must be {max(tier.min_seats, 1)} or more, or left away, not {tier.max_seats}."
        )


def _claim(table: Table) -> ClaimTerms:
    claim = ClaimTerms(feature_key=table.text("feature"), text=table.text("text"))
    table.close()
    return claim


def _gives(
    table: Table, features: Mapping[str, FeatureTerms]
) -> Iterator[tuple[str, bool | int | str | None]]:
    """Held against the features that are read without a fault. A level that names none yet is left to publishing."""
    for key, value in table.data.items():
        feature = features.get(key)
        if not isinstance(value, bool | int | str):
            table.fault(f'{key} must be true, a whole number, "{NO_LIMIT}" or a level, not {value!r}.')
        elif value is not False:
            given = None if value == NO_LIMIT else value
            if feature is not None and not fits(given, feature) and _written(feature):
                table.fault(f"{key} must be {_written(feature)}, not {value!r}.")
            yield key, given


def _written(feature: FeatureTerms) -> str:
    """How a file writes what is given of a feature."""
    match feature.kind:
        case Feature.Kind.SWITCH:
            return "true, or left away"
        case Feature.Kind.LIMIT:
            return f'a whole number from 0, or "{NO_LIMIT}"'
    levels = ", ".join(key for key, _ in feature.levels)
    return f"one of {levels}" if levels else ""


def _prices(table: Table, *, tier_key: str, edition_key: str) -> Iterator[PriceTerms]:
    for interval in INTERVALS:
        amounts = table.table(interval, default={})
        for currency, value in amounts.data.items():
            per_seat = not isinstance(value, dict)
            holder = amounts if per_seat else amounts.table(currency)
            name = currency if per_seat else "flat"
            known, amount = len(amounts.faults), holder.number(name)
            if amount <= 0 and len(amounts.faults) == known:
                holder.fault(
                    f"{name} must be more than nothing, not {amount}; a tier without prices is free."
                )
            if not is_known(currency):
                amounts.fault(f"{currency!r} is no currency that we know; write it as USD, EUR, JPY.")
            yield PriceTerms(
                id=NO_ROW,
                currency=currency,
                interval=interval,
                unit_amount=amount,
                per_seat=per_seat,
                lookup_key=lookup_key(
                    tier_key=tier_key, edition_key=edition_key, interval=interval, currency=currency
                ),
            )
            if not per_seat:
                holder.close()
    table.close()


def _fit_together(
    root: Table, features: list[FeatureTerms], tiers: list[TierTerms], *, ranks: list[Any]
) -> None:
    """`ranks` are as the file has them. What stands in for a missing value is no fault of its own."""
    _once(root, "feature", [feature.key for feature in features])
    _once(root, "tier", [tier.key for tier in tiers])
    _once(root, "rank", [str(rank) for rank in ranks if type(rank) is int])
    known = {feature.key for feature in features}
    for tier in tiers:
        claimed = [claim.feature_key for claim in tier.claims]
        if _are_all_named(root, features):
            for name in sorted(tier.gives.keys() - known):
                root.fault(f"the tier {tier.key!r} gives {name!r}, and there is no such feature.")
            for name in sorted(set(claimed) - known - {""}):
                root.fault(
                    f"the tier {tier.key!r} claims something about {name!r}, and there is no such feature."
                )
        _once(root, f"claim of {tier.key!r} about", claimed)


def _are_all_named(root: Table, features: list[FeatureTerms]) -> bool:
    """Whether every feature could be read as far as its key; only then is it known which there are."""
    written = root.data.get("features", [])
    return (
        isinstance(written, list)
        and len(written) == len(features)
        and all(feature.key for feature in features)
    )


def _once(root: Table, noun: str, keys: list[str]) -> None:
    for key in sorted({key for key in keys if key and keys.count(key) > 1}):
        root.fault(f"the {noun} {key!r} is there more than once.")
