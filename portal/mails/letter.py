"""Writes a notice down for one reader: subject, text and HTML, in the customer's locale and time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import mrml
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from licensing.models import Customer, Product
from portal.mails.briefing import Brief
from portal.mails.colours import reads_on
from portal.mails.inert import one_line, without_links
from portal.mails.links import link
from portal.mails.opting_out import opt_out_token
from portal.reader import locale_for, reading_as

# No font is fetched from anywhere, and nothing is included but what the template says.
_RENDERING = mrml.RenderOptions(disable_comments=False, fonts={})


@dataclass(frozen=True)
class Letter:
    """`opt_out_url` is empty where this notice cannot be opted out of."""

    subject: str
    text: str
    html: str
    opt_out_url: str


def write_letter(*, brief: Brief, address: str, product: Product, at: datetime) -> Letter:
    """Write a true notice for one of its readers. No query."""
    customer, kind = brief.notice.customer, brief.kind
    opt_out_url = ""
    if kind.may_opt_out(brief.about):
        opt_out_url = link("opt_out", opt_out_token(customer_id=customer.pk, address=address, kind=kind.key))
    language = language_for(customer)
    with reading_as(locale=locale_for(customer.locale), zone=customer.zone), translation.override(language):
        context: dict[str, Any] = {
            "language": language,
            "product": product,
            "product_name": one_line(product.name),
            "vendor": one_line(product.vendor),
            "accent": product.accent,
            "on_accent": reads_on(product.accent),
            "customer_name": without_links(one_line(customer.name)),
            "address": address,
            "opt_out_url": opt_out_url,
            "home_url": settings.BASE_URL,
            "at": at,
            **kind.facts(brief.about, brief.notice, at),
        }
        folder = f"mails/{kind.key}"
        subject = one_line(render_to_string(f"{folder}/subject.txt", context), longest=150)
        context["subject"] = subject
        text = render_to_string(f"{folder}/letter.txt", context)
        html = mrml.to_html(render_to_string(f"{folder}/letter.mjml", context), render_options=_RENDERING)
    return Letter(subject=subject, text=_tidy(text), html=html.content, opt_out_url=opt_out_url)


def language_for(customer: Customer) -> str:
    """The language of ours that a customer's locale asks for."""
    try:
        return translation.get_supported_language_variant(customer.locale.replace("_", "-").lower())
    except LookupError:
        return settings.LANGUAGE_CODE


def _tidy(text: str) -> str:
    """At most one blank line in a row, none at the ends: templates leave more behind."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]
    return "\n".join(kept) + "\n"
