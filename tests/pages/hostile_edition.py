"""The demo's editions as somebody might have named them who means harm."""

from __future__ import annotations

from dataclasses import replace

from licensing.terms import EditionTerms, edition_terms


def terms(edition_id: int) -> EditionTerms:
    found = edition_terms(edition_id)
    return replace(
        found,
        name=f"{found.name} <img src=x>",
        rationale="<script>alert(1)</script>\n\n<a href='javascript:alert(1)'>No</a>\x00",
        tiers=tuple(replace(tier, name=f"<b onclick=x>{tier.name}</b>") for tier in found.tiers),
    )
