"""The stage itself: if one of these fails, look here before looking at what the other tests say."""

import os

from django.core.mail import send_mail
from django.db import connection
from playwright.sync_api import Page

from portal.local.processes import Child
from tests.infra.mailbox import Mailbox
from tests.infra.sandbox import Sandbox


def test_postgres_is_real_and_this_worker_has_a_database_of_its_own(db: None) -> None:
    assert connection.vendor == "postgresql"
    assert connection.settings_dict["NAME"].endswith(os.environ.get("PYTEST_XDIST_WORKER", ""))


def test_the_sandbox_is_empty_at_the_start(sandbox: Sandbox) -> None:
    assert sandbox.charges() == []
    assert sandbox.requests() == []


def test_mail_goes_by_smtp_to_the_mailbox(mailbox: Mailbox) -> None:
    send_mail("Hello", "Ada", "portal@demo.test", ["ada@demo.test"])
    assert [message["Subject"] for message in mailbox.to("ada@demo.test")] == ["Hello"]


def test_a_worker_takes_messages(celery_worker: Child) -> None:
    from portal.celery import app

    assert list(app.control.ping(timeout=5)), celery_worker.log


def test_the_browser_sees_the_running_portal(page: Page) -> None:
    answer = page.goto("/")
    assert answer is not None
    assert answer.ok
