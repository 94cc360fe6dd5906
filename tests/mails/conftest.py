"""The catalogue, and the parties the notices go to."""

import pytest

from tests.cast import Party, ada, bo, di, fay, make_catalogue


@pytest.fixture
def okafor(db: None) -> Party:
    """Okafor Bakeries, with Fay who pays the bills."""
    make_catalogue()
    fay()
    return ada()


@pytest.fixture
def lindqvist(db: None) -> Party:
    """Lindqvist & Daughters, yearly, on older terms."""
    make_catalogue()
    return bo()


@pytest.fixture
def marsh(db: None) -> Party:
    """Marsh Surveyors, past due."""
    make_catalogue()
    return di()
