"""What stands between a draft and its publication: a list that the admin shows and that publishing asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from licensing.catalogue.approvals import valid_approval, why_void
from licensing.catalogue.authors import authors_of, named
from licensing.catalogue.exceptions import unexcepted
from licensing.catalogue.rules import broken_rules
from licensing.catalogue.writing import draft_hash
from licensing.models import Approval, Edition, Rehearsal
from licensing.rehearsing.promises import promise_words


@dataclass(frozen=True)
class Step:
    """One thing that publishing needs. `faults` are sentences that say what is missing and what to do; none: done.

    `words` says what is there, and `reads` where it is read. `key` names the step, for its button.
    """

    key: str
    title: str
    words: str
    faults: tuple[str, ...] = ()
    reads: Rehearsal | None = None

    @property
    def is_done(self) -> bool:
        return not self.faults


# Customers come and go, so what a rehearsal saw holds for a while only.
HOLDS = timedelta(days=14)


def steps_to_publish(draft: Edition, *, terms_hash: str, at: datetime) -> list[Step]:
    """Everything that `draft` needs, whose terms have `terms_hash`. The first edition of a product needs the rules kept
    and a rationale alone: nobody holds anything yet.
    """
    steps = [_terms(draft)]
    on_sale = newest_published(draft)
    if on_sale is None:
        return steps
    rehearsal = Rehearsal.objects.filter(edition=draft, terms_hash=terms_hash, against=on_sale).first()
    steps.append(_rehearsal(draft, rehearsal, at=at))
    if rehearsal is not None and rehearsal.state == Rehearsal.State.DONE and rehearsal.totals["promises"]:
        steps.append(_exceptions(draft, rehearsal))
    return [*steps, _approval(draft, terms_hash)]


def newest_published(draft: Edition) -> Edition | None:
    """What is on sale now of the draft's product; None before its first edition is published."""
    published = Edition.objects.filter(product_id=draft.product_id, published_at__isnull=False)
    return published.order_by("-published_at", "-pk").first()


def rehearsed_as_they_stand() -> list[int]:
    """The numbers of the drafts whose very terms were rehearsed to the end beside what is on sale now."""
    found: set[int] = set()
    done = Rehearsal.objects.filter(state=Rehearsal.State.DONE, edition__published_at=None)
    for draft in Edition.objects.filter(pk__in=done.values("edition")).select_related("product"):
        as_it_stands = done.filter(terms_hash=draft_hash(draft), against=newest_published(draft))
        found.update(as_it_stands.filter(edition=draft).values_list("edition", flat=True))
    return sorted(found)


def _terms(draft: Edition) -> Step:
    faults = tuple(broken_rules(draft))
    words = "" if faults else "The terms keep every rule, and the rationale says why they are as they are."
    return Step("terms", "Terms and rationale", words, faults)


def _rehearsal(draft: Edition, rehearsal: Rehearsal | None, *, at: datetime) -> Step:
    title = "Rehearsed with every customer"

    def todo(words: str, *, reads: Rehearsal | None = None) -> Step:
        return Step("rehearsal", title, "", (words,), reads)

    if rehearsal is None:
        if Rehearsal.objects.filter(edition=draft).exists():
            return todo("What was rehearsed were other terms than these. Rehearse the draft again.")
        return todo("Nobody has seen yet what it means for each customer. Rehearse the draft.")
    match rehearsal.state:
        case Rehearsal.State.RUNNING:
            words = f"The rehearsal is on its way: {rehearsal.percent} %. Wait until it is done."
            return todo(words, reads=rehearsal)
        case Rehearsal.State.DONE if rehearsal.finished_at and at - rehearsal.finished_at <= HOLDS:
            customers = rehearsal.totals["customers"]
            words = f"Done on {rehearsal.finished_at:%d %B %Y}, with {customers:,} customers."
            return Step("rehearsal", title, words, reads=rehearsal)
        case Rehearsal.State.DONE:
            return todo(
                f"The rehearsal is older than {HOLDS.days} days, and customers come and go. Rehearse again."
            )
    return todo("The last rehearsal did not come to its end. Rehearse the draft again.")


def _exceptions(draft: Edition, rehearsal: Rehearsal) -> Step:
    faults = tuple(
        f"The promise “{promise_words(promise).rstrip('.')}” would be broken for {customers:,} "
        f"customer{'s' if customers != 1 else ''}. Change the draft so that it is kept, or ask for an exception on the "
        "rehearsal's page and have a colleague accept it."
        for promise, customers in unexcepted(draft, rehearsal).items()
    )
    words = "" if faults else "What would be broken is accepted, with a reason."
    return Step("exceptions", "Promises kept, or excepted", words, faults, rehearsal)


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
