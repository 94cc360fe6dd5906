"""The environment that settings see in the tests, made before Django reads them."""

import os

from tests.infra.engines import Engines
from tests.infra.ports import free_port

WEBHOOK_SECRET = "whsec_for_the_tests"
MAIL_WEBHOOK_SECRET = "reports:for-the-tests-only"

# What a portal started by a test must not inherit from this process.
SETTINGS_VARIABLES = (
    "SECRET_KEY",
    "SIGNING_KEYS",
    "DEBUG",
    "DEMO",
    "BASE_URL",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "EMAIL_WEBHOOK_SECRET",
    "DEFAULT_FROM_EMAIL",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_API_BASE",
    "STRIPE_AUTOMATIC_TAX",
    "CHARGES_A_DAY",
    "WAIVER_LIMIT_PERCENT",
    "WAIVER_LIMIT_DAYS",
    "WAIVER_RULE_DAYS",
    "WAIVER_CREDIT_PERCENT",
    "DATA_DIR",
    "ENV_FILE",
    "PORT",
    "DJANGO_SETTINGS_MODULE",
)


def set_environment(engines: Engines, worker: str) -> None:
    """Set every variable that settings read; sandbox and mail server open the ports named here."""
    data = engines.directory / f"data-{worker}"
    (data / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is missing
    os.environ.update(
        SECRET_KEY="for-the-tests-only-" + "0123456789" * 4,
        SIGNING_KEYS="Zm9yLXRoZS10ZXN0cy1vbmx5LWZvci10aGUtdGVzdHM",
        # Only to have plain static files, without collecting them; pytest-django turns DEBUG off again.
        DEBUG="true",
        DEMO="true",
        BASE_URL="http://testserver",
        ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
        DATABASE_URL=engines.database_url,
        REDIS_URL=engines.redis_url_for(worker),
        EMAIL_URL=f"smtp://127.0.0.1:{free_port()}",
        EMAIL_WEBHOOK_SECRET=MAIL_WEBHOOK_SECRET,
        STRIPE_SECRET_KEY="sk_test_for_the_tests",
        STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        STRIPE_API_BASE=f"http://127.0.0.1:{free_port()}",
        # A proof may buy all day; the tests of the brakes say how often is too often.
        CHARGES_A_DAY="1000",
        DATA_DIR=str(data),
        # Playwright's loop runs in the thread of the tests; the ORM is not used inside it.
        DJANGO_ALLOW_ASYNC_UNSAFE="true",
    )
    os.environ.pop("STRIPE_AUTOMATIC_TAX", None)


def environment_without_settings() -> dict[str, str]:
    """This process's environment without any of ours, for starting a portal as a newcomer would."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in SETTINGS_VARIABLES and not name.startswith(("PORTAL_TEST_", "PYTEST_"))
    }
