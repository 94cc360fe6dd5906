"""Staff price one customer through every channel, Stripe among them. Nothing is changed by it."""

from __future__ import annotations

from django.utils import timezone

from billing.prices import sync_published
from portal.one_price import price_report
from tests.billing.conftest import Buyer
from tests.stripe_at_its_worst.scenes.scene import Scene, Seen


def pricing_through_every_channel(buyer: Buyer) -> Scene:
    """Of a customer who pays, so that every channel has its say."""
    buyer.with_card().buy("team")
    sync_published(at=timezone.now())

    def press() -> Seen:
        report = price_report(buyer.customer, at=timezone.now())
        assert report is not None
        assert not report.without_reason, "what is not known is no difference"
        return Seen("not known" if report.silent else "one story")

    return Scene(buyer, press=press, ends=lambda: press().what)
