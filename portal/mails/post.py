"""A letter as a mail: its headers, and the line to the mail server that a batch shares."""

from __future__ import annotations

import logging
import smtplib
from email.utils import formataddr, parseaddr
from types import TracebackType

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.crypto import salted_hmac

from licensing.models import Product
from portal.mails.inert import one_line
from portal.mails.letter import Letter
from portal.mails.links import host

# With these words begins what is noted of a try whose outcome is not known.
NO_ANSWER = "No answer: "
log = logging.getLogger(__name__)


class MailServerSilent(Exception):
    """No line to the mail server can be had. It is nobody's mail's fault."""


class NotTaken(Exception):
    """The mail server did not take this mail, or the line broke while it was handed over."""


class NoAnswer(NotTaken):
    """A provider that takes an idempotency key may have taken this mail or not: it did not say."""

    def __str__(self) -> str:
        return f"{NO_ANSWER}{super().__str__()}"


class AlreadyTaken(NotTaken):
    """A provider knows the key of this mail: a try before this one came that far."""


def message_id_for(*, notice_id: int, address: str) -> str:
    """The Message-ID of one delivery, the same at every try: after a crash in between, a repeat can be recognised."""
    mark = salted_hmac("portal.message_id", f"{notice_id}:{address.lower()}", algorithm="sha256").hexdigest()
    return f"<notice-{notice_id}-{mark[:20]}@{host()}>"


def sender(product: Product | None) -> str:
    """The From of every mail: the vendor's product by name, unless DEFAULT_FROM_EMAIL names somebody itself."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((name or (one_line(product.name) if product else ""), address))


def mail(
    *, letter: Letter, kind: str, address: str, message_id: str, product: Product
) -> EmailMultiAlternatives:
    """The mail that carries `letter` to `address`, from the vendor, with answers going to its support."""
    headers = {
        "Message-ID": message_id,
        "List-Id": f"<{kind.replace('_', '-')}.notices.{host()}>",
        "Auto-Submitted": "auto-generated",
        # Out-of-office notes of Exchange would go to the vendor's support.
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if letter.opt_out_url:
        headers["List-Unsubscribe"] = f"<{letter.opt_out_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=sender(product),
        to=[address],
        reply_to=[product.support_email],
        headers=headers,
    )
    message.attach_alternative(letter.html, "text/html")
    return message


class Line:
    """One connection to the mail server, opened when the first mail goes and again where it broke."""

    def __init__(self) -> None:
        self._connection = get_connection(fail_silently=False)
        self._is_open = False

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, message: EmailMultiAlternatives) -> str:
        """Hand over one mail. Returns the provider's own id of it; empty by SMTP, which has none.

        Raises MailServerSilent where there is no line, NotTaken where this mail failed. A provider (providers.py) says
        so itself, and may raise NoAnswer or AlreadyTaken too.
        """
        if not self._is_open:
            self._open()
        try:
            taken = self._connection.send_messages([message])
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            # SMTPException is an OSError; those that answer with a code leave the line as it was.
            if not isinstance(error, smtplib.SMTPException) or isinstance(
                error, smtplib.SMTPServerDisconnected
            ):
                self._close()
            raise NotTaken(f"{type(error).__name__}: {error}") from error
        if not taken:
            raise NotTaken("The mail server took nothing.")
        status = getattr(message, "anymail_status", None)
        return str(status.message_id or "") if status else ""

    def _open(self) -> None:
        try:
            self._connection.open()
        except OSError as error:
            self._close()
            raise MailServerSilent(f"{type(error).__name__}: {error}") from error
        self._is_open = True

    def _close(self) -> None:
        self._is_open = False
        try:
            self._connection.close()
        except OSError:
            log.info("mail_line_closed_roughly")
