"""People who sign in, and the groups of staff."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from licensing.admin.base import ReadOnlyInline, StaffAdmin, customer_url
from licensing.models import Member
from portal.models import User

# Their rows are people's secrets and proofs, seen on a person's page as far as staff need them.
for model in (EmailAddress, EmailConfirmation, Authenticator, Group):
    try:
        admin.site.unregister(model)
    except NotRegistered:
        continue


class MembershipInline(ReadOnlyInline):
    model = Member
    fk_name = "user"
    fields = ["customer_page", "role", "joined_at"]
    readonly_fields = ["customer_page"]
    verbose_name_plural = "memberships"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).select_related("customer")

    @display(description="customer")
    def customer_page(self, member: Member) -> SafeString:
        """The way to the customer's one page."""
        return format_html(
            '<a class="staff-link" href="{}">{}</a>', customer_url(member.customer_id), member.customer
        )


class AddressInline(ReadOnlyInline):
    model = EmailAddress
    fields = ["email", "verified", "primary"]
    verbose_name_plural = "addresses"


@admin.register(User)
class UserAdmin(StaffAdmin):
    """People make their own accounts, so none is added here; none is deleted, because the history names them.

    A person is shut out by taking “active” away: their sessions end with their next click.
    """

    list_display = ["email", "name", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "name", "emailaddress__email"]
    search_help_text = "Name, or any address the person has."
    ordering = ["email"]
    fieldsets = [
        (None, {"fields": ["email", "name", "is_active", "date_joined", "last_login", "second_factors"]}),
        ("Staff", {"fields": ["is_staff", "is_superuser", "groups"]}),
    ]
    readonly_fields = ["email", "date_joined", "last_login", "second_factors"]
    inlines = [AddressInline, MembershipInline]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser changes staff, or nobody would be safe from a colleague."""
        if obj is not None and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Only a superuser makes staff, and nobody shuts themselves out."""
        fields = list(self.readonly_fields)
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups"]
        elif obj is not None and obj.pk == request.user.pk:
            fields += ["is_active", "is_staff", "is_superuser"]
        return fields

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """There are few groups: boxes to tick."""
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget()}
        )

    @display(description="second factors")
    def second_factors(self, user: User) -> str:
        """Which kinds the person has set up; never what is in them."""
        kinds = Authenticator.objects.filter(user=user).order_by("type").values_list("type", flat=True)
        names = dict(Authenticator.Type.choices)
        return ", ".join(dict.fromkeys(str(names[kind]) for kind in kinds)) or "none"


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, StaffAdmin):
    pass
