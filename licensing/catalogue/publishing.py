"""Publishing an edition: once, whole, and only where its terms keep the rules."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from licensing.catalogue.faults import UnableToPublish
from licensing.catalogue.rules import broken_rules
from licensing.catalogue.writing import draft_hash
from licensing.history import Actor
from licensing.models import Edition


def publish(*, edition: Edition, actor: Actor, at: datetime) -> Edition:
    """Publish a draft: from `at` on it is what is sold, and the database refuses every change to it.

    The row is locked first, and the guards make whoever adds a tier or a price wait for that lock, so nothing slips
    in between the check and the seal. Raises UnableToPublish with every rule that is broken.
    """
    with transaction.atomic():
        draft = Edition.objects.select_for_update().get(pk=edition.pk)
        if draft.published_at is not None:
            raise UnableToPublish(
                [f"The edition {draft.key} was published on {draft.published_at:%d %B %Y} already."]
            )
        if faults := broken_rules(draft):
            raise UnableToPublish(faults)
        draft.published_at = at
        draft.published_by_id = actor.user_id
        draft.content_hash = draft_hash(draft)
        draft.save(update_fields=["published_at", "published_by", "content_hash"])
    return draft


def verify(*, edition: Edition) -> bool:
    """Whether a published edition's rows still say what was published: its hash, worked out anew, is the stored one."""
    return bool(edition.content_hash) and edition.content_hash == draft_hash(edition)
