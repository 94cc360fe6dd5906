"""Rehearsals as staff see them: started from a draft, watched, read by customer, taken away as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from licensing.admin.actions import RowForm
from licensing.admin.base import ReadOnlyAdmin, row_or_404, row_url
from licensing.admin.edition_choices import EditionFilter, HeldEditionFilter, HeldTierFilter, TurningFilter
from licensing.admin.editions import EditionAction
from licensing.admin.promise_exceptions import AskException, PlainForm
from licensing.catalogue.checklist import newest_published
from licensing.catalogue.exceptions import to_ask, unexcepted
from licensing.history import Actor
from licensing.models import PromiseException, Rehearsal, Rehearsed
from licensing.money import format_money
from licensing.rehearsing import listing
from licensing.rehearsing.promises import promise_words
from licensing.rehearsing.running import UnableToRehearse, refusal, start
from licensing.staff_words import day_words, edition_words, when
from licensing.tasks import rehearse


class Rehearse(EditionAction):
    permission = "licensing.add_rehearsal"
    title = "Rehearse the draft"
    button = "Start the rehearsal"
    form_class = PlainForm
    refusals = (UnableToRehearse,)
    started: Rehearsal | None = None

    def outcome(self) -> str:
        return (
            "The draft is played through for every customer: bills, entitlements, what opens and closes, notices, "
            "promises. Nothing is changed for anybody and nobody is told. You can leave meanwhile."
        )

    def closed(self) -> Sequence[str]:
        why = refusal(self.row, against=newest_published(self.row))
        return [why] if why else ()

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        self.started = start(edition=self.row, by=self.request.user, at=at)
        transaction.on_commit(partial(rehearse.delay, self.started.pk), robust=True)
        return "The rehearsal has begun."

    def back(self) -> str:
        return row_url(self.started or self.row)


@action(description="Download as a table (CSV)", url_path="csv")
def as_csv(_model_admin: Any, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
    """Every customer of a rehearsal, streamed."""
    if not request.user.has_perm("licensing.view_rehearsed"):
        raise PermissionDenied
    rehearsal = row_or_404(Rehearsal.objects.select_related("edition"), key=object_id)
    name = f"rehearsal-{rehearsal.edition.key}-{rehearsal.started_at:%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        listing.lines(rehearsal),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


as_csv.needs = "licensing.view_rehearsed"


@admin.register(Rehearsal)
class RehearsalAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "edition_page", "beside", "state", "progress", "started_by"]
    list_filter = ["state", EditionFilter]
    fields = ["edition_page", "beside", "started_by", "started_at", "terms_hash"]
    readonly_fields = ["edition_page", "beside"]
    change_form_outer_before_template = "admin/staff/rehearsal/rehearsal.html"
    as_csv = as_csv
    ask_exception = AskException.on_rows("exception")
    actions_detail = ("as_csv", "ask_exception")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rehearsal]:
        return (
            super().get_queryset(request).select_related("edition__product", "against__product", "started_by")
        )

    @display(description="draft", ordering="edition")
    def edition_page(self, row: Rehearsal) -> SafeString:
        """The way back to the draft."""
        return format_html(
            '<a class="staff-link" href="{}">{}</a>', row_url(row.edition), edition_words(row.edition)
        )

    @display(description="against", ordering="against")
    def beside(self, row: Rehearsal) -> str:
        return edition_words(row.against)

    @display(description="played")
    def progress(self, row: Rehearsal) -> str:
        return f"{row.done:,} of {row.total:,}"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Of a rehearsal that is done there is a table; an exception is asked for where nobody asked for it yet."""
        row = Rehearsal.objects.filter(pk=object_id).first()
        if row is None or row.state != Rehearsal.State.DONE:
            return []
        actions = super().get_actions_detail(request, object_id)
        return [a for a in actions if not a.action_name.endswith("ask_exception") or to_ask(row)]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        if rehearsal := kwargs.get("obj"):
            finished = when(rehearsal.finished_at) if rehearsal.finished_at else ""
            context |= {"rehearsal": rehearsal, "finished": finished, **_shown(rehearsal)}
        return super().render_change_form(request, context, **kwargs)


def _shown(rehearsal: Rehearsal) -> dict[str, Any]:
    """What the page of a finished rehearsal shows beside its totals."""
    if rehearsal.state != Rehearsal.State.DONE:
        return {}
    totals = rehearsal.totals
    most = max([step["customers"] for step in totals["bills"]], default=0)
    rows = reverse("admin:licensing_rehearsed_changelist") + f"?rehearsal={rehearsal.pk}"
    tiers = listing.tier_names(rehearsal)
    editions = listing.edition_names(rehearsal)
    open_ones, askable = unexcepted(rehearsal.edition, rehearsal), to_ask(rehearsal)
    return {
        "rows": rows,
        "effects": [
            {
                "words": label,
                "key": key,
                "by_publishing": totals["effect"].get(key, 0),
                "if_moved": totals["moving"].get(key, 0),
            }
            for key, label in Rehearsed.Effect.choices
        ],
        "bills": [
            {**step, "percent": step["customers"] * 100 // most if most else 0} for step in totals["bills"]
        ],
        "revenue": [
            {name: format_money(amount, currency, locale="en") for name, amount in amounts.items()}
            | {"currency": currency}
            for currency, amounts in totals["revenue"].items()
        ],
        "moving_on": [
            {
                **row,
                **{side: editions.get(row[side], row[side]) for side in ("from", "to")},
                "held": row["from"],
                "announced": day_words(row["announced"]),
            }
            for row in totals.get("moving_on", [])
        ],
        "latest": day_words(latest) if (latest := totals["notices"]["latest"]) else "",
        "leaving": [{**row, "announced": day_words(row["announced"])} for row in totals.get("leaving", [])],
        "holders": [
            {**row, "name": listing.held_words(row["tier"], row["edition"], tiers=tiers, editions=editions)}
            for row in totals["holders"]
        ],
        "flips": [
            {
                "key": flip["tier"],
                "tier": tiers.get(flip["tier"], flip["tier"]),
                "words": listing.turn_words(_whole(flip)),
                "customers": flip["customers"],
            }
            for flip in totals["flips"]
        ],
        "promises": [
            {
                "key": key,
                "says": promise_words(key),
                "customers": customers,
                "is_open": key in open_ones,
                "may_be_asked": key in askable,
                "exceptions": [
                    {"row": each, "address": row_url(each)}
                    for each in PromiseException.objects.filter(
                        edition=rehearsal.edition, terms_hash=rehearsal.terms_hash, promise=key
                    ).select_related("asked_by", "approved_by")
                ],
            }
            for key, customers in totals["promises"].items()
        ],
    }


def _whole(flip: dict[str, Any]) -> dict[str, Any]:
    """Rehearsals of earlier releases counted each rule by itself."""
    return flip if "rule" not in flip else {**flip, "appear": [], "go": [], flip["way"]: [flip["rule"]]}


@admin.register(Rehearsed)
class RehearsedAdmin(ReadOnlyAdmin):
    """What a draft means, customer by customer."""

    list_display = ["customer_page", "held", "bill_now", "bill_if_moved", "effect", "moving", "changes"]
    list_display_links = ["held"]
    list_filter = [
        "effect", "moving", ("held_edition", HeldEditionFilter), ("held_tier", HeldTierFilter), TurningFilter,
        "currency",
    ]  # fmt: skip
    search_fields = ["customer__name", "customer__slug"]
    fields = [
        "customer_page", "held", "seats", "bill_now", "announced_words", "bill_then", "bill_if_moved", "effect",
        "moving", "gained_words", "lost_words", "gained_moving", "lost_moving", "flips_words", "notices_words",
        "promises_words",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rehearsed]:
        return (
            super()
            .get_queryset(request)
            .select_related("customer")
            .prefetch_related(
                "rehearsal__edition__tiers",
                "rehearsal__against__tiers",
                "rehearsal__edition__product__editions",
            )
        )

    @display(description="holds", ordering="held_tier")
    def held(self, row: Rehearsed) -> str:
        return listing.held_words(
            row.held_tier,
            row.held_edition,
            tiers=listing.tier_names(row.rehearsal),
            editions=listing.edition_names(row.rehearsal),
        )

    @display(description="bill now", ordering="before")
    def bill_now(self, row: Rehearsed) -> str:
        return _bill(row, row.before)

    @display(description="already announced")
    def announced_words(self, row: Rehearsed) -> str:
        return listing.announced_words(row, editions=listing.edition_names(row.rehearsal)) or "nothing"

    @display(description="bill after that")
    def bill_then(self, row: Rehearsed) -> str:
        return _bill(row, row.moves_on["bill"]) if row.moves_on else "–"

    @display(description="bill if moved", ordering="if_moved")
    def bill_if_moved(self, row: Rehearsed) -> str:
        return "–" if row.if_moved is None else _bill(row, row.if_moved)

    @display(description="what changes by publishing")
    def changes(self, row: Rehearsed) -> str:
        parts = [words for _key, words in row.promises]
        found = listing.by_the_draft((*row.lost, *row.gained))
        parts += [f"{each['feature']}: {each['to']}" for each in found]
        if row.flips:
            parts.append(_flips(row))
        return "; ".join(parts) or "nothing"

    @display(description="gained by publishing")
    def gained_words(self, row: Rehearsed) -> str:
        return listing.listed(listing.by_the_draft(row.gained)) or "nothing"

    @display(description="lost by publishing")
    def lost_words(self, row: Rehearsed) -> str:
        return listing.listed(listing.by_the_draft(row.lost)) or "nothing"

    @display(description="gained if moved")
    def gained_moving(self, row: Rehearsed) -> str:
        return listing.listed(listing.by_the_draft(row.gained_if_moved)) or "nothing"

    @display(description="lost if moved")
    def lost_moving(self, row: Rehearsed) -> str:
        return listing.listed(listing.by_the_draft(row.lost_if_moved)) or "nothing"

    @display(description="tiers that open or close")
    def flips_words(self, row: Rehearsed) -> str:
        return _flips(row) or "none"

    @display(description="notices owed before moving")
    def notices_words(self, row: Rehearsed) -> str:
        return listing.notices_words(row.notices) or "none"

    @display(description="promises broken")
    def promises_words(self, row: Rehearsed) -> str:
        return " ".join(words for _key, words in row.promises) or "none"


def _flips(row: Rehearsed) -> str:
    return listing.flips_words(row.flips, tiers=listing.tier_names(row.rehearsal))


def _bill(row: Rehearsed, amount: int) -> str:
    words = {"month": " a month", "year": " a year"}.get(row.interval, "")
    return format_money(amount, row.currency, locale="en") + words if words else "free"
