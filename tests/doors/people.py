"""Who knocks, and what the addresses name: Ada's organisation and its things."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from licensing.invitations import invite, token_of
from licensing.models import Role
from licensing.upgrade_requests import ask_for_upgrade
from portal.staff import ensure_groups
from tests.cast import ada, cy, eve, fay, person
from tests.staff.rows import policy_version, quote_of

# Where a redirect leads: to signing in, to making an organisation, or onwards.
IN, START, ON = "in", "start", "on"


def browser_of(user: Any) -> Client:
    """A browser without a browser, in which that person has just shown their password, twice."""
    client = Client()
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "password", reauthenticated=True)
    request.session.save()
    return client


def staff_of(group: str) -> Any:
    """Somebody of staff in one group, or in none: sam.support@demo.test."""
    ensure_groups()
    user = person(f"Sam {group}", f"sam.{group or 'nobody'}@demo.test", is_staff=True)
    user.groups.set(Group.objects.filter(name=group))
    return user


def superuser() -> Any:
    return person("Root", is_staff=True, is_superuser=True)


def clients_of_everybody() -> dict[str, Client]:
    """One browser for each role: "stranger" owns another organisation; staff belong to none."""
    return {
        "anonymous": Client(),
        "stranger": browser_of(cy().user),
        "member": browser_of(eve().user),
        "billing": browser_of(fay().user),
        "owner": browser_of(ada().user),
        "staff": browser_of(staff_of("")),
        "support": browser_of(staff_of("support")),
        "catalogue": browser_of(staff_of("catalogue")),
        "finance": browser_of(staff_of("finance")),
        "superuser": browser_of(superuser()),
    }


def arguments_of_ada(names: list[str]) -> dict[str, dict[str, Any]]:
    """What names Ada's things in the addresses of the doors `names`; her quote has expired."""
    party, member = ada(), eve()
    at = timezone.now()
    quote = quote_of(party, quoted_at=at - timedelta(hours=2), expires_at=at - timedelta(hours=1))
    invitation = invite(
        customer=party.customer, email="gus@demo.test", role=Role.MEMBER, by=party.user, at=at
    )
    question = ask_for_upgrade(
        customer=party.customer, asked_by=member.user, tier_key="business", note="", at=at
    )
    rules = policy_version(since=party.licence.started_at)
    TOTP.activate(party.user, generate_totp_secret())
    return {
        "theme": {"accent": "0b6b50"},
        "policy_version": {"number": rules.pk},
        "policy_changes": {"number": rules.pk},
        "policy_on_day": {"day": at.date()},
        "opt_out": {"token": "forged"},
        **{name: {"quote_id": quote.pk} for name in names if name.startswith("quote")},
        "team_invitation_resend": {"pk": invitation.pk},
        "team_invitation_revoke": {"pk": invitation.pk},
        "team_member_role": {"pk": member.pk},
        "team_member_remove": {"pk": member.pk},
        "team_answer": {"pk": question.pk},
        "team_join": {"token": token_of(invitation)},
        "data_erase": {"pk": party.customer.pk},
        "data_keep": {"pk": party.customer.pk},
        "data_download": {"pk": party.customer.pk, "form": "json"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "forged"},
        "mfa_remove_webauthn": {"pk": 999_999_999},
        "mfa_edit_webauthn": {"pk": 999_999_999},
    }


def answer_of(client: Client, method: str, address: str, form: dict[str, Any] | None = None) -> Any:
    """The status; for a redirect, where it leads."""
    answer = getattr(client, method)(address, form or {})
    if answer.status_code == 302 and answer["Location"].startswith("/admin/login/"):
        answer = client.get(answer["Location"])
    if answer.status_code not in (301, 302, 303):
        return answer.status_code
    if answer["Location"].startswith("/accounts/login/"):
        return IN
    return START if answer["Location"].partition("?")[0] == "/start/" else ON


def knock(client: Client, method: str, address: str, form: dict[str, Any] | None = None) -> Any:
    """`answer_of`, and then everything as before: no row, no cookie stays. Needs sessions in the database alone."""
    cookies = copy(client.cookies)
    with transaction.atomic():
        answer = answer_of(client, method, address, form)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer
