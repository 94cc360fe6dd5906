"""Every place that asks Stripe × everything that can go wrong there: what is seen, what is stored, and how it heals."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command

from billing.invariants import violations
from billing.models import Attempt, Order, Payer, StripePrice, StripeTaxRate
from tests.billing.conftest import Buyer, ada, catalogue, newcomer
from tests.cast import make_catalogue
from tests.infra.proof import LONG
from tests.infra.sandbox import Sandbox
from tests.stripe_at_its_worst.faults import FAULTS, LATE, Fault
from tests.stripe_at_its_worst.rows import ROWS, Row
from tests.stripe_at_its_worst.scenes.scene import Scene
from tests.stripe_at_its_worst.sites import CHARGING, call_sites, functions_of_the_gateway, wire

__all__ = ["ada", "catalogue"]

# A webhook's signature is checked here, without a request; tests/hostile sends it everything else.
ASKS_NOBODY = {"billing.inbox.receive → verify_event"}
# In the short form each site meets one fault, each time another; what charges meets more of them.
FEW, MORE = 1, 5


def faults_for(row: Row, number: int) -> list[Fault]:
    """All of them in the long form; else some, so that each comes up often."""
    count = len(FAULTS) if LONG else MORE if row.site.endswith(CHARGING) else FEW
    return [FAULTS[(number + nth * 4) % len(FAULTS)] for nth in range(count)]


# What a page in that state must tell, one of these at least.
SAYS = {
    "503": ("you were not charged", "we do not know yet whether it was taken in"),
    "422": ("you were not charged",),
    "409": ("Nothing changed",),
    "503 open": ("You were not charged",),
    "409 open": ("You were not charged",),
    "503 paying": ("not withdrawn yet",),
    "302 asking": ("You will not be charged twice",),
    "302 failed": ("You were not charged",),
    "302 given_back": ("You paid twice. The second payment", "We still owe you"),
}

# Their own end says what was charged and what went back.
PAID_TWICE = [row.scene for row in ROWS if ".giving_back." in row.site or "refund" in row.site]
CELLS = [(row, faults_for(row, number)) for number, row in enumerate(ROWS)]


def test_every_call_site_is_in_the_table() -> None:
    assert set(call_sites()) - ASKS_NOBODY == {row.site for row in ROWS}


def test_every_function_of_the_gateway_is_in_a_row() -> None:
    asked = {site.asked for site in call_sites().values()}
    assert set(functions_of_the_gateway()) == asked


def test_every_fault_of_the_table_is_met_in_the_short_form_too() -> None:
    assert {str(fault) for _, faults in CELLS for fault in faults} == {str(fault) for fault in FAULTS}


@pytest.mark.proof
@pytest.mark.parametrize(("row", "faults"), CELLS, ids=[str(row) for row in ROWS])
def test_whatever_goes_wrong_is_said_stored_and_healed(
    ada: Buyer,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[[str], None],
    row: Row,
    faults: list[Fault],
) -> None:
    for fault in faults:
        play(row, fault, sandbox, monkeypatch)
        assert violations() == [], f"{fault} at {row}"
        # The next one's Stripe knows nothing of these books.
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
        make_catalogue()
    figure(f"{len(faults)} faults: said, stored and healed")


def play(row: Row, fault: Fault, sandbox: Sandbox, patch: pytest.MonkeyPatch) -> None:
    """One cell of the table."""
    sandbox.reset()
    StripePrice.objects.all().delete()
    StripeTaxRate.objects.all().delete()
    buyer = newcomer(sandbox)
    scene = row.scene(buyer)
    before = _standing(buyer)
    with wire(at=row.site, fault=fault, request=row.request, sandbox=sandbox, patch=patch) as laid:
        laid.between.update(scene.between)
        seen = scene.press()
    cell = f"{fault} at {row}: {seen.what}"
    assert laid.tripped_at, f"{cell}: never got there; {laid.reached}"
    assert not laid.wrong, cell
    assert seen.what in (row.unknown if fault.means == "unknown" else row.no).split(", "), cell
    assert any(words in seen.text for words in SAYS.get(seen.what, ("",))), f"{cell}: does not say so"
    _nothing_is_wrong(buyer, before, fault, cell)

    said_no = fault.means == "no" and bool(row.no_heals_to)
    expected = (row.no_heals_to if said_no else row.heals_to).split(", ")
    with wire(sandbox=sandbox, patch=patch) as healing:
        ended = _healed(scene, expected, late_until=laid.tripped_at + LATE if fault.stalls else 0)
    assert not healing.wrong, cell
    assert _is_one_of(ended, expected), f"{cell}: {ended}"
    earlier = before.charged[:-1] if scene.is_paid else before.charged
    paid = [scene.due()] if ended in ("settled", "renewed") else []
    if row.scene not in PAID_TWICE:
        assert _charged(buyer) == [*earlier, *paid], cell
    _one_key_for_each_step(sandbox, cell)
    if said_no and ended.startswith("failed"):
        _a_new_order_has_a_new_key(buyer, cell)


@dataclass(frozen=True)
class Standing:
    licence: dict[str, Any]
    charged: list[int]


def _standing(buyer: Buyer) -> Standing:
    fields = ("tier__key", "price_id", "seats", "period_end", "cancels_at_period_end", "state", "version")
    licence = buyer.customer.licences.filter(ended_at=None).values(*fields).get()
    return Standing(licence, _charged(buyer))


def _charged(buyer: Buyer) -> list[int]:
    return buyer.charged() if Payer.objects.filter(customer=buyer.customer).exists() else []


def _nothing_is_wrong(buyer: Buyer, before: Standing, fault: Fault, cell: str) -> None:
    """Right after the fault: no licence without its payment, no payment twice, and no unknown taken for a no."""
    settled = Order.objects.filter(customer=buyer.customer, state=Order.State.SETTLED)
    now = _standing(buyer)
    moved = now.licence["price_id"] != before.licence["price_id"]
    assert moved <= settled.exists(), cell
    assert len(now.charged) - len(before.charged) <= 1, cell
    for attempt in Attempt.objects.filter(order__customer=buyer.customer).select_related("order"):
        if attempt.outcome == Attempt.Outcome.ASKED and attempt.step in Attempt.CHARGING:
            withdrawn = attempt.order.failure == Order.Failure.WITHDRAWN
            assert attempt.order.state != Order.State.FAILED or withdrawn, f"{cell}: gave up what is unknown"
        if attempt.outcome == Attempt.Outcome.REFUSED:
            assert fault.means == "no", f"{cell}: took an unknown outcome for a no"


def _healed(scene: Scene, expected: list[str], *, late_until: float) -> str:
    """What it comes to when all is well again; a request of ours may still be on its way at Stripe for a moment."""
    if scene.heal:
        scene.heals()
    if late_until:
        time.sleep(max(0.0, late_until - time.monotonic()) + 0.1)
    for _ in range(3):
        if _is_one_of(ended := scene.ends(), expected):
            return ended
        scene.heals()
    return scene.ends()


def _is_one_of(ended: str, expected: list[str]) -> bool:
    return any(ended == each or ended.startswith(f"{each} ") for each in expected)


def _one_key_for_each_step(sandbox: Sandbox, cell: str) -> None:
    """Nothing that charges was ever asked under a second key, or without one."""
    for request in sandbox.requests():
        key, path = request["idempotency_key"] or "", request["path"]
        opens = request["method"] == "POST" and path in ("/v1/checkout/sessions", "/v1/subscriptions")
        changes = request["method"] == "POST" and "payment_behavior" in request["form"]
        if opens or changes:
            order_id, _, step = key.removeprefix("order-").rpartition("-")
            assert Attempt.objects.filter(order_id=order_id, step=step, idempotency_key=key).exists(), cell


def _a_new_order_has_a_new_key(buyer: Buyer, cell: str) -> None:
    order = Order.objects.get(customer=buyer.customer, state=Order.State.FAILED)
    keys = set(order.attempts.values_list("idempotency_key", flat=True))
    again = buyer.accept(buyer.quote(order.quote.tier.key))
    if again.way == Order.Way.CHECKOUT:
        assert again.pay_url, cell
    else:
        assert again.state == Order.State.SETTLED, cell
    assert not keys & set(again.attempts.values_list("idempotency_key", flat=True)), cell
