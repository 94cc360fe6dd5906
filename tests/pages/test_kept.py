"""What a page keeps rendered is what it would render anew: for every reader, whoever came before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.test import Client

from portal.pages import matrix, todo
from portal.templatetags import kept
from tests import cast
from tests.cast import NOON, Party
from tests.pages.conftest import SignIn, tries, uses

PATHS = (
    "/",
    "/plan/",
    "/upgrade/",
    "/upgrade/?tier=scale&seats=40&interval=year",
    "/upgrade/?tier=team",
    "/trials/",
    "/team/",
    "/policy/",
    "/changelog/",
)
OF_THE_MOMENT = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def readers(ada: Party, bo: Party, cy: Party, di: Party, sign_in: SignIn) -> list[Client]:
    """Owners on all sorts of terms, a plain member, a biller, staff, and two visitors who write amounts differently."""
    uses(ada, "projects", 18)
    uses(bo, "rows", 900)
    tries(cy, "business", started_at=NOON - timedelta(days=3))
    staff = cast.person("Sam Staff", is_staff=True)
    people = [ada.user, bo.user, cy.user, di.user, cast.eve(at=NOON).user, cast.fay(at=NOON).user, staff]
    american = Client(headers={"accept-language": "en-US"})
    return [*(sign_in(user) for user in people), Client(headers={"accept-language": "en-GB"}), american]


def page(client: Client, path: str) -> str:
    return OF_THE_MOMENT.sub("", client.get(path).content.decode())


def forget() -> None:
    kept.forget()
    matrix._feature_rows.cache_clear()
    todo._by_feature.cache_clear()


def anew(client: Client, path: str) -> str:
    forget()
    return page(client, path)


def test_every_reader_sees_what_they_would_if_nobody_had_come_before(readers: list[Client]) -> None:
    alone = {(number, path): anew(client, path) for number, client in enumerate(readers) for path in PATHS}
    forget()
    for order in (1, -1):  # each comes after everybody else in one of both
        for number, client in list(enumerate(readers))[::order]:
            for path in PATHS:
                assert page(client, path) == alone[number, path], (number, path)


def test_the_key_left_out_is_found(monkeypatch: pytest.MonkeyPatch, readers: list[Client]) -> None:
    """The control: with keys that name nothing, one reader would see another's page."""
    real: Callable[..., object] = kept.Kept.__init__

    def keyless(self: kept.Kept, nodelist: object, _keys: object) -> None:
        real(self, nodelist, [])

    monkeypatch.setattr(kept.Kept, "__init__", keyless)
    monkeypatch.setattr(kept, "_fragments", {})
    template = Template("{% kept who %}{{ who }}{% endkept %}")
    assert [template.render(Context({"who": who})) for who in ("Ada", "Bo")] == ["Ada", "Ada"]


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 3)
    monkeypatch.setattr(kept, "_fragments", {})
    template = Template("{% kept n %}{{ n }}{% endkept %}")
    assert [template.render(Context({"n": n})) for n in range(10)] == [str(n) for n in range(10)]
    assert len(kept._fragments) <= 3
