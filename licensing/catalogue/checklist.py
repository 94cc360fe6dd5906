"""What stands between a draft and its publication: a list that the admin shows and that publishing asks."""

from __future__ import annotations

from dataclasses import dataclass

from licensing.catalogue.approvals import valid_approval, why_void
from licensing.catalogue.authors import authors_of, named
from licensing.catalogue.rules import broken_rules
from licensing.models import Approval, Edition


@dataclass(frozen=True)
class Step:
    """One thing that publishing needs. `faults` are sentences that say what is missing and what to do; none: done.

    `words` says what is there. `key` names the step, for its button.
    """

    key: str
    title: str
    words: str
    faults: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        return not self.faults


def steps_to_publish(draft: Edition, *, terms_hash: str) -> list[Step]:
    """Everything that `draft` needs, whose terms have `terms_hash`. The first edition of a product needs the rules kept
    and a rationale alone: nobody holds anything yet.
    """
    steps = [_terms(draft)]
    if newest_published(draft) is not None:
        steps.append(_approval(draft, terms_hash))
    return steps


def newest_published(draft: Edition) -> Edition | None:
    """What is on sale now of the draft's product; None before its first edition is published."""
    published = Edition.objects.filter(product_id=draft.product_id, published_at__isnull=False)
    return published.order_by("-published_at", "-pk").first()


def _terms(draft: Edition) -> Step:
    faults = tuple(broken_rules(draft))
    words = "" if faults else "The terms keep every rule, and the rationale says why they are as they are."
    return Step("terms", "Terms and rationale", words, faults)


def _approval(draft: Edition, terms_hash: str) -> Step:
    title = "Approved by somebody else"
    authors = authors_of(draft)
    if not authors:
        return Step(
            "approval",
            title,
            "",
            (
                f"Nobody is noted as author of {draft.key}: let whoever wrote it save it in the admin, or load it "
                "with --by and their address.",
            ),
        )
    if approval := valid_approval(draft, terms_hash):
        return Step("approval", title, f"{approval.by} approved these very terms on {approval.at:%d %B %Y}.")
    wrote = f"{named(authors)} wrote it."
    last = Approval.objects.filter(edition=draft).select_related("by").first()
    if last is None:
        return Step(
            "approval",
            title,
            wrote,
            ("Nobody has approved these terms. Ask somebody who wrote none of them.",),
        )
    void = why_void(last, terms_hash=terms_hash, authors=authors)
    return Step("approval", title, wrote, (f"The approval of {last.at:%d %B %Y} is void. {void}",))
