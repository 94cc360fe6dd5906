"""What we say to whoever asked for an organisation to be erased: that it will be, and that it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from licensing.models import Erasure, Notice
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import rows_of


class _ErasureKind(Kind[Erasure]):
    audience = Audience.ADDRESS
    to_closed = True

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, Erasure]:
        """One query."""
        return rows_of(notices, Erasure.objects.select_related("customer"))

    def facts(self, about: Erasure, notice: Notice, at: datetime) -> dict[str, Any]:
        """When it was asked for, when it is due, and where it is taken back."""
        assert about.customer is not None
        return {
            "asked_at": about.asked_at,
            "due_at": about.due_at,
            "closed_at": about.customer.closed_at,
            "data_url": link("data"),
        }

    def address(self, about: Erasure) -> str:
        """Of whoever asked, for as long as it is known."""
        return about.contact


class ErasureAsked(_ErasureKind):
    """It waits, and can be taken back."""

    key = "erasure_asked"

    def is_true(self, about: Erasure, notice: Notice, at: datetime) -> bool:
        """While it can be."""
        return about.may_be_taken_back(at=at)


class ErasureDone(_ErasureKind):
    """It is done. The last word that we ever say to this address about it."""

    key = "erasure_done"

    def is_true(self, about: Erasure, notice: Notice, at: datetime) -> bool:
        """Once it is done, and until that has been said."""
        return about.erased_at is not None and about.finished_at is None
