"""The rules in plain words: today's, earlier ones, and what changed between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from licensing.certificates import chosen_since
from licensing.models import Licence
from portal.access import members_only
from portal.context import storefront_of
from portal.models import PolicyVersion
from portal.pages.policy import chapters
from portal.pages.policy_versions import changes, chapters_of, steps, until
from portal.policy import first_version, hash_of, newest_version, policy_now, version_at
from portal.views.public import public_page


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Every rule that can say no, with its anchor; each Reason links to its clause here."""
    shop = storefront_of(request)
    now, newest = hash_of(policy_now()), newest_version()
    since = newest.in_force_since if newest and newest.content_hash == now else None

    def context() -> dict[str, Any]:
        return {"chapters": chapters(shop.edition if shop else None), "since": since}

    return public_page(request, "policy/policy.html", context, now, since)


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Every version that was kept, with what it changed, newest first."""
    newest = newest_version()
    return public_page(request, "policy/versions.html", lambda: {"steps": steps()}, newest and newest.pk)


@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """One version as it was kept."""
    return _version(request, get_object_or_404(PolicyVersion, pk=number))


@require_safe
def on_day(request: HttpRequest, day: date) -> HttpResponse:
    """The version that was in force when that day ended, by UTC; today's so far. Not found for a day that has not come,
    or before the first version that was kept.
    """
    is_ahead = day > timezone.now().astimezone(UTC).date()
    found = version_at(datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=1, microseconds=-1))
    if is_ahead or found is None:
        said = {"day": day, "is_ahead": is_ahead, "first": first_version()}
        return HttpResponse(render_to_string("policy/no_version.html", said), status=404)
    return _version(request, found)


@require_safe
def since_then(request: HttpRequest, number: int) -> HttpResponse:
    """What has changed from one version to what holds now."""
    old = get_object_or_404(PolicyVersion, pk=number)
    now = policy_now()
    texts = {clause["key"]: clause["text"] for chapter in now for clause in chapter["clauses"]}
    return public_page(
        request,
        "policy/changes.html",
        lambda: {"version": old, "changes": changes(old.texts, texts)},
        old.pk,
        hash_of(now),
    )


@require_safe
@members_only
def yours(request: HttpRequest) -> HttpResponse:
    """The version that held when the member's customer came to what they have; the first one, where none was kept."""
    licence = get_object_or_404(Licence, customer_id=request.member.customer_id, ended_at=None)
    since = chosen_since(licence)
    found = version_at(since)
    shown = found or first_version()
    if shown is None:
        return redirect("policy")
    context = {**_context(shown), "yours_since": since, "is_on_record": found is not None, "licence": licence}
    return render(request, "policy/version.html", context)


def _version(request: HttpRequest, found: PolicyVersion) -> HttpResponse:
    shown = _context(found)
    return public_page(request, "policy/version.html", lambda: shown, found.pk, shown["until"])


def _context(found: PolicyVersion) -> dict[str, Any]:
    return {"version": found, "chapters": chapters_of(found), "until": until(found)}
