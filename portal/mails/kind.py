"""What a kind of notice is: who hears it, when it is true, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from licensing.models import Notice, Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

About = TypeVar("About")


class Audience(Enum):
    """Who hears a notice: roles in the customer's team, or the one address that the notice itself names."""

    OWNERS = (Role.OWNER,)
    SPENDERS = (Role.OWNER, Role.BILLING)
    ADDRESS = ()


class Kind(Generic[About]):
    """One kind of notice. `About` is what `read` finds for it: the rows that it speaks of.

    `key` names the kind in `Notice.kind`, its folder under `templates/mails/`, and itself in opt-outs.
    """

    key: str
    audience: Audience
    opt_out_words: StrOrPromise = (
        ""  # what an address that opts out hears no more of; empty: there is no opt-out
    )

    to_closed = False  # whether it is said of an organisation that is closed, too

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, About]:
        """What each notice (by its number) speaks of, in a fixed number of queries. Missing: there is no such row."""
        raise NotImplementedError

    def is_true(self, about: About, notice: Notice, at: datetime) -> bool:
        """Whether the notice still says something true and useful at `at`. No query."""
        raise NotImplementedError

    def facts(self, about: About, notice: Notice, at: datetime) -> dict[str, Any]:
        """What the templates say, as it is now and not as it was when the notice was owed. No query."""
        raise NotImplementedError

    def may_opt_out(self, about: About) -> bool:
        """Whether the law lets this very notice be opted out of."""
        return False

    def address(self, about: About) -> str:
        """Where the notice goes when its audience is one address; empty where that is not known any more."""
        raise NotImplementedError
