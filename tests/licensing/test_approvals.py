"""Nobody publishes alone: a later edition is approved by somebody who wrote none of it, for exactly its terms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from licensing import catalogue
from licensing.history import COMMAND
from licensing.models import Approval, Edition, EditionAuthor
from tests.cast import NOON, person
from tests.licensing.small_catalogue import GOOD, load, published
from tests.publishing import colleague, publish, ready, writer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_on_sale")]
LATER = GOOD.replace("2026-05", "2026-09").replace("May 2026", "September 2026")


@pytest.fixture
def draft() -> Edition:
    """September's terms, written by Mara, while May's are on sale."""
    published()
    draft = load(LATER)
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    return draft


def why_not_published(draft: Edition) -> str:
    with pytest.raises(catalogue.UnableToPublish) as refusal:
        catalogue.publish(edition=draft, actor=COMMAND, at=NOON)
    return " ".join(refusal.value.faults)


def why_not_approved(draft: Edition, by: object) -> str:
    with pytest.raises(catalogue.UnableToApprove) as refusal:
        catalogue.approve(edition=draft, by=by, at=NOON)
    return str(refusal.value)


def test_the_first_edition_of_a_product_needs_no_approval_because_nobody_holds_anything() -> None:
    edition = catalogue.publish(edition=load(), actor=COMMAND, at=NOON)
    assert edition.published_at == NOON
    assert not Approval.objects.exists()


def test_a_later_edition_is_not_published_without_an_approval(draft: Edition) -> None:
    assert "Nobody has approved these terms. Ask somebody who wrote none of them." in why_not_published(draft)


def test_a_later_edition_is_published_with_a_colleagues_approval(draft: Edition) -> None:
    ready(draft, at=NOON)
    edition = catalogue.publish(edition=draft, actor=COMMAND, at=NOON)
    approval = Approval.objects.get(edition=edition)
    assert (approval.by, approval.terms_hash) == (colleague(), edition.content_hash)


def test_nobody_approves_what_they_wrote_and_is_told_whom_to_ask(draft: Edition) -> None:
    colleague()
    assert why_not_approved(draft, writer()) == (
        "Mara Lind wrote part of 2026-09, and nobody approves what they wrote. Ask Noor Haddad."
    )


def test_whoever_edits_a_draft_after_approving_it_has_not_approved_it(draft: Edition) -> None:
    ready(draft, at=NOON)
    catalogue.note_author(edition=draft, by=colleague(), at=NOON)
    assert "Noor Haddad has edited the draft since. Ask somebody else to approve." in why_not_published(draft)


def test_an_edit_makes_the_approval_void_and_undoing_it_makes_it_valid(draft: Edition) -> None:
    ready(draft, at=NOON)
    team = draft.tiers.get(key="team")
    team.prices.filter(currency="USD", interval="month").update(unit_amount=950)
    assert "The approval of 22 November 2026 is void. The terms were edited after it." in why_not_published(
        draft
    )
    team.prices.filter(currency="USD", interval="month").update(unit_amount=900)
    assert catalogue.publish(edition=draft, actor=COMMAND, at=NOON).published_at


def test_only_staff_with_the_right_approve(draft: Edition) -> None:
    assert "Gus Hall has no right to approve editions." in why_not_approved(draft, person("Gus Hall"))
    gone = colleague()
    gone.is_active = False
    assert "no right" in why_not_approved(draft, gone)


def test_a_draft_that_nobody_is_known_to_have_written_is_not_approved() -> None:
    published()
    draft = load(LATER)
    assert "Nobody is noted as author of 2026-09" in why_not_approved(draft, colleague())
    assert "load it with --by and their address" in why_not_published(draft)


def test_the_same_yes_twice_is_one(draft: Edition) -> None:
    first = catalogue.approve(edition=draft, by=colleague(), at=NOON, note="Read.")
    again = catalogue.approve(edition=draft, by=colleague(), at=NOON + timedelta(days=1))
    assert (again.pk, again.note) == (first.pk, "Read.")


def test_what_is_published_is_not_approved_any_more(draft: Edition) -> None:
    edition = publish(draft, at=NOON)
    assert "was published on 22 November 2026 already" in why_not_approved(edition, colleague())


def test_whose_account_is_gone_has_approved_nothing(draft: Edition) -> None:
    ready(draft, at=NOON)
    colleague().delete()
    assert "The account of whoever gave it is gone. Ask somebody else to approve." in why_not_published(draft)


def test_whose_account_is_gone_is_no_author_any_more_and_the_draft_goes_with_its_rows(draft: Edition) -> None:
    ready(draft, at=NOON)
    writer().delete()
    assert not EditionAuthor.objects.exists()
    draft.delete()
    assert not Approval.objects.exists()


def test_an_edition_is_not_published_before_the_one_on_sale(draft: Edition) -> None:
    ready(draft, at=NOON)
    with pytest.raises(catalogue.UnableToPublish, match="cannot be published before that"):
        catalogue.publish(edition=draft, actor=COMMAND, at=NOON - timedelta(seconds=1))


def test_everything_that_is_missing_is_said_at_once() -> None:
    published()
    draft = load(LATER.replace('"The first terms."', '""').replace('unit = "projects"', ""))
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    said = why_not_published(draft)
    for words in (
        "has no rationale",
        "The feature projects is a limit and needs a unit",
        "Nobody has approved these terms",
    ):
        assert words in said
