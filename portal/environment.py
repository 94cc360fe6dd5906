"""Reads the environment and says, all at once and by name, what is missing or malformed in it."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment:
    """Collects faults while settings are read; `finish` ends the start with one sentence that names them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def _fault(self, name: str, words: str) -> None:
        self.faults.append(f"{name} {words}")

    def finish(self) -> None:
        if self.faults:
            raise ImproperlyConfigured(f"Settings: {'; '.join(self.faults)}. See .env.example.")

    def text(self, name: str, *, default: str | None = None) -> str:
        value = os.environ.get(name, "").strip()
        if value:
            return value
        if default is None:
            self._fault(name, "is missing")
            return "missing"
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        value = os.environ.get(name, "").strip().lower()
        if value in ("1", "true", "yes", "on"):
            return True
        if value in ("0", "false", "no", "off"):
            return False
        if value:
            self._fault(name, f"must be true or false, not {value!r}")
        return default

    def whole_number(self, name: str, *, default: int) -> int:
        value = self.text(name, default=str(default))
        if not value.isdecimal() or int(value) < 1:
            self._fault(name, f"must be a whole number from 1 on, not {value!r}")
            return default
        return int(value)

    def http_url(self, name: str, *, default: str | None = None) -> str:
        value = self.text(name, default=default).rstrip("/")
        parts = urlsplit(value)
        if value != "missing" and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path):
            self._fault(name, "must be an address like https://portal.example.com, without a path")
        return value

    def hosts(self, name: str) -> list[str]:
        hosts = [host.strip() for host in self.text(name).split(",") if host.strip()]
        if any(not re.fullmatch(r"\.?[A-Za-z0-9.:\[\]-]+", host) for host in hosts):
            self._fault(name, "must be host names separated by commas")
        return hosts

    def database(self, name: str) -> dict[str, Any]:
        value = self.text(name)
        parts = urlsplit(value)
        if value == "missing":
            return {}
        if parts.scheme not in ("postgres", "postgresql") or len(parts.path) < 2:
            self._fault(name, "must be like postgres://user:password@host:5432/name")
            return {}
        query = parse_qs(parts.query)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.get("host", [unquote(parts.hostname or "")])[0],
            "PORT": str(parts.port or ""),
            # A connection that died while it lay in the pool is replaced before anybody gets it.
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                # While the server is away the pool waits twice as long before each further try, until it has tried
                # for `reconnect_timeout` seconds; then whoever asks next makes it try at once. So it is never far
                # behind a server that came back.
                "pool": {"min_size": 1, "max_size": 8, "timeout": 3, "reconnect_timeout": 5},
                "connect_timeout": "5",
                # Statements that ask to be planned once a connection are; Django's own never ask.
                "prepare_threshold": 5,
                **{key: values[0] for key, values in query.items() if key != "host"},
            },
        }

    def redis(self, name: str) -> str:
        value = self.text(name)
        if value != "missing" and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
            self._fault(name, "must be like redis://host:6379/0 or unix:///path/redis.sock?db=0")
        return value

    @staticmethod
    def celery_url(redis_url: str) -> str:
        """Celery writes a Redis socket another way than redis-py does."""
        parts = urlsplit(redis_url)
        if parts.scheme != "unix":
            return redis_url
        return f"redis+socket://{parts.path}?virtual_host={parse_qs(parts.query).get('db', ['0'])[0]}"

    def email(self, name: str, *, demo: bool = False) -> dict[str, Any]:
        """Django's settings for a mail server, or anymail's for a provider (portal/mails/providers.py)."""
        value = self.text(name)
        if value == "missing":
            return {"EMAIL_BACKEND": ""}
        if re.match("(resend|brevo)([:+])", value):
            return self._mail_provider(name, value, demo=demo)
        try:
            return dict(environ.Env.email_url_config(value))
        except (ImproperlyConfigured, KeyError, ValueError):
            self._fault(name, "must be like smtp+tls://user:password@host:587")
            return {"EMAIL_BACKEND": ""}

    def webhook_secret(self, name: str) -> str:
        """`user:password`, as a provider's webhook address carries it; empty where no provider reports."""
        value = self.text(name, default="")
        _user, _, password = value.partition(":")
        if value and (len(password) < 16 or not re.fullmatch("[A-Za-z0-9._~-]+:[A-Za-z0-9._~-]+", value)):
            self._fault(
                name, "must be like user:password, the password of 16 letters, digits or ._~- at least"
            )
            return ""
        return value

    def _mail_provider(self, name: str, value: str, *, demo: bool) -> dict[str, Any]:
        """`resend://KEY@`: the provider's own address. Another, or plain http, is for the demo and tests."""
        parts = urlsplit(value)
        provider, _, plain = parts.scheme.partition("+")
        if plain not in ("", "http") or not parts.username or parts.password or parts.path.strip("/"):
            self._fault(name, f"must be like {provider}://API-KEY@")
            return {"EMAIL_BACKEND": ""}
        options = {"API_KEY": unquote(parts.username)}
        if plain or parts.hostname:
            if not demo:
                self._fault(name, "may name another address than the provider's own only where DEMO is true")
            host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
            options["API_URL"] = f"{plain or 'https'}://{host}/"
        return {
            "EMAIL_BACKEND": f"portal.mails.providers.{provider.title()}",
            "ANYMAIL": {f"{provider.upper()}_{option}": set_to for option, set_to in options.items()},
        }

    def signing_keys(self, name: str) -> list[str]:
        """Ed25519 private keys: 32 bytes each, base64url without padding, 43 characters. The first one signs."""
        value = self.text(name)
        keys = [key.strip() for key in value.split(",")]
        if value != "missing" and not all(
            re.fullmatch(r"[\w-]{42}[AEIMQUYcgkosw048]", key, re.A) for key in keys
        ):
            self._fault(name, "must be Ed25519 keys of 43 characters each, separated by commas")
        return keys

    def stripe_key(self, name: str) -> str:
        value = self.text(name)
        if value != "missing" and not re.match(r"(sk|rk)_(test|live)_", value):
            self._fault(name, "must be a secret or restricted Stripe key (sk_… or rk_…)")
        return value

    def stripe_base(self, name: str, *, demo: bool) -> str:
        """Stripe's own address, or in the demo and in tests a stand-in's. Never a stand-in with real customers."""
        stripe = "https://api.stripe.com"
        value = self.http_url(name, default=stripe)
        if value != stripe and not demo:
            self._fault(name, "may point away from Stripe only where DEMO is true")
        if value != stripe and "_live_" in os.environ.get("STRIPE_SECRET_KEY", ""):
            self._fault(name, "must not point away from Stripe with a live key")
        return value
