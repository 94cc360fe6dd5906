"""Every row that leads to a customer is exported, or left out with a reason. So is every column of what is exported."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.apps import apps
from django.db.models import Model

from licensing.models import Customer
from portal.export import account_parts
from portal.export.part import Made, Part
from portal.export.schema import LEFT_OUT, PARTS, SCHEMA
from portal.export.titles import TITLES
from portal.models import User


def leads_to_a_customer(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Whether a row of `model` names a customer, itself or by way of another row."""
    if model is Customer:
        return True
    to = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
    return any(
        leads_to_a_customer(other, seen | {model})
        for other in to
        if isinstance(other, type) and other not in seen | {model}
    )


ALL_PARTS = (*PARTS, *account_parts.PARTS)
OF_CUSTOMERS = {model for model in apps.get_models() if leads_to_a_customer(model)}


def test_every_row_of_a_customer_is_exported_or_left_out_with_a_reason() -> None:
    exported = {part.model for part in PARTS if isinstance(part, Part)}
    left_out = {apps.get_model(label) for label in LEFT_OUT}
    assert exported | left_out == OF_CUSTOMERS
    assert not exported & left_out
    assert all(LEFT_OUT.values())


def test_every_row_that_names_a_person_is_in_their_export_or_left_out_with_a_reason() -> None:
    of_people = {
        model
        for model in apps.get_models()
        if model is User or any(field.related_model is User for field in model._meta.concrete_fields)
    }
    exported = {part.model for part in account_parts.PARTS}
    left_out = {apps.get_model(label) for label in account_parts.LEFT_OUT}
    assert exported | left_out == of_people
    assert not exported & left_out


def test_every_column_of_what_is_exported_is_in_it_or_left_out_with_a_reason() -> None:
    for part in ALL_PARTS:
        if not isinstance(part, Part):
            continue
        named = {one.source.partition("__")[0] for one in part.columns if isinstance(one.source, str)}
        pk = part.model._meta.pk.name
        known = {field.name for field in part.model._meta.concrete_fields}
        by_id = {field.attname: field.name for field in part.model._meta.concrete_fields}
        covered = {pk if name == "pk" else by_id.get(name, name) for name in named} | {*part.made_of}
        assert covered | {*part.without} >= known, part.key
        assert not {*part.without} - known, part.key


# What readers of exports rely on, by version. A column that goes or is renamed needs a new one.
FIXED = {"customer-export/1": "e7155a2f3f59", "account-export/1": "c3909686ec01"}


@pytest.mark.parametrize(
    ("schema", "parts"),
    [(SCHEMA, PARTS), (account_parts.SCHEMA, account_parts.PARTS)],
    ids=["of an organisation", "of an account"],
)
def test_what_a_version_of_the_schema_names_stays_there(schema: str, parts: tuple[Part | Made, ...]) -> None:
    names = {part.key: [column.name for column in part.columns] for part in parts}
    found = hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()[:12]
    assert FIXED[schema] == found, f"a new version, or, where something was only added, {found}"


def test_every_part_has_a_name_for_people() -> None:
    assert set(TITLES) == {part.key for part in PARTS}


def test_every_part_and_column_says_what_it_is() -> None:
    for part in ALL_PARTS:
        assert part.says.endswith("."), part.key
        assert all(column.says for column in part.columns), part.key
        assert len({column.name for column in part.columns}) == len(part.columns), part.key
