"""What was made stays, whatever tier it is looked at from."""

from __future__ import annotations

import pytest

from licensing.entitlements import entitlements
from licensing.history import COMMAND
from licensing.licences import change_licence
from licensing.models import UsageReading
from licensing.standing import standing_of
from licensing.usage import meters, record_reading, usage_of
from tests import cast
from tests.cast import NOON


@pytest.mark.proves("data-kept")
@pytest.mark.django_db
def test_above_a_limit_all_that_was_made_is_there_and_there_is_room_for_nothing_more() -> None:
    ada = cast.ada()
    record_reading(customer=ada.customer, feature_key="projects", value=18, at=NOON)
    before = list(UsageReading.objects.values())
    free = ada.licence.edition.tiers.get(key="free")
    change_licence(
        licence=ada.licence, kind="licence_ended", at=NOON, actor=COMMAND,
        tier_id=free.pk, price_id=None, seats=1, period_start=None, period_end=None,
    )  # fmt: skip
    assert list(UsageReading.objects.values()) == before
    entitled = entitlements(standing_of(ada.customer, at=NOON))
    [projects] = [
        meter
        for meter in meters(entitled=entitled, usage=usage_of(ada.customer, at=NOON))
        if meter.feature.key == "projects"
    ]
    assert projects.limit < projects.used == 18
    assert (projects.left, projects.is_full) == (0, True)
