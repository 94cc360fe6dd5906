"""The organisation that buys, and the people who act for it."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """An organisation. Its country decides tax, its currency every price it is shown."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 code; decides tax."))
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217 code, upper case."))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    locale = models.CharField(
        max_length=16, default="en_US", help_text=_("How mails write dates and money, e.g. en_GB.")
    )
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when nothing here names anybody any more.")
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    BILLING = "billing", _("billing")
    MEMBER = "member", _("member")


class Member(models.Model):
    """One person's place in one customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "user"], name="member_once")]
        ordering = ["joined_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"

    @property
    def may_spend(self) -> bool:
        """Only owner and billing can spend."""
        return self.role in (Role.OWNER, Role.BILLING)

    @property
    def may_manage_team(self) -> bool:
        return self.role == Role.OWNER


INVITATION_LASTS = timedelta(days=14)


class Invitation(models.Model):
    """An owner's word to an address: come in with this role. The link's token is kept only as a hash."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.MEMBER)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "customer",
                Lower("email"),
                name="invitation_open_once",
                condition=models.Q(accepted_at=None, revoked_at=None),
            )
        ]
        ordering = ["-invited_at"]

    def __str__(self) -> str:
        return f"{self.email} → {self.customer}"

    def is_open(self, *, at: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and at < self.expires_at


class UpgradeRequest(models.Model):
    """A member's question to the owners: may we have this tier? The answer is a quote accepted, or a no."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="upgrade_requests")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    tier_key = models.SlugField(max_length=40)
    note = models.TextField(max_length=1000, blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    granted = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "asked_by", "tier_key"],
                name="upgrade_request_open_once",
                condition=models.Q(answered_at=None),
            )
        ]
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.customer}: {self.tier_key}"
