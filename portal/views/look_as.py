"""The door through which staff look at the portal as a customer's person does."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from hijack.views import AcquireUserView

from portal.hijack import may_look, put_on_record


class LookAsView(AcquireUserView):
    """Looking begins only where it is on record: both happen in the one transaction of the view."""

    def test_func(self) -> bool:
        """Whoever may look as nobody does not learn who there is."""
        return may_look(self.request.user) and bool(super().test_func())

    def get_object(self, queryset: Any = None) -> Any:
        """The person named by number; what is no number names nobody."""
        try:
            return super().get_object(queryset)
        except ValueError:
            raise Http404 from None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        put_on_record(staff=request.user, person=self.get_object(), at=timezone.now())
        return super().post(request, *args, **kwargs)
