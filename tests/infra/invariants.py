"""After every test that touches money the books are looked through: whatever it tried, no invariant may be broken."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _books_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where a test speaks to the sandbox, look through its database while it still stands."""
    wanted = set(request.fixturenames)
    if "sandbox" not in wanted or not wanted & {"db", "transactional_db"}:
        yield
        return
    request.getfixturevalue("transactional_db" if "transactional_db" in wanted else "db")
    yield
    from billing.invariants import violations

    assert violations() == []
