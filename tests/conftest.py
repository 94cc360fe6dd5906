"""Sets the stage before Django is configured, then offers the fixtures of `tests/infra`."""

import os

import django
import hypothesis
import pytest
import pytest_django
import redis

from portal.local.processes import UnableToStart
from tests.infra.engines import engines_of_this_run
from tests.infra.environment import set_environment

try:
    _engines = engines_of_this_run()
except UnableToStart as error:
    pytest.exit(str(error), returncode=3)

try:
    set_environment(_engines, worker=os.environ.get("PYTEST_XDIST_WORKER", ""))
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    django.setup()
    # An xdist worker must come here before pytest-django configures Django for it, with its own environment.
    del os.environ["DJANGO_SETTINGS_MODULE"]
except BaseException:
    _engines.stop()
    raise

# Where a change is judged, every run looks at the same examples; at a desk each run may find new ones. How long a busy
# machine takes to make one up says nothing of the test.
_PATIENT = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("judged", derandomize=True, **_PATIENT)
hypothesis.settings.register_profile("desk", **_PATIENT)
hypothesis.settings.load_profile("judged" if os.environ.get("CI") else "desk")

pytest_plugins = [
    "tests.infra.sandbox",
    "tests.infra.portal",
    "tests.infra.browser",
    "tests.infra.invariants",
    "tests.infra.mailbox",
    "tests.infra.proof",
    "tests.infra.summary",
    "tests.infra.worker",
]


def pytest_unconfigure() -> None:
    """Stop the engines this process started."""
    _engines.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that needs the running portal goes to one xdist worker: one portal serves them all.

    Where a whole portal, a worker or a browser runs beside a test, a machine out of breath can break a wait. Such a
    test gets one second chance, and the closing summary names it. First, because xdist reads the mark in the same hook.
    """
    for item in items:
        needs = set(getattr(item, "fixturenames", ()))
        if "running_portal" in needs:
            item.add_marker(pytest.mark.xdist_group("browser"))
        if needs & {"running_portal", "celery_worker", "page"} or "tests/local/" in item.nodeid:
            item.add_marker(pytest.mark.flaky(reruns=1))
        if "tests/death/" in item.nodeid:  # a wait that ran out, and nothing else that a proof finds
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["Nothing happens"]))


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Password hashing is slow on purpose; here it need not be."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Each test meets an empty cache, no rate limit spent, no message left over; a worker's bindings stay."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        keys = [key for key in client.scan_iter(count=1000) if not key.startswith(b"_kombu")]
        if keys:
            client.delete(*keys)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Publish the demo's editions once: nearly every test needs them, and nothing can change them."""
    from django.contrib.auth import get_user_model

    from tests.cast import make_catalogue

    with django_db_blocker.unblock():
        make_catalogue()
        # A test begins without people; whoever wrote and approved the editions has left.
        get_user_model()._default_manager.all().delete()


@pytest.fixture
def nothing_on_sale(db: None) -> None:
    """Take the editions away for one test. Only a superuser who switches all guards off can do that."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in (
            "promiseexception",
            "rehearsed",
            "rehearsal",
            "approval",
            "editionauthor",
            "claim",
            "price",
            "grant",
            "feature",
            "tier",
            "edition",
            "product",
        ):
            cursor.execute(f"DELETE FROM licensing_{table}")
        cursor.execute("SET session_replication_role = origin")
