"""The form of a sunset: what goes is chosen among what was ever sold; the ramp is a few rows of per cent and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from licensing.admin.edition_choices import EditionField, EndingField
from licensing.models import Feature, Product, Sunset, Tier
from licensing.models.sunset import names_of
from licensing.staff_words import edition_words

Choice = tuple[str, str]
Choices = list[Choice | tuple[str, list[Choice]]]
# So many rows, and one more than there are; what a browser sends beyond LONGEST is not read.
ROWS = 5
LONGEST = 100
# What a draft may leave open; announcing asks for it.
UNFINISHED = {"reason", "instead", "export"}
DATE = {"type": "date", "class": " ".join(INPUT_CLASSES)}


class RampWidget(forms.Widget):
    """Rows of (per cent, day). The first has no day of its own: it is the sunset's first day."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        written = [(str(percent), str(day)) for percent, day in value or ()]
        rows = written + [("", "")] * max(1, ROWS - len(written))
        return render_to_string(
            "admin/staff/sunset/ramp.html", {"name": name, "rows": rows, "classes": " ".join(INPUT_CLASSES)}
        )

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[tuple[str, str]]:
        """The rows in which anything is written, as it is written."""
        rows: list[tuple[str, str]] = []
        while len(rows) < LONGEST and f"{name}-{len(rows)}-percent" in data:
            row = f"{name}-{len(rows)}"
            rows.append((data[f"{row}-percent"].strip(), data.get(f"{row}-day", "").strip()))
        while rows and not any(rows[-1]):
            rows.pop()
        return rows

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-0-percent" not in data

    def id_for_label(self, id_: str | None) -> str:
        """The label is that of the first row."""
        return f"{id_}-0-percent"


class RampField(forms.Field):
    """A ramp as people fill it in: per cents of customers, each from a day on. Its value: (per cent, day or None)."""

    widget = RampWidget

    def to_python(self, value: Any) -> list[tuple[int, date | None]]:
        """Every row that cannot be read is named."""
        rows = list(value or ())
        faults = [
            f"Step {number}: {fault}."
            for number, (percent, day) in enumerate(rows, 1)
            for fault in _faults_of_row(percent, day, is_first=number == 1)
        ]
        if faults:
            raise ValidationError(faults)
        return [(int(percent), _date(day)) for percent, day in rows]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [list(row) for row in initial or ()] != [list(row) for row in data or ()]


def _faults_of_row(percent: str, day: str, *, is_first: bool) -> Iterator[str]:
    """What was typed is told from what was left open."""
    if not percent:
        yield "a whole per cent from 1 to 100 is missing"
    elif not (percent.isascii() and percent.isdigit() and 0 < int(percent[:9]) <= 100):
        yield f"“{percent[:20]}” is no whole per cent from 1 to 100; write it in digits: 10"
    if not is_first and _date(day) is None:
        yield f"“{day[:20]}” is no day; write it as 2027-02-15" if day else "say from which day on"


def _date(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


class SunsetForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """A draft as people fill it in. It is kept unfinished too; its page says what stands in the way of announcing."""

    feature_key = forms.ChoiceField(
        label="Feature",
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="What goes, of all that published editions give; or else, below, the edition that ends.",
    )
    edition = EndingField(
        label="Or an edition",
        help_text="Whoever holds it moves to the one after it: with a renewal where it is paid for, else on their day.",
    )
    replacement = EditionField(
        label="The edition after it",
        help_text="Where an edition ends: what is sold today. Its tiers and prices are what its holders move to.",
    )
    tier_key = forms.ChoiceField(
        label="Tier",
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="For those who hold this tier: of whichever edition, or of the one that ends.",
    )
    first_on = forms.DateField(
        label="First day",
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text="The first day on which it goes for anybody.",
    )
    ramp = RampField(
        label="In steps",
        required=False,
        help_text="How many customers in all it has reached by then; the last step is 100 per cent. Empty: everybody "
        "on the first day.",
    )

    class Meta:
        model = Sunset
        fields = [
            "product", "feature_key", "edition", "replacement", "tier_key", "reason", "instead", "export", "first_on",
            "ramp",
        ]  # fmt: skip
        labels: ClassVar = {
            "reason": "Why",
            "instead": "What takes its place",
            "export": "What to take along, and where",
        }
        help_texts: ClassVar = dict.fromkeys(
            labels, "In words that customers read. A draft may leave it open."
        )
        widgets: ClassVar = {
            name: UnfoldAdminTextareaWidget(attrs={"rows": 3}) for name in ("reason", "instead", "export")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in UNFINISHED & self.fields.keys():
            self.fields[name].required = False
        ends = self.instance.edition_id is not None
        for name, rows, none in (
            ("feature_key", _features(), "No feature" if ends else "Choose a feature"),
            ("tier_key", _tiers(), "Every tier of it" if ends else "Every tier that gives it"),
        ):
            field = self.fields.get(name)
            if isinstance(field, forms.ChoiceField):
                field.choices = choices(rows, none=none, kept=getattr(self.instance, name))
        products = Product.objects.all()[:2]
        if self.instance.pk is None and len(products) == 1:
            self.initial.setdefault("product", products[0].pk)

    def clean(self) -> dict[str, Any]:
        """Feature and tier are the product's own; the ramp begins on the first day."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if product := given.get("product"):
            for name, rows in (("feature_key", _features()), ("tier_key", _tiers())):
                key = given.get(name)
                if (
                    key
                    and key != self.initial.get(name)
                    and not rows.filter(edition__product=product, key=key)
                ):
                    self.add_error(name, f"{product} has never had it.")
            for name in ("edition", "replacement"):
                if (edition := given.get(name)) and edition.product_id != product.pk:
                    self.add_error(name, f"It is no edition of {product}.")
        if given.get("feature_key") and given.get("edition"):
            self.add_error("edition", "One plan ends a feature or an edition, not both.")
        if steps := given.get("ramp"):
            given["ramp"] = [[percent, str(day or given.get("first_on"))] for percent, day in steps]
        return given


def choices(rows: Iterable[Feature | Tier], *, none: str, kept: str) -> Choices:
    """Each key once, by the name that the newest edition gives it; by product, where there are several.

    `kept` is what the draft says already: it stays to be chosen where no published edition has it.
    """
    products: dict[str, dict[str, str]] = {}
    for row in rows:
        names = products.setdefault(str(row.edition.product), {})
        names.setdefault(row.key, f"{row.name} ({row.key})")
    groups = [(product, list(names.items())) for product, names in products.items()]
    known = {key for names in products.values() for key in names}
    found: Choices = [("", none)]
    found += groups if len(groups) > 1 else groups[0][1] if groups else []
    if kept and kept not in known:
        found.append((kept, f"{kept} (in no published edition)"))
    return found


def sunset_words(sunset: Any) -> str:
    """What goes, in a list: a sunset whose names were read along."""
    return str(sunset.words(feature=sunset.feature_name, tier=sunset.tier_name))


def what_words(sunset: Sunset) -> str:
    """What goes, as the form says it."""
    if sunset.edition is not None:
        after = f", followed by {edition_words(sunset.replacement)}" if sunset.replacement else ""
        return f"{edition_words(sunset.edition)}, the whole edition{after}"
    return _named(sunset, Feature, sunset.feature_key, none="nothing yet")


def tier_words(sunset: Sunset) -> str:
    """For whom, as the form says it."""
    none = "every tier of it" if sunset.edition_id else "every tier that gives it"
    return _named(sunset, Tier, sunset.tier_key, none=none)


def authors_words(sunset: Sunset) -> str:
    """Who wrote it: none of them announces it."""
    return ", ".join(str(author) for author in sunset.authors.all()) or "nobody"


def _named(sunset: Sunset, model: type[Feature] | type[Tier], key: str, *, none: str) -> str:
    name = names_of(model, product=sunset.product_id, key=key).first() if key else None
    return f"{name} ({key})" if name else key or none


def _features() -> QuerySet[Feature]:
    """Of published editions, the newest first; in an edition in its own order."""
    return _published(Feature.objects).order_by("-edition__published_at", "-edition", "position")


def _tiers() -> QuerySet[Tier]:
    return _published(Tier.objects).order_by("-edition__published_at", "-edition", "rank")


def _published(rows: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.filter(edition__published_at__isnull=False).select_related("edition__product")
    return found
