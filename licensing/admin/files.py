"""An edition as a file: what the loading page takes, to keep, to send, or to start the next one from."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from licensing.admin.base import row_or_404
from licensing.catalogue import dump
from licensing.models import Edition

RIGHT = "licensing.view_edition"


@action(description="Save as a file (TOML)", url_path="toml")
def as_file(_model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The edition, draft or published, as `manage.py catalogue dump` writes it. Refused with 403 without the right."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    edition = row_or_404(Edition.objects.select_related("product"), key=object_id)
    return HttpResponse(
        dump(edition),
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{edition.product.key}-{edition.key}.toml"'},
    )


as_file.needs = RIGHT
