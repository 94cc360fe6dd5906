"""Every transition is performed for real, and every kind of data looked at before and after, as the table has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from billing.cancellation import cancel_at_period_end
from billing.models import Invoice, Order, Payer, Quote
from licensing.customers import close_customer
from licensing.entitlements import entitlements
from licensing.erasure import ask_for_erasure
from licensing.invitations import invite
from licensing.models import (
    ERASURE_WAITS,
    Customer,
    Delivery,
    Event,
    Invitation,
    Licence,
    Member,
    Notice,
    OptOut,
    Role,
    Tier,
    Trial,
    TrialMark,
    UpgradeRequest,
    UsageReading,
)
from licensing.standing import standing_of
from licensing.terms import storefront
from licensing.trials import expire_due, start_trial
from licensing.upgrade_requests import ask_for_upgrade
from portal.erasing import erase_due
from portal.facts import facts_of
from portal.mails.outbox import send_due
from portal.pages.continuity import KINDS, PROVED_BY, TRANSITIONS, Fate, Transition
from portal.pages.policy import rulebook
from tests.billing.conftest import Buyer, newcomer
from tests.cast import NOON, OLD, bo, cy, joins, make_catalogue, person
from tests.infra.sandbox import Sandbox
from tests.sunsets.editions import altered
from tests.sunsets.editions import announced as an_edition_ends
from tests.sunsets.scenes import announced, has, mails, sweep

pytestmark = pytest.mark.django_db(transaction=True)

# Names that nothing else has, so that they can be looked for.
OWNER, MEMBER, GUEST = "Adalberta Quillfeather", "Evangelina Brontide", "gustavo.wex@demo.test"
NAMES = ("quillfeather", "adalberta", "evangelina", "brontide", "gustavo")

GOES_ON = datetime(2027, 2, 15, tzinfo=ZoneInfo("Europe/Stockholm"))
TERMS = ("tier_id", "price_id", "edition_id", "seats", "started_at", "ended_at")
CARD = ("card_brand", "card_last4", "card_exp_month", "card_exp_year")

# Kind → the rows that it is made of, and the columns that count; none named: all.
ROWS: dict[str, list[tuple[type[Model], tuple[str, ...]]]] = {
    "made": [],
    "terms": [(Licence, TERMS)],
    "trials": [(Trial, ())],
    "bought": [(Quote, ()), (Order, ()), (Invoice, ())],
    "card": [(Payer, CARD)],
    "people": [(Member, ())],
    "asked": [(Invitation, ()), (UpgradeRequest, ())],
    "notices": [(Notice, ()), (Delivery, ())],
    "opt-outs": [(OptOut, ())],
    "usage": [(UsageReading, ())],
    "history": [(Event, ())],
    "mark": [(TrialMark, ())],
}
Seen = dict[str, dict[tuple[str, Any], dict[str, Any]]]


def look() -> Seen:
    """Every row of each kind, as it is now. There is one customer in the house."""
    return {
        kind: {
            (model._meta.model_name or "", row["pk"]): row
            for model, columns in models
            for row in model._default_manager.values(
                "pk", *columns or [f.attname for f in model._meta.fields]
            )
        }
        for kind, models in ROWS.items()
    }


def lived(sandbox: Sandbox, *, tier: str = "team", tries: str = "business", projects: int = 25) -> Buyer:
    """An organisation with something of every kind, that pays for `tier` and tries a higher one."""
    buyer = newcomer(sandbox, name="Quillfeather & Sons", owner=OWNER)
    customer, at = buyer.customer, timezone.now()
    eve = person(MEMBER)
    joins(eve, customer, at=at)
    invite(customer=customer, email=GUEST, role=Role.MEMBER, by=buyer.user, at=at)
    ask_for_upgrade(customer=customer, asked_by=eve, tier_key="scale", note="Please", at=at)
    OptOut.objects.create(customer=customer, address=eve.email, kind="renewal_reminder", at=at)
    buyer.with_card().buy(tier)
    buyer.receive(*buyer.events())
    if tries:
        begin_trial(buyer, tries)
    UsageReading.objects.create(customer=customer, feature_key="projects", value=projects, read_at=at)
    send_due(at=timezone.now())
    return buyer


def begin_trial(buyer: Buyer, key: str) -> None:
    today, at = storefront().edition, timezone.now()
    situation = facts_of(buyer.customer, today=today, at=at).situation
    start_trial(situation=situation, tier=today.tier(key), actor=buyer.actor, at=at)


def catch_up(buyer: Buyer, **time: int) -> None:
    buyer.receive(*buyer.events(), at=buyer.let_pass(**time))


def upgrade(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox)
    before = look()
    buyer.buy("business")
    return buyer, before


def downgrade(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox, tier="business", tries="", projects=18)
    before = look()
    buyer.buy("team")
    return buyer, before


def trial_begins(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox, tries="", projects=18)
    before = look()
    begin_trial(buyer, "business")
    return buyer, before


def trial_ends(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox)
    before = look()
    assert expire_due(at=Trial.objects.get().ends_at) == 1
    return buyer, before


def cancelled(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox)
    before = look()
    cancel_at_period_end(customer=buyer.customer, actor=buyer.actor, at=timezone.now())
    return buyer, before


def period_ends(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox, tries="")
    cancel_at_period_end(customer=buyer.customer, actor=buyer.actor, at=timezone.now())
    before = look()
    catch_up(buyer, days=32)
    return buyer, before


def unpaid(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer = lived(sandbox, tries="").with_card("pm_card_chargeCustomerFail")
    before = look()
    catch_up(buyer, days=32)
    for _ in range(5):
        catch_up(buyer, days=8)
    return buyer, before


def closed(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer, _before = period_ends(sandbox)
    begin_trial(buyer, "business")
    before = look()
    close_customer(customer=buyer.customer, owner=buyer.user, at=timezone.now())
    return buyer, before


def erased(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    buyer, _before = closed(sandbox)
    at = timezone.now()
    ask_for_erasure(customer=buyer.customer, contact=buyer.user.email, actor=buyer.actor, at=at)
    send_due(at=at)
    before = look()
    for _ in range(2):
        erase_due(at=at + ERASURE_WAITS)
        send_due(at=at + ERASURE_WAITS)
    assert Customer.objects.get(pk=buyer.customer.pk).erased_at
    return buyer, before


def sunset(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    """Bo's March 2025 has single sign-on on Team; it is retired on the day that they were told."""
    party = bo()
    buyer = Buyer(party.customer, party.user, sandbox)
    invite(customer=party.customer, email=GUEST, role=Role.MEMBER, by=party.user, at=NOON)
    OptOut.objects.create(customer=party.customer, address=GUEST, kind="renewal_reminder", at=NOON)
    UsageReading.objects.create(customer=party.customer, feature_key="projects", value=11, read_at=NOON)
    announced()
    mails(at=NOON)
    sweep(at=NOON + timedelta(days=1))
    before = look()
    assert has(party.customer, at=NOON)
    sweep(at=GOES_ON)
    return buyer, before


def edition_ends(sandbox: Sandbox) -> tuple[Buyer, Seen]:
    """Cy's March 2025 ends on the day that he was told; he uses more projects than Free has there and after."""
    party = cy()
    free = Tier.objects.get(edition__key=OLD, key="free")
    altered(party, edition_id=free.edition_id, tier_id=free.pk)
    buyer = Buyer(party.customer, party.user, sandbox)
    invite(customer=party.customer, email=GUEST, role=Role.MEMBER, by=party.user, at=NOON)
    OptOut.objects.create(customer=party.customer, address=GUEST, kind="renewal_reminder", at=NOON)
    UsageReading.objects.create(customer=party.customer, feature_key="projects", value=11, read_at=NOON)
    an_edition_ends()
    mails(at=NOON)
    sweep(at=NOON + timedelta(days=1))
    before = look()
    sweep(at=NOON + timedelta(days=120))
    return buyer, before


PERFORMED: dict[str, Callable[[Sandbox], tuple[Buyer, Seen]]] = {
    "upgrade": upgrade,
    "downgrade": downgrade,
    "trial-begins": trial_begins,
    "trial-ends": trial_ends,
    "cancelled": cancelled,
    "period-ends": period_ends,
    "unpaid": unpaid,
    "sunset": sunset,
    "edition-ends": edition_ends,
    "closed": closed,
    "erased": erased,
}


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda each: each.key)
def test_each_kind_of_data_becomes_what_the_table_says(
    transition: Transition, sandbox: Sandbox, settings: Any
) -> None:
    make_catalogue()
    settings.STRIPE_AUTOMATIC_TAX = True
    buyer, before = PERFORMED[transition.key](sandbox)
    after = look()
    surprises = {
        kind.key: transition.cell(kind).fate
        for kind in KINDS
        if not HOLDS[fate := transition.cell(kind).fate](kind.key, before, after, buyer)
        or (fate not in STAY and stays(kind.key, before, after, buyer))
    }
    assert surprises == {}


def stays(kind: str, before: Seen, after: Seen, _buyer: Buyer) -> bool:
    """Nothing is gone, and nothing is other than it was. There may be more."""
    return all(after[kind].get(key) == row for key, row in before[kind].items())


def begins(kind: str, before: Seen, after: Seen, buyer: Buyer) -> bool:
    return stays(kind, before, after, buyer) and len(after[kind]) > len(before[kind])


def moves(kind: str, before: Seen, after: Seen, buyer: Buyer) -> bool:
    """Another tier, of a licence that goes on."""
    tiers = {(row["tier_id"], row["ended_at"]) for row in after[kind].values()}
    was = {(row["tier_id"], row["ended_at"]) for row in before[kind].values()}
    return tiers != was and all(ended is None for _tier, ended in tiers)


def is_full(_kind: str, before: Seen, after: Seen, buyer: Buyer) -> bool:
    """What is used is above what there may be, and it is all still there."""
    may = entitlements(standing_of(buyer.customer, at=buyer.let_pass(seconds=1)))["projects"].value
    used = UsageReading.objects.get(feature_key="projects").value
    return used > may and stays("usage", before, after, buyer)


def is_less(kind: str, before: Seen, after: Seen, buyer: Buyer) -> bool:
    """The licence is what it was, and the retired feature is in it no more."""
    return stays(kind, before, after, buyer) and not has(buyer.customer, at=GOES_ON)


def ends(kind: str, before: Seen, after: Seen, _buyer: Buyer) -> bool:
    """The rows are there, and none of them is open any more."""
    over = [row.get("ended_at") or row.get("revoked_at") for row in after[kind].values() if "note" not in row]
    return set(before[kind]) <= set(after[kind]) and bool(over) and all(over)


def is_nameless(kind: str, before: Seen, after: Seen, _buyer: Buyer) -> bool:
    """Row for row it is there, each number and date as it was, and nobody is named."""
    text = str(after[kind]).lower()
    facts = all(
        after[kind][key][name] == value
        for key, row in before[kind].items()
        for name, value in row.items()
        if (isinstance(value, int) and not name.endswith("_by_id") and not name.endswith("_for_id"))
        or name.endswith("_at")
    )
    return bool(before[kind]) and facts and not any(name in text for name in NAMES)


def is_gone(kind: str, before: Seen, after: Seen, _buyer: Buyer) -> bool:
    left = [value for row in after[kind].values() for name, value in row.items() if name != "pk"]
    return bool(before[kind]) and not any(left)


def was_gone(kind: str, before: Seen, after: Seen, _buyer: Buyer) -> bool:
    return not before[kind] and not after[kind]


HOLDS: dict[Fate, Callable[[str, Seen, Seen, Buyer], bool]] = {
    Fate.KEPT: stays,
    Fate.BEGINS: begins,
    Fate.MOVES: moves,
    Fate.LESS: is_less,
    Fate.READ_ONLY: is_full,
    Fate.ENDS: ends,
    Fate.NAMELESS: is_nameless,
    Fate.GOES: is_gone,
    Fate.GONE: was_gone,
}


# Where these are said, all that was there is still there.
STAY = (Fate.KEPT, Fate.BEGINS, Fate.LESS, Fate.READ_ONLY, Fate.GONE)


def test_every_kind_and_every_transition_is_looked_at() -> None:
    assert {kind.key for kind in KINDS} == set(ROWS)
    assert {transition.key for transition in TRANSITIONS} == set(PERFORMED)
    assert set(Fate) == set(HOLDS)
    name = PROVED_BY.rpartition("::")[2]
    assert name in globals()
    assert {kind for each in TRANSITIONS for kind in each.changes} <= set(ROWS)


def test_every_cell_leads_to_a_clause_of_the_rules() -> None:
    clauses = {clause.key for part in rulebook() for clause in part.clauses}
    assert {transition.cell(kind).clause.key for transition in TRANSITIONS for kind in KINDS} <= clauses


def test_the_page_says_every_cell_and_is_found_from_the_rules_and_from_cancelling(client: Client) -> None:
    page = client.get("/continuity/").content.decode()
    for transition in TRANSITIONS:
        assert f'id="{transition.key}"' in page
        for _kind, cell in transition.changed:
            assert str(cell.says) in page
    assert page.count("<td class=") == len(KINDS) * len(TRANSITIONS)
    assert 'href="/continuity/"' in client.get("/policy/").content.decode()
