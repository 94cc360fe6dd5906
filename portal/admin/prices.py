"""What every channel says a customer's tiers cost."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from licensing.admin.actions import RowPage
from licensing.admin.base import customer_url
from licensing.models import Customer, Licence
from portal.one_price import price_report


class Prices(RowPage):
    """Stripe is asked with `?stripe=yes`: that takes a moment. Of a customer without a licence there is no page."""

    permission = "licensing.view_customer"
    title = "What every channel says it costs"
    http_method_names = ["get", "head"]

    def rows(self) -> QuerySet[Customer]:
        return Customer.objects.all()

    def get(self, request: HttpRequest, **_: Any) -> HttpResponse:
        ask_stripe = request.GET.get("stripe") == "yes"
        try:
            report = price_report(self.row, at=timezone.now(), ask_stripe=ask_stripe)
        except Licence.DoesNotExist:
            raise Http404 from None
        return self.page(
            "admin/staff/customer/prices.html",
            report=report,
            ask_stripe=ask_stripe,
            customer=self.row,
            back=customer_url(self.row.pk),
        )
