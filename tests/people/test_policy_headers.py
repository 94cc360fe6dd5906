"""What browsers are told to refuse, and the settings of a real installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from tests.cast import ada, person

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["/accounts/login/", "/accounts/signup/", "/", "/no-such-page/", "/accounts/password/reset/"]


def policy(client: Client, door: str) -> dict[str, str]:
    header = client.get(door, follow=True)["Content-Security-Policy"]
    return {name: values for name, _, values in (part.strip().partition(" ") for part in header.split(";"))}


@pytest.mark.django_db
@pytest.mark.parametrize("door", PAGES)
def test_our_pages_run_no_inline_script_and_no_inline_style(client: Client, door: str) -> None:
    found = policy(client, door)
    assert found["default-src"] == "'none'"
    assert found["script-src"] == "'self'"
    assert found["style-src"] == "'self'"
    assert found["frame-ancestors"] == "'none'"
    assert "unsafe" not in str(found)


@pytest.mark.django_db
def test_pages_of_members_are_as_strict(client: Client) -> None:
    client.force_login(ada().user)
    for door in ("/plan/", "/team/", "/start/?another", "/accounts/2fa/", "/accounts/email/"):
        assert "unsafe" not in str(policy(client, door))


@pytest.mark.django_db
def test_the_admin_alone_may_evaluate_and_style_inline_but_runs_no_inline_script(client: Client) -> None:
    client.force_login(person("Root", is_staff=True, is_superuser=True))
    found = policy(client, "/admin/")
    assert found["script-src"] == "'self' 'unsafe-eval'"
    assert found["style-src"] == "'self' 'unsafe-inline'"
    assert found["default-src"] == "'none'"


@pytest.mark.django_db
def test_our_pages_hold_nothing_the_policy_would_block(client: Client) -> None:
    client.force_login(ada().user)
    doors = ["/team/", "/start/?another", "/accounts/2fa/", "/accounts/email/", "/accounts/password/change/"]
    for door in doors:
        page = client.get(door).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
    for tag in Client().get("/accounts/login/").content.decode().split("<script")[1:]:
        attributes = tag.split(">")[0]
        assert "src=" in attributes or 'type="application/json"' in attributes


@pytest.mark.django_db
def test_a_real_installation_passes_djangos_own_deployment_check() -> None:
    # The admin theme's checks read the permissions, so there must be a database with tables.
    database = (
        urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    )
    settings = {
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_",
        "SIGNING_KEYS": "YS1yZWFsLWluc3RhbGxhdGlvbi1vbmx5LW9uZS1rZXk",
        "BASE_URL": "https://portal.example.com",
        "ALLOWED_HOSTS": "portal.example.com",
        "DATABASE_URL": database,
        "REDIS_URL": "redis://redis.internal:6379/0",
        "EMAIL_URL": "smtp+tls://portal:secret@mail.internal:587",
        "STRIPE_SECRET_KEY": "sk_live_example",
        "STRIPE_WEBHOOK_SECRET": "whsec_example",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "ENV_FILE": os.devnull,
        "PATH": os.environ["PATH"],
    }
    script = (
        "import django; django.setup(); from django.conf import settings as s; "
        "from django.core.management import call_command; "
        "call_command('check', deploy=True, fail_level='WARNING'); "
        "print(s.STAFF_NEEDS_SECOND_FACTOR, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS, s.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].split() == ["True", "True", "True", "31536000", "False"]
