"""/healthz: the process answers. /readyz: so does all that it needs."""

from __future__ import annotations

import redis
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from licensing.models import Restore
from portal import heartbeat


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Touches nothing, so that a database that is away does not get the web servers restarted."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Each part by name, "ok" or "silent"; 503 where any is silent."""
    parts = {"database": _database_answers(), **_redis_and_heartbeats()}
    answer = {name: "ok" if alive else "silent" for name, alive in parts.items()}
    if parts["database"] and _is_held_after_restore():
        answer["sweeps"] = "held until reconciled"
    return JsonResponse(answer, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _is_held_after_restore() -> bool:
    """As far as it was noticed: this door only looks."""
    try:
        return Restore.objects.filter(reconciled_at=None).exists()
    except Error:
        return False


def _redis_and_heartbeats() -> dict[str, bool]:
    try:
        return {"redis": True, **heartbeat.signs()}
    except redis.RedisError:
        return {"redis": False, "worker": False, "beat": False}
