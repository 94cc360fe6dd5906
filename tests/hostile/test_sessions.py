"""Sessions and caches: nobody gets into another's, nothing private is kept, and looking ends with the right to look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from billing.models import Order
from licensing.models import Event
from portal.pace import MINUTES, PRESSES
from tests.cast import PASSWORD, ada, bo, eve, fay
from tests.doors.people import arguments_of_ada, browser_of, staff_of, superuser
from tests.doors.table import OURS
from tests.staff.rows import order_of

# The same for whoever asks, or no page of anybody: doors of machines.
FOR_EVERYBODY = {"theme", "keys", "healthz", "readyz", "resend_webhook", "brevo_webhook"}
pytestmark = pytest.mark.django_db


def key_of(client: Client) -> str | None:
    return client.session.session_key


def test_a_session_planted_before_signing_in_is_worth_nothing_after() -> None:
    client = Client()
    client.get("/accounts/login/", {"next": "/plan/"})
    client.session["planted"] = True
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key
    planted = key_of(client)
    client.post("/accounts/login/", {"login": ada().user.email, "password": PASSWORD})
    assert client.get("/plan/").status_code == 200
    assert key_of(client) != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/plan/").status_code == 302


def test_signing_out_ends_the_session_for_whoever_copied_it() -> None:
    client = browser_of(ada().user)
    copied = Client()
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert copied.get("/plan/").status_code == 200
    client.post("/accounts/logout/")
    assert copied.get("/plan/").status_code == 302


def test_a_new_password_ends_every_other_session() -> None:
    client, other = browser_of(ada().user), browser_of(ada().user)
    new = "quite another sentence 7"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/plan/").status_code == 200
    assert other.get("/plan/").status_code == 302


def test_whom_one_acts_for_is_never_somebody_elses_customer() -> None:
    client = browser_of(ada().user)
    session = client.session
    session["customer"] = bo().customer.pk
    session.save()
    assert "Lindqvist" not in client.get("/plan/").content.decode()
    assert client.post("/team/switch/", {"customer": bo().customer.slug}).status_code == 404


def test_no_page_of_somebody_signed_in_is_kept(client: Client) -> None:
    arguments = arguments_of_ada(list(OURS))
    for user in (ada().user, eve().user, superuser()):
        client = browser_of(user)
        for name in [name for name in OURS if name not in FOR_EVERYBODY]:
            answer = client.get(reverse(name, kwargs=arguments.get(name, {})))
            assert "private" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"], name
            assert "public" not in answer["Cache-Control"]
        for address in ("/no-such-page/", "/accounts/email/", "/admin/"):
            assert "no-store" in client.get(address)["Cache-Control"], address


def test_the_price_list_of_one_reader_is_never_shown_to_another() -> None:
    reader, visitor = browser_of(ada().user), Client()
    public = visitor.get("/")
    assert "Cookie" in public["Vary"]
    assert "Ada" not in public.content.decode()
    mine = reader.get("/", headers={"if-none-match": public["ETag"]})
    assert mine.status_code == 200, "what a visitor's cache keeps is not Ada's page"
    assert "Ada" in mine.content.decode()
    assert "ETag" not in mine
    assert "no-store" in mine["Cache-Control"]
    again = visitor.get("/", headers={"if-none-match": public["ETag"]})
    assert again.status_code == 304
    assert "Ada" not in Client().get("/").content.decode()


def test_looking_ends_when_the_right_to_look_does() -> None:
    helper = staff_of("support")
    for taken_away in ({"is_active": False}, {"is_staff": False}):
        type(helper).objects.filter(pk=helper.pk).update(is_active=True, is_staff=True)
        client = browser_of(helper)
        client.post(reverse("hijack:acquire"), {"user_pk": ada().user.pk})
        assert client.get("/plan/").status_code == 200
        type(helper).objects.filter(pk=helper.pk).update(**taken_away)
        assert client.get("/plan/")["Location"] == "/accounts/login/"
        assert client.get("/plan/")["Location"] == "/accounts/login/?next=/plan/"
    helper.is_active = helper.is_staff = True
    helper.save()
    client = browser_of(helper)
    client.post(reverse("hijack:acquire"), {"user_pk": ada().user.pk})
    helper.groups.clear()
    assert client.get("/plan/")["Location"] == "/accounts/login/"


def test_nobody_without_the_right_learns_who_there_is() -> None:
    ada()
    for client in (browser_of(eve().user), browser_of(staff_of("catalogue"))):
        for number in (str(ada().user.pk), "999999999", "x", "", "9" * 5000):
            assert client.post(reverse("hijack:acquire"), {"user_pk": number}).status_code == 403
    looker = browser_of(staff_of("support"))
    for number in ("999999999", "x", "", "9" * 5000, "-1", "\x00"):
        assert looker.post(reverse("hijack:acquire"), {"user_pk": number}).status_code == 404
    assert not Event.objects.filter(kind="looked_as").exists()


def test_whoever_looks_does_not_make_an_order_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_of(ada())
    pursued: list[Any] = []
    monkeypatch.setattr("portal.views.quotes.pursue", lambda **facts: pursued.append(facts["order_id"]))
    looker = browser_of(staff_of("support"))
    looker.post(reverse("hijack:acquire"), {"user_pk": ada().user.pk})
    looker.get(reverse("quote_return", args=[order.quote_id]))
    assert pursued == []
    browser_of(ada().user).get(reverse("quote_return", args=[order.quote_id]))
    assert pursued == [order.pk]
    assert Order.objects.get().is_pending


@pytest.fixture
def counted() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.proves("human-pace")
@pytest.mark.usefixtures("counted", "silent_stripe", "quiet")
def test_buttons_that_ask_stripe_are_pressed_at_a_human_pace() -> None:
    party = ada()
    member, spender, colleague = browser_of(eve().user), browser_of(party.user), browser_of(fay().user)
    form = {"tier": "business", "seats": "9", "interval": "month"}
    for _ in range(3):
        assert member.post("/upgrade/", form).status_code == 403, "counts for nobody"
    for press in range(PRESSES):
        door = ("/upgrade/", "/billing/cancel/")[press % 2]
        assert (spender, colleague)[press % 3 == 0].post(door, form).status_code == 503, press
    for door in ("/upgrade/", "/billing/cancel/", "/billing/cancel/undo/", "/billing/portal/"):
        answer = spender.post(door, form)
        assert (answer.status_code, answer["Retry-After"]) == (429, str(MINUTES * 60))
        assert "nothing was charged" in answer.content.decode()
    assert spender.get("/upgrade/").status_code == 200, "looking is free"
    assert browser_of(bo().user).post("/billing/cancel/", {"gives_up": "yes"}).status_code == 503, (
        "others have their own pace"
    )
    cache.clear()
    assert spender.post("/upgrade/", form).status_code == 503
