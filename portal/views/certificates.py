"""The price-lock certificate: its page, its signed file, the door where anyone verifies one, and the public keys."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from licensing.certificates import KIND, certificate_of, statement_of
from licensing.signing import published_keys, sign
from licensing.standing import standing_of
from licensing.terms import Storefront
from portal.access import members_only
from portal.context import storefront_of
from portal.forms.certificates import VerifyForm
from portal.pages.certificates import certificate_page, shown

KEYS_KEPT = 300  # seconds; a new key should be known soon


@require_safe
@never_cache
@members_only
def show(request: HttpRequest) -> HttpResponse:
    """The page to print; on a free tier it says what is promised instead."""
    standing = standing_of(request.member.customer, at=timezone.now())
    page = certificate_page(standing, shop=_shop(request))
    context = {"page": page, "verify_address": _address("verify")}
    return render(request, "certificate/certificate.html", context)


@require_safe
@never_cache
@members_only
def download(request: HttpRequest) -> HttpResponse:
    """The same, signed, as a file. A free licence has none."""
    customer = request.member.customer
    certificate = certificate_of(standing_of(customer, at=timezone.now()), shop=_shop(request))
    if certificate is None:
        raise Http404
    statement = statement_of(certificate, keys_at=_address("keys"), verify_at=_address("verify"))
    signed = sign(statement, kind=KIND)
    day = timezone.localtime(certificate.at).date()
    response = JsonResponse(signed, json_dumps_params={"indent": 2}, content_type="application/jose+json")
    response["Content-Disposition"] = f'attachment; filename="price-lock-{customer.slug}-{day}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """Anyone may ask what a certificate says and whether we signed it. Nothing of it is kept."""
    if request.method != "POST":
        return render(request, "certificate/verify.html", {"form": VerifyForm()})
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "certificate/verify.html", {"form": form}, status=422)
    context = {"form": VerifyForm(), "shown": shown(form.cleaned_data["verified"])}
    return render(request, "certificate/verify.html", context)


@require_safe
def keys(_request: HttpRequest) -> HttpResponse:
    """The public keys, as a JWK set."""
    response = JsonResponse(published_keys(), content_type="application/jwk-set+json")
    response["Cache-Control"] = f"public, max-age={KEYS_KEPT}"
    return response


def _address(door: str) -> str:
    return settings.BASE_URL + reverse(door)


def _shop(request: HttpRequest) -> Storefront:
    shop = storefront_of(request)
    assert shop is not None, "whoever is a member holds a licence of a published edition"
    return shop
