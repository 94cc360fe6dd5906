"""The door through which staff look at the portal as a customer's person does."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from hijack.views import AcquireUserView

from portal.hijack import put_on_record


class LookAsView(AcquireUserView):
    """Looking begins only where it is on record: both happen in the one transaction of the view."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        put_on_record(staff=request.user, person=self.get_object(), at=timezone.now())
        return super().post(request, *args, **kwargs)
