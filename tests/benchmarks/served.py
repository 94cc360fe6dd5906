"""What the measured server serves: the portal as it is, and beside it two floors on Django's own middleware.

The floors, under /floor/, have the middleware that `startproject` gives every Django project; under /bare/ they have
none. Both are served by the same processes as the portal, so that they share all settings of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from portal.wsgi import application as portal  # isort: skip

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from licensing.models import Customer
from licensing.pricing import estimate
from licensing.standing import standing_of
from portal.pages.prices import INTERVALS

STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


@csrf_exempt
def null(request: HttpRequest) -> HttpResponse:
    """Does nothing but take what was posted."""
    request.body  # noqa: B018
    return HttpResponse("Nothing.\n", content_type="text/plain")


def one_query(request: HttpRequest) -> HttpResponse:
    """One row by its key, through the ORM."""
    customer = Customer.objects.get(pk=int(request.GET["pk"]))
    return HttpResponse(customer.name, content_type="text/plain")


def mine(request: HttpRequest) -> HttpResponse:
    """The same, for somebody who is signed in, by their session."""
    customer = Customer.objects.get(pk=request.user.pk)
    return HttpResponse(customer.name, content_type="text/plain")


def inputs(request: HttpRequest) -> HttpResponse:
    """What a binding quote is asked with, for every tier and interval: no page around it, and no sign-in."""
    at = timezone.now()
    standing = standing_of(Customer(pk=int(request.GET["pk"]), currency="USD"), at=at)
    sums = [
        estimate(held=standing.held, price=price, seats=12, at=at, tax_percent="19", credit=0)
        for tier in standing.edition.tiers
        for interval in INTERVALS
        if (price := tier.price(currency="USD", interval=interval))
    ]
    return HttpResponse(" ".join(str(one.due) for one in sums), content_type="text/plain")


floors = [
    path("null/", null),
    path("1q/", one_query),
    path("mine/", mine),
    path("inputs/", inputs),
]
urlpatterns = [
    path("floor/", include(floors)),
    path("bare/", include(floors)),
    path("", include("portal.urls")),
]


def _handler(middleware: list[str]) -> WSGIHandler:
    """A handler with other middleware; it is read once, when the handler is made."""
    with override_settings(MIDDLEWARE=middleware):
        return WSGIHandler()


settings.ROOT_URLCONF = __name__
_by_prefix: dict[str, Callable[..., Any]] = {"floor": _handler(STARTPROJECT), "bare": _handler([])}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The floors' handlers for their paths, the portal's for all others."""
    handler = _by_prefix.get(environ["PATH_INFO"].split("/", 2)[1], portal)
    return handler(environ, start_response)
