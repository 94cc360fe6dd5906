"""What that project serves: dj-stripe's webhook door, and the pages of django-plans that its mails name."""

from django.core.wsgi import get_wsgi_application
from django.urls import include, path

application = get_wsgi_application()
urlpatterns = [
    path("stripe/", include("djstripe.urls", namespace="djstripe")),
    path("plan/", include("plans.urls")),
]


def do_nothing(event, api_key=None):
    """The callback of whoever only wants webhooks acknowledged."""
