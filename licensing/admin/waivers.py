"""Exceptions for one customer: asked for on the customer's page, answered and ended on their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from unfold.decorators import display

from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import WAIVER_QUEUES, queue_filter
from licensing.admin.waiver_forms import ApproveForm, CreditForm, LimitForm, RuleForm, TrialForm, standing_now
from licensing.admin.waiver_words import NOT_YET, answer_words, days_of, ends_words, state_words
from licensing.history import Actor, subject_of
from licensing.models import Customer, Edition, Event, Waiver
from licensing.money import format_money
from licensing.staff_words import LOCALE, in_zone, when
from licensing.terms import edition_terms, storefront
from licensing.waivers import (
    UnableToApprove,
    UnableToAsk,
    UnableToEnd,
    approve,
    ask_for_waiver,
    credit_room,
    end_waiver,
    refuse,
)
from licensing.waivers.threshold import alone
from licensing.waivers.worth import what_is_waived, worth


class _Ask(StaffAction):
    """Stands on the customer's page."""

    permission = "licensing.add_waiver"
    button = "Ask for it"
    refusals = (UnableToAsk,)
    kind: ClassVar[str]

    def rows(self) -> QuerySet[Customer]:
        return Customer.objects.all()

    def facts(self) -> Sequence[tuple[str, Any]]:
        standing = standing_now(self.row)
        return [("Customer", self.row), ("Holds", standing.tier.name if standing else "nothing")]

    def outcome(self) -> str:
        return alone(self.kind)

    def perform(self, *, form: Any, actor: Actor, at: datetime) -> str:
        waiver = ask_for_waiver(
            customer=self.row,
            wish=form.wish(kind=self.kind, customer=self.row, at=at),
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            actor=actor,
            at=at,
        )
        what = capfirst(_by_todays_names(waiver))
        if waiver.needs_approval:
            return f"It waits for somebody else’s approval. {_why_approval(waiver)} {what}."
        if waiver.kind == Waiver.Kind.PRICE:
            return f"Granted, and on its way to their balance at Stripe. {what}."
        return f"Granted until {in_zone(waiver.ends_at, self.row)}. {what}."


class RaiseLimit(_Ask):
    kind = Waiver.Kind.LIMIT
    title = "Give more of a feature for a while"
    form_class = LimitForm


class WaiveRule(_Ask):
    kind = Waiver.Kind.RULE
    title = "Waive a rule for a while"
    form_class = RuleForm


class GiveTrial(_Ask):
    kind = Waiver.Kind.TRIAL
    title = "Give another trial"
    form_class = TrialForm


class GiveCredit(_Ask):
    kind = Waiver.Kind.PRICE
    title = "Give a credit"
    form_class = CreditForm

    def facts(self) -> Sequence[tuple[str, Any]]:
        """Beside what they hold, what may be given alone as a sum."""
        standing = standing_now(self.row)
        if standing is None:
            return super().facts()
        whole, left = (
            format_money(amount, self.row.currency, locale=LOCALE)
            for amount in credit_room(standing, at=timezone.now())
        )
        words = whole if whole == left else f"{whole}, of which {left} are left"
        return [*super().facts(), ("Alone in twelve months", words)]


class _WaiverAction(StaffAction):
    def rows(self) -> QuerySet[Waiver]:
        return Waiver.objects.select_related("customer", "product")

    def facts(self) -> Sequence[tuple[str, Any]]:
        waiver = self.row
        return [
            ("Customer", waiver.customer),
            ("Exception", _by_todays_names(waiver)),
            ("Worth", worth(waiver, standing=standing_now(waiver.customer))),
            *days_of(waiver),
            ("Asked for", f"{when(waiver.asked_at)} by {waiver.asked_by_words}"),
            ("Why", waiver.reason),
            ("The customer reads", waiver.words),
        ]


class _Answer(_WaiverAction):
    permission = "licensing.approve_waiver"
    refusals = (UnableToApprove,)

    def facts(self) -> Sequence[tuple[str, Any]]:
        return [*super().facts(), ("Needs an approval because", _why_approval(self.row))]


class Approve(_Answer):
    title = "Approve the exception"
    button = "Approve it"
    form_class = ApproveForm

    def outcome(self) -> str:
        if self.row.kind == Waiver.Kind.PRICE:
            return (
                "The credit is theirs: it goes to their balance at Stripe, comes off what they pay next, and does not"
                " run out. The customer is told."
            )
        return "It holds from then on, and the customer is told. It never changes; it can only be ended."

    def closed(self) -> Sequence[str]:
        if self.row.asked_by_id == self.request.user.pk:
            return ["You asked for this exception, so somebody else must approve it."]
        return ()

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        approve(waiver=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"Approved. {capfirst(_by_todays_names(self.row))}."


class Refuse(_Answer):
    title = "Refuse the exception"
    button = "Refuse it"

    def outcome(self) -> str:
        return "Nothing changes for the customer, and they are not told that somebody asked."

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        refuse(waiver=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return "The exception is refused."


class EndNow(_WaiverAction):
    permission = "licensing.change_waiver"
    title = "End the exception now"
    button = "End it now"
    refusals = (UnableToEnd,)

    def outcome(self) -> str:
        if self.row.waits(at=timezone.now()):
            return "The question is taken back. Nothing changes for the customer."
        if self.row.kind == Waiver.Kind.PRICE:
            return "The credit is taken back before it reaches Stripe, and the customer is told."
        return "What was there before is in force at once, and the customer is told. Nothing that they made is deleted."

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        end_waiver(waiver=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"Ended. {capfirst(_by_todays_names(self.row))}."


@admin.register(Waiver)
class WaiverAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "what", "written_state", "starts_at", "ends", "asked_by_name"]
    list_display_links = ["what"]
    list_select_related = ["customer", "product"]
    list_filter = [queue_filter(WAIVER_QUEUES), "kind", "end"]
    search_fields = ["customer__name", "customer__slug", "=feature_key", "=rule_key", "=tier_key"]
    search_help_text = "Customer, or the key of a feature, a rule or a tier."
    fields = [
        "customer_page", "what", "state_in_words", "promised_answer",
        "starts_at", "ends", "words", "reason", "asked_at",
        "asked_by_name", "needs_approval", "granted_at", "approved_by_name", "ended_at", "ended_by_name",
        "ended_because",
    ]  # fmt: skip
    say_yes = Approve.on_rows("approve")
    say_no = Refuse.on_rows("refuse")
    end_now = EndNow.on_rows("end")
    actions_detail = ("say_yes", "say_no", "end_now")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waiver]:
        """Each with the newest edition of its product, which names things."""
        published = Edition.objects.filter(product=OuterRef("product"), published_at__isnull=False)
        newest = published.order_by("-published_at", "-pk").values("pk")[:1]
        rows: QuerySet[Waiver] = super().get_queryset(request).annotate(newest_id=Subquery(newest))
        return rows

    @display(description="exception")
    def what(self, waiver: Any) -> str:
        return what_is_waived(waiver, edition=edition_terms(waiver.newest_id) if waiver.newest_id else None)

    @display(
        description="state",
        label={
            "waiting": "warning", "coming": "info", "live": "success", "expired": "info", "used": "info",
            "staff": "info", "refused": "danger", "lapsed": "danger",
        },
    )  # fmt: skip
    def written_state(self, waiver: Waiver) -> tuple[str, str]:
        now = timezone.now()
        return waiver.state(at=now), state_words(waiver, at=now)

    @display(description="state")
    def state_in_words(self, waiver: Waiver) -> str:
        """The same for its own page, where the theme draws no labels; and who may answer what waits."""
        now = timezone.now()
        by = ", by somebody who may approve exceptions and did not ask" if waiver.waits(at=now) else ""
        return state_words(waiver, at=now) + by

    @display(description="an answer is promised by")
    def promised_answer(self, waiver: Waiver) -> str:
        """Of what waits."""
        return answer_words(waiver) if waiver.waits(at=timezone.now()) else NOT_YET

    @display(description="ends", ordering="ends_at")
    def ends(self, waiver: Waiver) -> str:
        return ends_words(waiver)

    @display(description="asked by", ordering="asked_by_words")
    def asked_by_name(self, waiver: Waiver) -> str:
        return waiver.asked_by_words

    @display(description="approved by")
    def approved_by_name(self, waiver: Waiver) -> str:
        return waiver.approved_by_words

    @display(description="ended by")
    def ended_by_name(self, waiver: Waiver) -> str:
        return waiver.ended_by_words

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """What waits is answered, what holds is ended, what is over is only read."""
        waiver = Waiver.objects.filter(pk=object_id).first()
        state = waiver.state(at=timezone.now()) if waiver else ""
        fits = {"waiting": ("approve", "refuse", "end"), "coming": ("end",), "live": ("end",)}.get(state, ())
        return [each for each in super().get_actions_detail(request, object_id) if each.path.startswith(fits)]


def _by_todays_names(waiver: Waiver) -> str:
    today = storefront()
    return what_is_waived(waiver, edition=today.edition if today else None)


def _why_approval(waiver: Waiver) -> str:
    """As it was said when it was asked for."""
    asked = Event.objects.filter(
        customer=waiver.customer_id, subject=subject_of(waiver), kind="waiver_asked"
    ).first()
    return str(asked.after.get("approval", "")) if asked else ""
