"""A person's account can go; what they bought for their organisation stays."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from billing.models import Order, Quote
from licensing.models import Event
from portal.models import User
from tests.billing.conftest import Buyer


def test_quotes_orders_and_history_outlive_the_person_who_made_them(ada: Buyer) -> None:
    order = ada.with_card().buy("team")
    ada.user.delete()
    order.refresh_from_db()
    assert (order.accepted_by, order.quote.quoted_for) == (None, None)
    assert ada.licence.tier.key == "team"
    assert Event.objects.filter(kind="order_accepted", by="Ada Okafor").exists()


def test_nobody_else_can_be_put_in_their_place(ada: Buyer) -> None:
    order = ada.with_card().buy("team")
    other = User.objects.create_user("mallory@demo.test", "demo-portal")
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(accepted_by=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.filter(pk=order.quote_id).update(quoted_for=other)
