"""Whatever comes between: nobody pays the price of a later edition before their notice was delivered and its days have
passed, nor within what is paid for; and the licence goes with what is charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import Q
from hypothesis import Phase

from billing import gateway
from billing.answers import SubscriptionSeen
from billing.reading import read_subscription
from licensing import deliveries
from licensing.noticeclock import NoticeClock, Period
from tests.cast import make_catalogue
from tests.infra.proof import size
from tests.infra.sandbox import Sandbox
from tests.kept.holder import Holder
from tests.kept.paying import Paying
from tests.kept.playing import play
from tests.machine.stripe_shows import Door

pytestmark = pytest.mark.proof
# Without these it proves little, however long it runs.
COMES_THROUGH = (
    "mails delivered", "mails bounced", "changes by the owner", "changes of mind", "withdrawn", "askings", "moves",
    "renewals at the later price",
)  # fmt: skip


@pytest.fixture
def paying(transactional_db: None, sandbox: Sandbox, settings: Any) -> Iterator[type[Paying]]:
    """The machine over holders at the sandbox; 19 % tax."""
    settings.STRIPE_AUTOMATIC_TAX = True
    make_catalogue()
    door = Door(sandbox.url)
    yield type("AtTheSandbox", (Paying,), {"make": lambda seen: Holder(sandbox, door, seen)})
    door.close()


def play_until_found(machine: type[Paying], *, meets: str) -> None:
    play(type("Narrowed", (machine,), {"meets": meets}), runs=20, steps=8, phases=[Phase.generate])


def test_nobody_pays_a_later_price_before_they_were_told_in_time(
    paying: type[Paying], figure: Callable[[str], None]
) -> None:
    runs, steps = size(short=8, long=300), size(short=12, long=30)
    play(paying, runs=runs, steps=steps, phases=[Phase.generate, Phase.shrink])
    told = ", ".join(f"{count} {what}" for what, count in Paying.seen.most_common())
    missing = [what for what in COMES_THROUGH if not Paying.seen[what]]
    assert not missing, f"never came to {missing}; came to {told}"
    figure(f"{runs} runs of up to {steps} steps, nobody paid what they were not told of: {told}")


def test_control_stripe_that_is_asked_without_a_delivered_notice(
    paying: type[Paying], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "arrived", lambda at: Q(state="sent", sent_at__lte=at))
    with pytest.raises(AssertionError, match="was asked for the later price: nobody was told"):
        play_until_found(paying, meets="silent")


def test_control_stripe_that_is_asked_before_the_days_have_passed(
    paying: type[Paying], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoticeClock, "period", lambda *_, **__: Period(1, "none"))
    with pytest.raises(AssertionError, match=r"was asked for the later price: .*days of notice"):
        play_until_found(paying, meets="late")


def test_control_a_price_that_changes_within_what_is_paid_for(
    paying: type[Paying], monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(
        *, subscription_id: str, item_id: str, price_id: str, quantity: int, idempotency_key: str
    ) -> SubscriptionSeen:
        with gateway.client.asking() as v1:
            changed = v1.subscriptions.update(
                subscription_id,
                {
                    "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                    "proration_behavior": "always_invoice",
                },
                gateway.client.key(idempotency_key),
            )
            return read_subscription(changed.to_dict())

    monkeypatch.setattr(gateway, "set_renewal_price", at_once)
    with pytest.raises(AssertionError, match="billed within what is paid for"):
        play_until_found(paying, meets="delivered")
