"""The changelog of terms as a feed has it: one entry an edition, its differences and its reasons as inert HTML."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from licensing.models import Product
from portal.pages.changes import Chapter

# What XML has no place for; nobody can have meant it.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """`id` stays the same whatever address the portal moves to; `url` is absolute; `html` holds no markup but ours."""

    id: str
    url: str
    title: str
    html: str
    published_at: datetime


def entries(product: Product, chapters: Sequence[Chapter]) -> list[Entry]:
    """Newest first."""
    page = absolute(reverse("changelog"))
    return [
        Entry(
            id=uuid.uuid5(uuid.NAMESPACE_URL, f"edition:{product.key}/{chapter.terms.key}").urn,
            url=f"{page}#{chapter.terms.key}",
            title=clean(f"{product.name}: {chapter.terms.name}"),
            html=clean(render_to_string("changelog/entry.html", {"chapter": chapter})).strip(),
            published_at=chapter.published_at,
        )
        for chapter in chapters
    ]


def absolute(address: str) -> str:
    return f"{settings.BASE_URL}{address}"


def clean(text: str) -> str:
    return NOT_IN_XML.sub("", text)
