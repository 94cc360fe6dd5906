"""Reads a mail as a person does: its text, and the words of its HTML."""

from __future__ import annotations

import html
import re
from email.message import EmailMessage


def subject_of(message: EmailMessage) -> str:
    """The subject; a fold in the header leaves no trace."""
    return str(message["Subject"]).strip()


def text_of(message: EmailMessage) -> str:
    """The plain part."""
    return str(message.get_body(("plain",)).get_content())


def html_of(message: EmailMessage) -> str:
    """The HTML part, as it is."""
    return str(message.get_body(("html",)).get_content())


def words_of(message: EmailMessage) -> tuple[str, str]:
    """The words of both parts, white space folded; of the HTML, the addresses of its links too."""
    body = re.sub(r"(?s)<style.*?</style>|<!--.*?-->", " ", html_of(message))
    links = " ".join(re.findall(r'href="([^"]+)"', body))
    shown = html.unescape(f"{re.sub(r'<[^>]+>', '', body)} {links}")
    return " ".join(text_of(message).split()), " ".join(shown.split())
