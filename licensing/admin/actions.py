"""The small form page behind every staff action: it says what will happen, asks why, does it, and leads back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views import View
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from licensing.admin.base import customer_url, row_or_404
from licensing.history import Actor


class RowForm(forms.Form):
    """A form of an action; it knows the row that the action is about."""

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row


class ReasonForm(RowForm):
    """Nothing is done to a customer without saying why. The reason stands below all other fields."""

    reason = forms.CharField(
        label="Why",
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": 400}),
        help_text="It stands in the customer’s history, beside your name.",
    )

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


class StaffPage(View):
    """A page of an admin. Refused with 403 without `permission`."""

    permission: ClassVar[str]
    title: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Let in whoever may open it."""
        self.model_admin: ModelAdmin = kwargs["model_admin"]
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        self.prepare(**kwargs)
        return super().dispatch(request, *args, **kwargs)

    def prepare(self, **_: Any) -> None:
        """What is looked up before the page is opened."""

    @classmethod
    def on_list(cls, path: str) -> Callable[..., HttpResponseBase]:
        """This page as a list action of a StaffAdmin, at `<path>/` below the list."""
        page = cls.as_view()

        def open_page(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponseBase:
            return page(request, model_admin=model_admin)

        return cls._as_action(open_page, path)

    @classmethod
    def _as_action(
        cls, open_page: Callable[..., HttpResponseBase], path: str
    ) -> Callable[..., HttpResponseBase]:
        as_action: Callable[..., HttpResponseBase] = action(open_page, description=cls.title, url_path=path)
        as_action.needs = cls.permission  # type: ignore[attr-defined]  # read by StaffAdmin
        return as_action

    def page(self, template: str, **context: Any) -> HttpResponse:
        """The page in the frame of the admin."""
        frame = self.model_admin.admin_site.each_context(self.request)
        shown = {**frame, "opts": self.model_admin.model._meta, "title": self.title, **context}
        return TemplateResponse(self.request, template, shown)


class RowPage(StaffPage):
    """A page about one row. Refused with 404 where there is no such row."""

    def prepare(self, **kwargs: Any) -> None:
        """The row at hand."""
        self.row: Any = row_or_404(self.rows(), key=kwargs["object_id"])

    @classmethod
    def on_rows(cls, path: str) -> Callable[..., HttpResponseBase]:
        """This page as a detail action of a StaffAdmin, at `<row>/<path>/`."""
        page = cls.as_view()

        def open_page(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponseBase:
            return page(request, model_admin=model_admin, object_id=object_id)

        return cls._as_action(open_page, path)

    def rows(self) -> QuerySet[Any]:
        """The rows that the page is for, with what it shows selected along."""
        raise NotImplementedError


class StaffAction(RowPage):
    """One thing that staff do to one row. A subclass says what, and does it in one domain call."""

    button: ClassVar[str]
    form_class: ClassVar[type[RowForm]] = ReasonForm
    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def facts(self) -> Sequence[tuple[str, Any]]:
        """What the page shows of the row: (word, value)."""
        raise NotImplementedError

    def outcome(self) -> str:
        """What will happen, in a sentence or two."""
        raise NotImplementedError

    def beside(self) -> tuple[str, dict[str, Any]] | None:
        """A template of more that the page shows beside the facts, and what it needs."""
        return None

    def closed(self) -> Sequence[str]:
        """Why this very person cannot do it to this row, in place of the form; empty where they can."""
        return ()

    def perform(self, *, form: RowForm, actor: Actor, at: Any) -> str:
        """Do it, and say in a sentence what was done."""
        raise NotImplementedError

    def back(self) -> str:
        """Where the page leads afterwards: the customer's."""
        return customer_url(self.row.pk if self.row._meta.model_name == "customer" else self.row.customer_id)

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:
        return self._page(self.form_class(row=self.row))

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        form = self.form_class(request.POST, row=self.row)
        if not self.closed() and form.is_valid():
            try:
                done = self.perform(form=form, actor=Actor.person(request.user), at=timezone.now())
            except self.refusals as refusal:
                for words in getattr(refusal, "faults", [str(refusal)]):
                    form.add_error(None, words)
            else:
                messages.success(request, done)
                return redirect(self.back())
        return self._page(form)

    def _page(self, form: RowForm) -> HttpResponse:
        beside, context = self.beside() or ("", {})
        return self.page(
            "admin/staff/action.html",
            button=self.button,
            facts=self.facts(),
            outcome=self.outcome(),
            closed=self.closed(),
            form=form,
            back=self.back(),
            beside=beside,
            **context,
        )
