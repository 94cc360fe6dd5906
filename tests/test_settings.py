"""A setting that is missing or malformed stops the start with its name; a stand-in for Stripe stays in the demo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
SANDBOX = "http://localhost:8001"
KEY = "Zm9yLXRoZS10ZXN0cy1vbmx5LWZvci10aGUtdGVzdHM"


def fault(monkeypatch: pytest.MonkeyPatch, read: str, name: str, value: str) -> str:
    """What is said of `name` set to `value`, when `read` reads it; empty where it is taken."""
    monkeypatch.setenv(name, value)
    env = Environment()
    getattr(env, read)(name)
    try:
        env.finish()
    except ImproperlyConfigured as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("read", "name", "value"),
    [
        ("text", "SECRET_KEY", ""),
        ("signing_keys", "SIGNING_KEYS", ""),
        ("signing_keys", "SIGNING_KEYS", "too-short"),
        ("signing_keys", "SIGNING_KEYS", f"{KEY},"),
        ("http_url", "BASE_URL", "portal.example.com"),
        ("http_url", "BASE_URL", "https://portal.example.com/here"),
        ("hosts", "ALLOWED_HOSTS", "bad host"),
        ("database", "DATABASE_URL", "sqlite:///db"),
        ("database", "DATABASE_URL", "postgres://host"),
        ("redis", "REDIS_URL", "localhost:6379"),
        ("email", "EMAIL_URL", "pigeon://coop"),
        ("email", "EMAIL_URL", "resend://"),
        ("email", "EMAIL_URL", "resend://re_1:secret@"),
        ("email", "EMAIL_URL", "resend+http://re_1@localhost:8025"),
        ("email", "EMAIL_URL", "brevo+pigeon://key@"),
        ("stripe_key", "STRIPE_SECRET_KEY", "pk_test_1"),
    ],
)
def test_what_is_missing_or_malformed_is_named(
    monkeypatch: pytest.MonkeyPatch, read: str, name: str, value: str
) -> None:
    assert fault(monkeypatch, read, name, value).startswith(f"Settings: {name} ")


@pytest.mark.parametrize(
    ("read", "name", "value"),
    [
        ("http_url", "BASE_URL", "https://portal.example.com/"),
        ("signing_keys", "SIGNING_KEYS", KEY),
        ("signing_keys", "SIGNING_KEYS", f"{KEY}, {KEY}"),
        ("hosts", "ALLOWED_HOSTS", "a.example, .b.example,[::1]"),
        ("database", "DATABASE_URL", "postgres://u:p%40ss@host:5433/name?sslmode=require"),
        ("redis", "REDIS_URL", "unix:///run/redis.sock?db=2"),
        ("email", "EMAIL_URL", "smtp+tls://u:p@host:587"),
        ("email", "EMAIL_URL", "resend://re_1@"),
        ("email", "EMAIL_URL", "brevo://xkeysib-1@"),
        ("stripe_key", "STRIPE_SECRET_KEY", "rk_live_1"),
    ],
)
def test_what_fits_is_taken(monkeypatch: pytest.MonkeyPatch, read: str, name: str, value: str) -> None:
    assert fault(monkeypatch, read, name, value) == ""


@pytest.mark.parametrize(
    ("key", "demo", "base", "words"),
    [
        ("sk_test_1", False, SANDBOX, "only where DEMO is true"),
        ("sk_live_1", True, SANDBOX, "with a live key"),
        ("sk_test_1", True, SANDBOX, ""),
        ("sk_live_1", False, "https://api.stripe.com", ""),
    ],
)
def test_the_sandbox_is_refused_outside_the_demo_and_beside_a_live_key(
    monkeypatch: pytest.MonkeyPatch, key: str, demo: bool, base: str, words: str
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    monkeypatch.setenv("STRIPE_API_BASE", base)
    env = Environment()
    env.stripe_base("STRIPE_API_BASE", demo=demo)
    assert words in "; ".join(env.faults)
    assert bool(env.faults) == bool(words)


def test_a_command_ends_with_one_sentence_that_names_them_all() -> None:
    bare = {"PATH": os.defpath, "ENV_FILE": os.devnull}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    [said] = ended.stderr.strip().splitlines()
    assert "SECRET_KEY is missing; SIGNING_KEYS is missing; BASE_URL is missing" in said
