"""Editions and tiers to choose among, in forms and in filters: by name and key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin import AllValuesFieldListFilter, SimpleListFilter
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from licensing.models import Edition, Licence, Tier
from licensing.staff_words import edition_words


class EditionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # at run time it takes no parameter
    """A published edition by its name, or none. What is sold today is marked."""

    def __init__(self, *, label: str, help_text: str, rows: QuerySet[Edition] | None = None) -> None:
        super().__init__(
            queryset=_published_editions() if rows is None else rows,
            required=False,
            empty_label="No edition",
            widget=UnfoldAdminSelectWidget(),
            label=label,
            help_text=help_text,
        )

    def label_from_instance(self, edition: Any) -> str:
        return (
            f"{edition_words(edition)} – sold today"
            if edition.pk == edition.sold_today
            else edition_words(edition)
        )


class EndingField(EditionField):
    """The edition that ends: each with how many hold it."""

    def __init__(self, *, label: str, help_text: str) -> None:
        super().__init__(
            label=label, help_text=help_text, rows=_published_editions().annotate(holders=_holders())
        )

    def label_from_instance(self, edition: Any) -> str:
        licences = "live licence" if edition.holders == 1 else "live licences"
        return f"{super().label_from_instance(edition)} – {edition.holders:,} {licences}"


def _published_editions() -> QuerySet[Edition]:
    """The newest first, each with the one that is sold today of its product."""
    published = Edition.objects.filter(published_at__isnull=False).order_by("-published_at", "-pk")
    newest = published.filter(product=OuterRef("product")).values("pk")[:1]
    return published.annotate(sold_today=Subquery(newest))


def _holders() -> Coalesce:
    """How many live licences of open customers an edition has."""
    live = Licence.objects.filter(edition=OuterRef("pk"), ended_at=None, customer__closed_at=None).order_by()
    counted = live.values("edition").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class EditionFilter(SimpleListFilter):
    """Rows of one edition, of those that have any."""

    title = "edition"
    parameter_name = "edition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        there = Edition.objects.filter(pk__in=model_admin.model.objects.values("edition"))
        return [(str(edition.pk), edition_words(edition)) for edition in there]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What names no row that is offered filters nothing."""
        known = any(self.value() == key for key, _words in self.lookup_choices)
        return rows.filter(edition=self.value()) if known else rows


class NamedFilter(AllValuesFieldListFilter):
    """Rows by the key that they keep, each key beside its name."""

    def named(self) -> dict[str, str]:
        raise NotImplementedError

    def choices(self, changelist: Any) -> Iterator[Any]:
        names = self.named()
        for choice in super().choices(changelist):
            yield {**choice, "display": names.get(str(choice["display"]), choice["display"])}


class HeldEditionFilter(NamedFilter):
    def named(self) -> dict[str, str]:
        return {edition.key: edition_words(edition) for edition in Edition.objects.order_by("published_at")}


class HeldTierFilter(NamedFilter):
    def named(self) -> dict[str, str]:
        tiers = Tier.objects.order_by("edition__published_at").values_list("key", "name")
        return {key: f"{name} ({key})" for key, name in tiers}


class TurningFilter(SimpleListFilter):
    """Customers of a rehearsal to whom one tier opens or closes."""

    title = "tier that opens or closes"
    parameter_name = "turning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tiers = Tier.objects.order_by("edition__published_at").values_list("key", "name")
        return [(key, f"{name} ({key})") for key, name in dict(tiers).items()]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What names no tier that is offered filters nothing."""
        known = any(self.value() == key for key, _words in self.lookup_choices)
        return rows.filter(flips__contains=[{"tier": self.value()}]) if known else rows
