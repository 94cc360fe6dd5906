"""An edition beside any other of its product: what is different for whoever holds the other."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from licensing.admin.actions import RowPage
from licensing.admin.base import row_url
from licensing.catalogue.diffing import diff
from licensing.models import Edition
from licensing.terms import read_edition


class Compare(RowPage):
    """`?with=` names the other edition by its row; without it, it is the one on sale, or the one before that."""

    permission = "licensing.view_edition"
    title = "Compare with another edition"
    http_method_names = ["get", "head"]

    def rows(self) -> QuerySet[Edition]:
        return Edition.objects.select_related("product")

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:
        others = list(Edition.objects.filter(product=self.row.product).exclude(pk=self.row.pk))
        other = self._other(others, request.GET.get("with", ""))
        return self.page(
            "admin/staff/catalogue/diff.html",
            edition=self.row,
            others=sorted(others, key=lambda edition: edition.key, reverse=True),
            other=other,
            diff=diff(old=read_edition(other), new=read_edition(self.row)) if other else None,
            back=row_url(self.row),
        )

    def _other(self, others: list[Edition], asked: str) -> Edition | None:
        if asked:
            try:
                return next(edition for edition in others if str(edition.pk) == asked)
            except StopIteration:
                raise Http404 from None
        published = [edition for edition in others if edition.published_at is not None]
        if self.row.published_at is not None:
            published = [edition for edition in published if edition.published_at < self.row.published_at]
        newest = max(published, key=lambda edition: (edition.published_at, edition.pk), default=None)
        return newest or next(iter(others), None)
