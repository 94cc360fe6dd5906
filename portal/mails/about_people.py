"""What we say to people about their team: an invitation, a question to the owners, and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.invitations import token_of
from licensing.models import Invitation, Member, Notice, UpgradeRequest
from licensing.terms import TierTerms, storefront
from portal.mails.inert import lines, one_line, without_links
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import newest_of, rows_of


@dataclass(frozen=True)
class AboutInvitation:
    invitation: Invitation
    is_newest: bool


class InvitationMail(Kind[AboutInvitation]):
    """Come in: to an address that may never have heard of us, so the names in it are kept from becoming links."""

    key = "invitation"
    audience = Audience.ADDRESS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutInvitation]:
        """Two queries."""
        newest = newest_of(notices)
        found = rows_of(notices, Invitation.objects.select_related("invited_by"))
        return {number: AboutInvitation(row, number in newest) for number, row in found.items()}

    def is_true(self, about: AboutInvitation, notice: Notice, at: datetime) -> bool:
        """While it is open; of an invitation sent again before the first mail left, only the newest goes."""
        return about.is_newest and about.invitation.is_open(at=at)

    def facts(self, about: AboutInvitation, notice: Notice, at: datetime) -> dict[str, Any]:
        """Who invites, into what, until when, and the link."""
        invitation = about.invitation
        return {
            "invited_by": _name(invitation.invited_by),
            "role": invitation.role,
            "expires_at": invitation.expires_at,
            "join_url": link("team_join", token_of(invitation)),
        }

    def address(self, about: AboutInvitation) -> str:
        """The invited address."""
        return about.invitation.email


@dataclass(frozen=True)
class AboutRequest:
    """A question to the owners. `tier` is None where it is not on sale today; `is_member`: the asker still is one."""

    request: UpgradeRequest
    tier: TierTerms | None
    is_member: bool


class _RequestKind(Kind[AboutRequest]):
    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutRequest]:
        """Three queries."""
        found = rows_of(notices, UpgradeRequest.objects.select_related("asked_by", "answered_by"))
        members = Member.objects.filter(
            customer_id__in={row.customer_id for row in found.values()}, user__is_active=True
        )
        places = set(members.values_list("customer_id", "user_id"))
        shop = storefront()
        return {
            number: AboutRequest(
                row,
                shop.edition.tier(row.tier_key) if shop else None,
                is_member=(row.customer_id, row.asked_by_id) in places,
            )
            for number, row in found.items()
        }


class UpgradeRequestMail(_RequestKind):
    """A member asks the owners for a higher tier."""

    key = "upgrade_request"
    audience = Audience.OWNERS

    def is_true(self, about: AboutRequest, notice: Notice, at: datetime) -> bool:
        """Until it is answered, while the tier is sold and the one who asked is here."""
        return about.request.answered_at is None and about.tier is not None and about.is_member

    def facts(self, about: AboutRequest, notice: Notice, at: datetime) -> dict[str, Any]:
        """Who asks, for what, in which words, and the calculator set to it."""
        assert about.tier is not None
        return {
            "asked_by": _name(about.request.asked_by),
            "asked_at": about.request.asked_at,
            "tier": about.tier,
            "note": lines(about.request.note),
            "upgrade_url": link("upgrade", tier=about.tier.key),
            "team_url": link("team"),
        }


class UpgradeAnswerMail(_RequestKind):
    """The owners' answer, to the one who asked."""

    key = "upgrade_answer"
    audience = Audience.ADDRESS

    def is_true(self, about: AboutRequest, notice: Notice, at: datetime) -> bool:
        """Once answered, while the one who asked is still in the team."""
        return about.request.answered_at is not None and about.is_member

    def facts(self, about: AboutRequest, notice: Notice, at: datetime) -> dict[str, Any]:
        """Yes or no, by whom, in which words."""
        return {
            "granted": bool(about.request.granted),
            "answered_by": _name(about.request.answered_by),
            "tier_name": about.tier.name if about.tier else about.request.tier_key,
            "words": lines(str(notice.facts.get("words", ""))),
            "plan_url": link("plan"),
        }

    def address(self, about: AboutRequest) -> str:
        """The address of the one who asked."""
        return about.request.asked_by.email if about.request.asked_by else ""


def _name(user: Any) -> str:
    return without_links(one_line(str(user), longest=80)) if user else ""
