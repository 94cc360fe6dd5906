"""The mailbox's pages, from templates beside this file; every value is escaped on its way in."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from portal.local.mailbox.store import Mail

_FOLDER = Path(__file__).parent


def asset(name: str) -> str:
    """A file of this folder."""
    return (_FOLDER / name).read_text()


def list_page(mails: Sequence[Mail]) -> str:
    """All mails, newest first."""
    return _page("Mailbox", _fill("list.html", rows_html=list_rows(mails)))


def list_rows(mails: Sequence[Mail]) -> str:
    """The part of the list that is fetched anew while one looks at it."""
    if not mails:
        return asset("empty.html")
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    return _fill("rows.html", count=count, items_html="\n".join(_item(mail) for mail in mails))


def mail_page(mail: Mail) -> str:
    """One mail: its HTML as a reader sees it, its text, its headers."""
    headers = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in mail.headers)
    html = _fill("html_part.html", id=mail.id, subject=mail.subject) if mail.html else ""
    content = _fill(
        "mail.html",
        subject=mail.subject,
        sender=mail.sender,
        recipients=mail.recipients,
        moment=mail.received.isoformat(),
        moment_words=f"{mail.received:%-d %B %Y, %H:%M:%S} UTC",
        html_part_html=html,
        text=mail.text or "This mail has no text part.",
        headers_html=headers,
    )
    return _page(mail.subject, content)


def missing_page() -> str:
    """There is no such page, or no such mail any more."""
    return _page("Not here", asset("missing.html"))


def html_part(mail: Mail) -> str:
    """The mail's own HTML, with every link sent to a new tab."""
    html = mail.html or "<p>This mail has no HTML part.</p>"
    base = '<base target="_blank">'
    head = re.search(r"<head\b[^>]*>", html)
    return f"{html[: head.end()]}{base}{html[head.end() :]}" if head else base + html


def _item(mail: Mail) -> str:
    return _fill(
        "item.html",
        id=mail.id,
        subject=mail.subject,
        recipients=mail.recipients,
        moment=mail.received.isoformat(),
        moment_words=f"{mail.received:%-d %b, %H:%M:%S}",
    )


def _page(title: str, content_html: str) -> str:
    return _fill("page.html", title=title, content_html=content_html)


def _fill(name: str, **values: str) -> str:
    """Fill a template; a value is escaped unless its name ends in `_html`."""
    safe = {key: value if key.endswith("_html") else escape(value) for key, value in values.items()}
    return Template(asset(name)).substitute(safe)
