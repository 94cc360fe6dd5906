"""The portal that runs here: its ports, its folder, its secrets, and the environment its processes get."""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from portal.local.environment import ROOT, data_directory, read_env_file, write_private
from portal.local.processes import UnableToStart

DEFAULT_PORT = 8000
# What `manage.py` in a second terminal needs in order to speak to this portal.
SETTINGS = (
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
)


@dataclass
class Instance:
    """Ports, folder and environment of one running portal. What is set from outside is left alone."""

    port: int
    data: Path
    given: Mapping[str, str]
    _lock: IO[str] | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls) -> "Instance":
        """Read PORT, DATA_DIR and `.env`. Raises UnableToStart with one sentence."""
        given = dict(os.environ)
        dotenv = ROOT / ".env"
        if dotenv.is_file():
            given = {**read_env_file(dotenv), **given}
        # An empty variable means "not set", so that `VAR= make run` takes a value of `.env` back.
        given = {name: value for name, value in given.items() if value.strip() or name not in SETTINGS}
        text = given.get("PORT", "").strip() or str(DEFAULT_PORT)
        if not text.isdecimal() or not 1 <= int(text) <= 65532:
            raise UnableToStart(f"PORT must be a number from 1 to 65532, not {text!r}.")
        return cls(port=int(text), data=data_directory(), given=given)

    @property
    def sandbox_port(self) -> int:
        """Where the Stripe sandbox listens."""
        return self.port + 1

    @property
    def mailbox_port(self) -> int:
        """Where the mailbox page is served."""
        return self.port + 2

    @property
    def smtp_port(self) -> int:
        """Where the mailbox takes mail."""
        return self.port + 3

    @property
    def own_postgres(self) -> bool:
        """Whether it runs a PostgreSQL of its own."""
        return "DATABASE_URL" not in self.given

    @property
    def own_redis(self) -> bool:
        """Whether it runs a Redis of its own."""
        return "REDIS_URL" not in self.given

    @property
    def own_sandbox(self) -> bool:
        """Whether the Stripe sandbox stands in for Stripe."""
        return "STRIPE_SECRET_KEY" not in self.given

    @property
    def own_mailbox(self) -> bool:
        """Whether its mail goes to the mailbox page."""
        return "EMAIL_URL" not in self.given

    def log(self, name: str) -> Path:
        """The log of one of its processes."""
        return self.data / "logs" / f"{name}.log"

    def claim(self) -> None:
        """Make the data folder and hold it until this process ends. Raises UnableToStart if another does."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            (self.data / "logs").mkdir(exist_ok=True)
            self._lock = (self.data / "run.lock").open("a+")
        except OSError as error:
            raise UnableToStart(
                f"The data folder {self.data} cannot be used: {error.strerror} ({error.filename})."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            raise UnableToStart(
                f"A portal already runs on the data in {self.data} (process {self._lock.read().strip()}); "
                "stop it first, or set DATA_DIR to another folder."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def check_ports(self) -> None:
        """Raise UnableToStart with one sentence if a port it is about to open is taken."""
        wanted = {self.port: "the portal"}
        if self.own_sandbox:
            wanted[self.sandbox_port] = "the Stripe sandbox"
        if self.own_mailbox:
            wanted[self.mailbox_port] = "the mailbox page"
            wanted[self.smtp_port] = "the mailbox's mail server"
        for port, purpose in wanted.items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except PermissionError:
                    raise UnableToStart(
                        f"Port {port}, for {purpose}, may not be opened by this user; "
                        "choose a higher one, for example: make run PORT=9000"
                    ) from None
                except OSError:
                    raise UnableToStart(
                        f"Port {port}, for {purpose}, is in use by another program; "
                        "choose others, for example: make run PORT=9000"
                    ) from None

    def environment(self, *, database_url: str, redis_url: str) -> dict[str, str]:
        """The environment for every process of the portal: what was given, and a default for all else."""
        ours = self._secrets()
        defaults = {
            "SECRET_KEY": ours["SECRET_KEY"],
            "SIGNING_KEYS": ours["SIGNING_KEYS"],
            "DEBUG": "false",
            # The demo needs the stand-in for Stripe: ours, or one the caller names.
            "DEMO": "true" if self.own_sandbox or "STRIPE_API_BASE" in self.given else "false",
            "BASE_URL": f"http://localhost:{self.port}",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}",
        }
        if self.own_sandbox:
            defaults["STRIPE_SECRET_KEY"] = "sk_test_sandbox"
            defaults["STRIPE_WEBHOOK_SECRET"] = ours["STRIPE_WEBHOOK_SECRET"]
            defaults["STRIPE_API_BASE"] = f"http://localhost:{self.sandbox_port}"
            defaults["STRIPE_AUTOMATIC_TAX"] = "true"
        environment = {**defaults, **self.given, "DATA_DIR": str(self.data)}
        hosts = ["localhost", "127.0.0.1", urlsplit(environment["BASE_URL"]).hostname or "localhost"]
        environment.setdefault("ALLOWED_HOSTS", ",".join(dict.fromkeys(hosts)))
        environment["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        environment["PYTHONUNBUFFERED"] = "1"
        return environment

    def _secrets(self) -> dict[str, str]:
        """Secrets made at the first start that needs them and kept, so that what was signed is good at the next."""
        path = self.data / "secrets.json"
        made = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SIGNING_KEYS": secrets.token_urlsafe(32),
            "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        }
        kept: dict[str, str] = {}
        with suppress(OSError, ValueError):
            found = json.loads(path.read_text())
            if isinstance(found, dict):
                kept = {name: str(found[name]) for name in made if name in found}
        ours = {**made, **kept}
        if ours != kept:
            write_private(path, json.dumps(ours, indent=2) + "\n")
        return ours
