"""After every test that touches money the books are looked through: whatever it tried, no invariant may be broken."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_django
from django.db import connections

from portal.local.environment import read_env_file
from tests.infra.portal import RunningPortal

BESIDE = "beside"


@pytest.fixture(autouse=True)
def _books_hold(
    request: pytest.FixtureRequest, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """Where a test spoke to the sandbox, look through its database while it stands, or the portal's beside it."""
    from billing.invariants import violations

    wanted = set(request.fixturenames)
    if "running_portal" in wanted:
        portal = request.getfixturevalue("running_portal")
        yield
        with django_db_blocker.unblock():
            _connect_beside(portal)
            try:
                assert violations(using=BESIDE) == []
            finally:
                connections[BESIDE].close()
    elif "sandbox" in wanted and wanted & {"db", "transactional_db"}:
        request.getfixturevalue("transactional_db" if "transactional_db" in wanted else "db")
        yield
        assert violations() == []
    else:
        yield


def _connect_beside(portal: RunningPortal) -> None:
    """Name the database of the portal that runs beside the tests. It is only looked at."""
    if BESIDE not in connections.settings:
        url = urlsplit(read_env_file(portal.data / "run.env")["DATABASE_URL"])
        connections.settings[BESIDE] = {
            **connections["default"].settings_dict,
            "NAME": url.path[1:],
            "USER": url.username,
            "HOST": parse_qs(url.query)["host"][0],
            "OPTIONS": {},
        }
