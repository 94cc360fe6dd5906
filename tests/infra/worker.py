"""A real Celery worker on the test database."""

import os
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from portal.local.environment import ROOT
from portal.local.processes import Child, wait_until


@pytest.fixture(scope="module")
def celery_worker_process(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """One worker for a module's tests: its start costs seconds."""
    from portal.celery import app

    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    options = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    child = Child(
        name="Celery worker",
        argv=[sys.executable, "-m", "celery", "-A", "portal.celery", "worker", *options],
        log=tmp_path_factory.mktemp("worker") / "log",
        env={**os.environ, "DATABASE_URL": urlunsplit(database), "DJANGO_SETTINGS_MODULE": "portal.settings"},
        cwd=ROOT,
    ).start()
    try:
        wait_until(
            lambda: bool(app.control.ping(timeout=0.5)),
            minded=[child],
            within=60,
            otherwise=f"The worker on {settings.REDIS_URL} is silent; see {child.log}.",
        )
        yield child
    finally:
        child.stop()


@pytest.fixture
def celery_worker(celery_worker_process: Child, transactional_db: None) -> Child:
    """A worker that sees what the test commits. `.log` is what it wrote."""
    return celery_worker_process
