"""What staff may say of each tier of an edition."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from licensing.admin.actions import RowPage
from licensing.admin.base import row_url
from licensing.catalogue.playbook import playbook
from licensing.models import Edition
from licensing.terms import read_edition


class Playbook(RowPage):
    permission = "licensing.view_edition"
    title = "Playbook"
    http_method_names = ["get", "head"]

    def rows(self) -> QuerySet[Edition]:
        return Edition.objects.select_related("product")

    def get(self, _request: HttpRequest, **_: Any) -> HttpResponse:
        return self.page(
            "admin/staff/catalogue/playbook.html",
            edition=self.row,
            plays=playbook(read_edition(self.row)),
            back=row_url(self.row),
        )
