"""Ada, whom the exceptions are for."""

from __future__ import annotations

import pytest

from tests import cast
from tests.cast import Party


@pytest.fixture
def ada() -> Party:
    return cast.ada()
