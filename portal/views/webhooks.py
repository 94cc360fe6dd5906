"""Where Stripe tells us that something happened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import inbox
from billing.answers import StripeForged


@csrf_exempt
@never_cache
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Verify, store once, answer at once; the work is done later. A signature that does not prove itself is a 400."""
    try:
        inbox.receive(
            payload=request.body, signature=request.headers.get("Stripe-Signature", ""), at=timezone.now()
        )
    except StripeForged:
        return HttpResponse("The signature does not fit.\n", status=400, content_type="text/plain")
    return HttpResponse("Stored.\n", content_type="text/plain")
