"""No guarded table is emptied past the guards of its rows."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db.models import Model

from billing.models import Order, Quote, StripeEvent
from licensing.models import (
    Approval,
    Edition,
    EditionAuthor,
    Event,
    PlannedChange,
    PromiseException,
    Rehearsal,
    Rehearsed,
    Sunset,
)
from tests.cast import make_catalogue
from tests.guards.refusing import TERMS, refused, sql

TABLES = [
    *TERMS,
    Approval,
    EditionAuthor,
    Rehearsal,
    Rehearsed,
    PromiseException,
    Event,
    PlannedChange,
    Sunset,
    Quote,
    Order,
    StripeEvent,
]

pytestmark = pytest.mark.usefixtures("nothing_on_sale")


@pytest.mark.django_db
@pytest.mark.parametrize("model", TABLES)
def test_a_table_is_not_emptied_past_the_guards(model: type[Model]) -> None:
    refused("is not emptied", lambda: sql(f"TRUNCATE {model._meta.db_table} CASCADE"))


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_database_and_leaves_the_guards_up() -> None:
    make_catalogue()
    # Ids are not used anew: terms are remembered by them for as long as the process lives.
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
    assert not Edition.objects.exists()
    refused("is not emptied", lambda: sql("TRUNCATE licensing_edition CASCADE"))
