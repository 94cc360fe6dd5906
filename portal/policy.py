"""The versions of the policy: what the rules say now is kept whenever it differs from what was kept last."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from licensing.terms import storefront
from portal.models import PolicyVersion
from portal.pages.policy import chapters

LOCK = 0x706F6C69  # "poli": one writer of versions at a time


def record_policy(*, at: datetime) -> PolicyVersion | None:
    """Keep what the rules say now, in force since `at`; None where it is what was kept last.

    A release, a setting or a new edition may change them. Safe to repeat, and from several places at once.
    """
    said = policy_now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        newest = newest_version()
        if newest and newest.content_hash == hash_of(said):
            return None
        return PolicyVersion.objects.create(chapters=said, content_hash=hash_of(said), in_force_since=at)


def policy_now() -> list[dict[str, Any]]:
    """What the rules say now, as a version keeps it: without examples, which only explain."""
    shop = storefront()
    with translation.override(settings.LANGUAGE_CODE):
        return [
            {
                "key": chapter.key,
                "title": chapter.title,
                "about": chapter.about,
                "clauses": [{"key": clause.key, "text": clause.text} for clause in chapter.clauses],
            }
            for chapter in chapters(shop.edition if shop else None)
        ]


def hash_of(said: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def newest_version() -> PolicyVersion | None:
    return PolicyVersion.objects.first()


def version_at(moment: datetime) -> PolicyVersion | None:
    """The version that was in force at `moment`; None before the first that was kept."""
    return PolicyVersion.objects.filter(in_force_since__lte=moment).first()


def first_version() -> PolicyVersion | None:
    return PolicyVersion.objects.last()
