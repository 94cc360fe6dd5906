"""The health doors, and what is said when something cannot be answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.test import Client, override_settings
from django.urls import path
from pytest_django import DjangoAssertNumQueries, Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from portal import heartbeat
from portal.views import errors
from tests.cast import ada


def test_healthz_answers_without_touching_anything(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert not answer.cookies


@pytest.mark.django_db
def test_a_session_cookie_does_not_make_healthz_ask_the_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(ada().user)
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readyz_names_the_parts_that_are_silent(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "redis": "ok", "worker": "silent", "beat": "silent"}
    for sign in (heartbeat.BREATHED, heartbeat.WORKED):
        heartbeat.mark(sign, "celery@one")
    assert client.get("/readyz").json()["worker"] == "ok"
    heartbeat.mark_beat()
    answer = client.get("/readyz")
    assert (answer.status_code, set(answer.json().values())) == (200, {"ok"})


@pytest.mark.django_db
def test_a_worker_that_breathes_and_does_no_work_is_silent_though_another_works(client: Client) -> None:
    for worker in ("celery@works", "celery@deaf"):
        heartbeat.mark(heartbeat.BREATHED, worker)
    heartbeat.mark(heartbeat.WORKED, "celery@works")
    assert client.get("/readyz").json()["worker"] == "silent"

    heartbeat.mark(heartbeat.WORKED, "celery@deaf")
    assert client.get("/readyz").json()["worker"] == "ok"

    with mock.patch("portal.heartbeat.WORKS_WITHIN", -1):
        assert client.get("/readyz").json()["worker"] == "silent", "work of long ago is no sign"
    with mock.patch("portal.heartbeat.BREATHES_WITHIN", -1):
        assert client.get("/readyz").json()["worker"] == "silent", "nobody breathes"


@pytest.mark.django_db
def test_readyz_says_that_redis_is_away(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert client.get("/readyz").json() == {
        "database": "ok",
        "redis": "silent",
        "worker": "silent",
        "beat": "silent",
    }


def test_readyz_says_that_the_database_is_away(client: Client) -> None:
    with mock.patch("portal.views.health.connection.cursor", side_effect=OperationalError("gone")):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "silent")


def test_the_health_doors_do_not_lead_to_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200


def raises(error: Exception) -> Callable[..., Any]:
    def view(_request: Any) -> None:
        raise error

    return view


urlpatterns = [
    # The pages lead back to these.
    path("", raises(ZeroDivisionError()), name="pricing"),
    path("plan/", raises(ZeroDivisionError()), name="plan"),
    path("operational", raises(OperationalError("gone"))),
    path("interface", raises(InterfaceError("gone"))),
    path("redis", raises(RedisConnectionError("gone"))),
    path("bug", raises(ZeroDivisionError())),
    path("denied", raises(PermissionDenied("Only an owner <b>can</b> do this."))),
]
handler403, handler404 = errors.forbidden, errors.not_found
handler500 = errors.server_error
elsewhere = override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[])


@elsewhere
@pytest.mark.parametrize("part", ["operational", "interface", "redis"])
def test_a_part_that_is_away_is_said_to_be_away_for_a_moment(part: str) -> None:
    answer = Client(raise_request_exception=False).get(f"/{part}")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "nothing is charged twice" in answer.content.decode()


@elsewhere
def test_a_bug_is_not_called_an_absence() -> None:
    answer = Client(raise_request_exception=False).get("/bug")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


@elsewhere
def test_a_refusal_is_said_in_its_own_words_and_escaped() -> None:
    answer = Client().get("/denied")
    assert answer.status_code == 403
    assert "Only an owner &lt;b&gt;can&lt;/b&gt; do this." in answer.content.decode()


def test_a_database_that_is_away_before_any_view_gives_503_too_and_is_asked_once() -> None:
    client = Client(raise_request_exception=False)
    with mock.patch("django.contrib.auth.middleware.get_user", side_effect=OperationalError("gone")) as asked:
        answer = client.get("/plan/")
    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    assert asked.call_count == 1, "each time costs the wait for a connection"


@pytest.mark.django_db
def test_no_error_page_asks_the_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        for view in (errors.forbidden, errors.not_found, errors.too_many_requests, errors.unavailable):
            assert "<h1>" in view(None).content.decode()
        assert errors.server_error(None).status_code == 500


def test_a_stale_form_is_explained(client: Client) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert answer.status_code == 403
    assert "nothing was charged" in answer.content.decode()


@pytest.mark.django_db
def test_a_page_is_read_while_redis_is_away(client: Client, settings: Settings) -> None:
    client.force_login(ada().user)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/redis.sock"}}
    assert client.get("/plan/").status_code == 200
