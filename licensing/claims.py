"""What a customer gains by a tier, in the edition's own words. Pages, mails and staff all say it with these texts."""

from __future__ import annotations

from licensing.terms import EditionTerms, TierTerms


def claim_about(feature_key: str, *, tier: TierTerms, edition: EditionTerms) -> str:
    """The claim that `tier` makes about a feature, or the nearest tier below that gives the same of it; else "".

    Worked example: Business gives single sign-on and says so; Scale gives it too, and so says it in the same words. But
    Team's claim of 90 days of history is not Business's, which gives a year.
    """
    value = tier.value(feature_key)
    for one in reversed([each for each in edition.tiers if each.rank <= tier.rank]):
        if one.value(feature_key) != value:
            return ""
        if text := next((claim.text for claim in one.claims if claim.feature_key == feature_key), ""):
            return text
    return ""
