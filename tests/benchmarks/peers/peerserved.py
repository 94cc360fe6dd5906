"""What that project serves: dj-stripe's webhook door."""

from django.core.wsgi import get_wsgi_application
from django.urls import include, path

application = get_wsgi_application()
urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]


def do_nothing(event, api_key=None):
    """The callback of whoever only wants webhooks acknowledged."""
