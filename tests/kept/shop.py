"""The vendor and its customers, on PostgreSQL and by the product's own functions. Each run is undone when it ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core import mail
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from licensing.catalogue import load_draft
from licensing.catalogue.faults import UnableToPublish
from licensing.history import COMMAND
from licensing.licences import change_licence, open_free_licence
from licensing.models import Customer, Edition, Licence, NoticeRule, Role
from licensing.terms import EditionTerms, edition_terms
from tests.cast import NOON, joins, person
from tests.kept.books import Books
from tests.kept.terms import as_file
from tests.publishing import publish

WHO = st.integers(0, 3)
# Where the first, second, third and fourth customer are.
PLACES = (
    ("US", "America/Los_Angeles"), ("DE", "Europe/Berlin"), ("JP", "Asia/Tokyo"), ("SE", "Europe/Stockholm"),
)  # fmt: skip


@dataclass
class Held:
    """What a customer had at the end of the last step: the terms, the price, and each feature's worth."""

    licence: tuple[int, int, int | None]
    amount: int | None
    worth: dict[str, float]


class Shop(RuleBasedStateMachine):
    """What all rules stand on."""

    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.seen["runs"] += 1
        self._undo = transaction.atomic()
        self._undo.__enter__()
        self.at = NOON
        self.editions: list[EditionTerms] = []
        self.customers: list[Customer] = []
        self.held: dict[int, Held] = {}
        self.books = Books({(rule.kind, rule.jurisdiction): rule.days for rule in NoticeRule.objects.all()})

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undo.__exit__(None, None, None)
        mail.outbox.clear()

    def _publish(self, said: dict[str, Any]) -> bool:
        key = f"e{len(self.editions)}"
        draft = load_draft(source=as_file(said, key=key), at=self.at)
        try:
            with transaction.atomic():
                self.editions.append(edition_terms(publish(draft, at=self.at).pk))
            self.seen["editions"] += 1
            return True
        except UnableToPublish:
            Edition.objects.filter(pk=draft.pk).delete()
            if not self.editions:
                raise
            return False

    def _open(self) -> None:
        number = len(self.customers)
        country, zone = PLACES[number]
        customer = Customer.objects.create(
            slug=f"c{number}",
            name=f"C{number}",
            country=country,
            currency="USD",
            time_zone=zone,
            created_at=self.at,
        )
        joins(person(f"Owner{number} Of It"), customer, role=Role.OWNER, at=self.at)
        open_free_licence(customer=customer, edition=self.editions[-1], at=self.at, actor=COMMAND)
        self.customers.append(customer)

    def _licence(self, who: int) -> Licence:
        customer = self.customers[who % len(self.customers)]
        return Licence.objects.select_related("tier", "price").get(customer=customer, ended_at=None)

    def _paid(self, who: int) -> Licence | None:
        """One of the licences that are paid for."""
        paid = Licence.objects.filter(customer__in=self.customers, ended_at=None, price__isnull=False)
        found = list(paid.select_related("tier", "price").order_by("pk"))
        return found[who % len(found)] if found else None

    def _move(self, licence: Licence, **fields: Any) -> None:
        change_licence(licence=licence, kind="licence_moved", at=self.at, actor=COMMAND, **fields)

    def _by_their_own_act(self, licence: Licence, what: str) -> None:
        """Whoever moves has other terms from then on, and what they held before counts no longer."""
        self.held.pop(licence.customer_id, None)
        self.seen[what] += 1
