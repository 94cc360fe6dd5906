"""Mails kept as files, one each, named by the moment they came."""

import email
import email.policy
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

# The envelope's recipients, which the headers of a mail need not name.
_RECIPIENTS = "X-Mailbox-Recipients"
_ID = re.compile(r"\d{8}T\d{12}Z-\d{4}")


@dataclass(frozen=True)
class Mail:
    """One mail that came, `id` and `received` (UTC) given by us, all else as it was sent."""

    id: str
    received: datetime
    message: EmailMessage

    @property
    def recipients(self) -> str:
        """Whom it was delivered to, separated by commas."""
        return str(self.message[_RECIPIENTS] or self.message["To"] or "")

    @property
    def sender(self) -> str:
        """The From header."""
        return str(self.message["From"] or "")

    @property
    def subject(self) -> str:
        """The Subject header, never empty."""
        return str(self.message["Subject"] or "").strip() or "(no subject)"

    @property
    def text(self) -> str:
        """The plain text part, or nothing."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part, or nothing."""
        return self._body("html")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All headers as sent."""
        return [(name, str(value)) for name, value in self.message.items() if name != _RECIPIENTS]

    @property
    def links(self) -> list[str]:
        """The addresses its HTML links to, in order."""
        return [unescape(found) for found in re.findall(r"<a\b[^>]*\bhref=\"([^\"]+)\"", self.html)]

    def summary(self) -> dict[str, Any]:
        """What the list shows, as JSON."""
        return {
            "id": self.id,
            "received": self.received.isoformat(),
            "to": self.recipients,
            "from": self.sender,
            "subject": self.subject,
        }

    def whole(self) -> dict[str, Any]:
        """All of it, as JSON."""
        rest = {"headers": self.headers, "text": self.text, "html": self.html, "links": self.links}
        return {**self.summary(), **rest}

    def _body(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""


class Store:
    """The folder that keeps them."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing."""
        self.folder = folder
        self._count = itertools.count(1)
        self._parsed: dict[str, Mail] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes, *, recipients: Sequence[str]) -> str:
        """Keep one mail as it came from the mail server; gives back its id."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        id = f"{moment}-{next(self._count) % 10_000:04}"
        making = self.folder / f"{id}.making"
        making.write_bytes(f"{_RECIPIENTS}: {', '.join(recipients)}\r\n".encode() + content)
        making.rename(self.folder / f"{id}.eml")
        return id

    def all(self) -> list[Mail]:
        """Every mail, newest first."""
        ids = sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)
        return [mail for mail in map(self.find, ids) if mail]

    def find(self, id: str) -> Mail | None:
        """One mail, or None where there is none of that id."""
        if id in self._parsed:
            return self._parsed[id]
        path = self.folder / f"{id}.eml"
        if not _ID.fullmatch(id) or not path.is_file():
            return None
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        received = datetime.strptime(id.split("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
        mail = self._parsed[id] = Mail(id=id, received=received, message=message)
        return mail

    def forget_all(self) -> None:
        """Remove every mail."""
        for path in self.folder.glob("*.eml"):
            path.unlink(missing_ok=True)
        self._parsed.clear()
