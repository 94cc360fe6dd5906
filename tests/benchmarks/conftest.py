"""The databases, servers and sessions that benchmarks stand on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from portal.local.environment import ROOT
from tests.benchmarks.accounting import parent_of
from tests.benchmarks.data import copied
from tests.benchmarks.server import Server, environment, serving

SMALL = 1_000
LARGE = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
CSRF = "abcdefghijklmnopqrstuvwxyzabcdef"  # a browser that has been here before holds one
Cookies = dict[str, str]


@pytest.fixture(scope="session")
def copies(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[int], str]]:
    """`copies(1_000)` is the address of a database with so many customers, made when first asked for."""
    from django.db import connection

    with django_db_blocker.unblock():
        template = urlunsplit(
            urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        )
        made: dict[int, str] = {}
        with ExitStack() as stack:

            def copy(customers: int) -> str:
                if customers not in made:
                    connection.close()
                    connection.close_pool()
                    name = f"bench_{customers}"
                    made[customers] = stack.enter_context(copied(template, name=name, customers=customers))
                return made[customers]

            yield copy


@pytest.fixture(scope="session")
def postgres(copies: Callable[[int], str]) -> int:
    """The first process of the database server: all others are its children."""
    with psycopg.connect(copies(SMALL)) as connection:
        return parent_of(connection.info.backend_pid)


@pytest.fixture(scope="session")
def _static(copies: Callable[[int], str]) -> None:
    """Static files collected and compressed, as where the portal is installed."""
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(copies(SMALL)), check=True, capture_output=True)


@pytest.fixture(scope="session")
def small(_static: None, copies: Callable[[int], str], postgres: int) -> Iterator[Server]:
    """The portal before 1,000 customers."""
    with serving(database_url=copies(SMALL), postgres=postgres) as server:
        yield server


@pytest.fixture(scope="session")
def large(_static: None, copies: Callable[[int], str], postgres: int) -> Iterator[Server]:
    """The portal before many customers (BENCH_CUSTOMERS says how many)."""
    with serving(database_url=copies(LARGE), postgres=postgres) as server:
        yield server


@pytest.fixture
def signed_in(copies: Callable[[int], str]) -> Callable[[int], Cookies]:
    """`signed_in(7)`: the headers of a browser in which person 7 is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore

    from portal.models import User

    def enter(number: int) -> Cookies:
        session = SessionStore()
        session[SESSION_KEY] = str(number)
        session[BACKEND_SESSION_KEY] = "portal.coming_back.AuthenticationBackend"
        session[HASH_SESSION_KEY] = User(pk=number, password="!").get_session_auth_hash()
        session.save()
        return {"Cookie": f"sessionid={session.session_key}; csrftoken={CSRF}", "Accept-Language": "en-GB"}

    return enter
