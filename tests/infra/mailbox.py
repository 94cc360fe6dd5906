"""A real SMTP server that keeps what the portal sends."""

import email
import email.policy
import logging
import os
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings


class Mailbox:
    """The mails that arrived, oldest first, parsed."""

    def __init__(self) -> None:
        """Empty."""
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one mail from the SMTP server."""
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to one address."""
        return [message for message in self.messages if address in str(message["To"])]

    def clear(self) -> None:
        """Forget them all."""
        self.messages.clear()


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Mailbox]:
    """The SMTP server of this xdist worker, on the port that EMAIL_URL already names."""
    mailbox = Mailbox()
    port = urlsplit(os.environ["EMAIL_URL"]).port
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def mailbox(mail_server: Mailbox, settings: Settings) -> Mailbox:
    """An empty mailbox; this process sends to it by SMTP, where otherwise mail stays in `mail.outbox`."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    mail_server.clear()
    return mail_server
