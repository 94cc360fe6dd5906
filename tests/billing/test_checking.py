"""The look through the books: what it finds is logged and stands before staff until it is whole again."""

from __future__ import annotations

import logging
from datetime import timedelta
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing import checking
from billing.models import OpenViolation
from billing.tasks import check_invariants
from licensing.models import Licence
from tests.cast import NOON, Party, cy, organisation, person


@pytest.fixture
def tanaka(db: None) -> Party:
    return cy()


def test_what_is_broken_stands_before_staff_until_it_is_mended(
    tanaka: Party, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="billing.checking")
    assert checking.look_through(at=NOON) == {"customers": 1, "violations": 0}

    Licence.objects.update(seats=5)
    for minute in (5, 10):
        assert checking.look_through(at=NOON + timedelta(minutes=minute))["violations"] == 1
    violation = OpenViolation.objects.get()
    assert (violation.customer, violation.invariant) == (tanaka.customer, "licence-history")
    assert violation.seen_at - violation.found_at == timedelta(minutes=5)
    assert [record.message for record in caplog.records] == ["invariant_violated"] * 2

    line = DictConfigurator(settings.LOGGING).configure_formatter(settings.LOGGING["formatters"]["line"])
    told = line.format(caplog.records[0])
    assert "licence-history" in told
    assert violation.what in told

    Licence.objects.update(seats=1)
    assert checking.look_through(at=NOON + timedelta(minutes=15))["violations"] == 0
    assert not OpenViolation.objects.exists()


def test_what_is_broken_is_looked_at_again_whoevers_turn_it_is(
    tanaka: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    Licence.objects.update(seats=5)
    checking.look_through(at=NOON)
    monkeypatch.setattr(checking, "due_for_a_look", lambda *, at: [])
    assert checking.look_through(at=NOON + timedelta(minutes=5)) == {"customers": 1, "violations": 1}
    assert OpenViolation.objects.count() == 1


def test_a_look_takes_as_many_statements_for_one_customer_as_for_many(tanaka: Party) -> None:
    with CaptureQueriesContext(connection) as for_one:
        check_invariants.run()
    for number in range(5):
        organisation(
            f"Number {number}",
            owner=person(f"Owner{number}"),
            country="US",
            currency="USD",
            time_zone="UTC",
            at=NOON,
        )
    with CaptureQueriesContext(connection) as for_six:
        check_invariants.run()
    assert len(for_six) == len(for_one)
