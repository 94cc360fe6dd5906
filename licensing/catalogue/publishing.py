"""Publishing an edition: once, whole, and only where its terms keep the rules and its promises are looked after."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from licensing.catalogue.checklist import newest_published, steps_to_publish
from licensing.catalogue.faults import UnableToPublish
from licensing.catalogue.writing import draft_hash
from licensing.history import Actor
from licensing.models import Edition, Product


def publish(*, edition: Edition, actor: Actor, at: datetime) -> Edition:
    """Publish a draft: from `at` on it is what is sold, and the database refuses every change to it.

    The row is locked first, and the guards make whoever adds a tier or a price wait for that lock, so nothing slips
    in between the check and the seal. Raises UnableToPublish with everything that is missing.
    """
    with transaction.atomic():
        draft = Edition.objects.select_for_update().get(pk=edition.pk)
        Product.objects.select_for_update(no_key=True).get(pk=draft.product_id)
        if draft.published_at is not None:
            raise UnableToPublish(
                [f"The edition {draft.key} was published on {draft.published_at:%d %B %Y} already."]
            )
        terms_hash = draft_hash(draft)
        steps = steps_to_publish(draft, terms_hash=terms_hash, at=at)
        if faults := [*_too_early(draft, at=at), *(fault for step in steps for fault in step.faults)]:
            raise UnableToPublish(faults)
        draft.published_at = at
        draft.published_by_id = actor.user_id
        draft.content_hash = terms_hash
        draft.save(update_fields=["published_at", "published_by", "content_hash"])
    return draft


def verify(*, edition: Edition) -> bool:
    """Whether a published edition's rows still say what was published: its hash, worked out anew, is the stored one."""
    return bool(edition.content_hash) and edition.content_hash == draft_hash(edition)


def _too_early(draft: Edition, *, at: datetime) -> list[str]:
    """What is sold is the edition published last, so a later one does not come before it."""
    newest = newest_published(draft)
    if newest is None or newest.published_at is None or at >= newest.published_at:
        return []
    return [
        f"The edition {newest.key} is on sale since {newest.published_at:%d %B %Y, %H:%M} UTC; "
        f"{draft.key} cannot be published before that."
    ]
