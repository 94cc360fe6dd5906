"""The mailbox of `make run`: what arrives is kept, listed and shown, and runs nothing."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from portal.local.mailbox.store import Store
from portal.local.mailbox.web import server_for
from tests.infra.ports import free_port


def mail(subject: str, html: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = "Meridian <hello@meridian.test>"
    message["To"] = "ada@demo.test"
    message["Subject"] = subject
    message.set_content("Hello Ada, ¥ 1,200\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "mail")


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    port = free_port()
    server = server_for(store, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def get(url: str) -> tuple[str, dict[str, str]]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode(), dict(answer.headers)


def test_mails_are_listed_newest_first_and_outlive_a_restart(store: Store, tmp_path: Path, url: str) -> None:
    for subject in ("first", "second"):
        store.keep(mail(subject), recipients=["ada@demo.test", "hidden@demo.test"])
    messages = json.loads(get(f"{url}/messages.json")[0])["messages"]
    assert [message["subject"] for message in messages] == ["second", "first"]
    assert messages[0]["to"] == "ada@demo.test, hidden@demo.test"
    assert [kept.subject for kept in Store(tmp_path / "mail").all()] == ["second", "first"]


def test_one_mail_has_its_text_html_headers_and_links(store: Store, url: str) -> None:
    html = '<p><a href="https://portal.test/plan/?a=1&amp;b=2">Plan</a></p>'
    id = store.keep(mail("Receipt", html), recipients=["ada@demo.test"])
    whole = json.loads(get(f"{url}/messages/{id}.json")[0])
    assert whole["text"] == "Hello Ada, ¥ 1,200\n"
    assert whole["links"] == ["https://portal.test/plan/?a=1&b=2"]
    assert ["Subject", "Receipt"] in whole["headers"]
    page, _ = get(f"{url}/messages/{id}")
    assert "<iframe" in page
    assert "Hello Ada, ¥ 1,200" in page


def test_what_a_mail_says_is_escaped_and_its_scripts_do_not_run(store: Store, url: str) -> None:
    id = store.keep(mail("<script>alert(1)</script>", "<script>alert(2)</script>"), recipients=["a@b.test"])
    for path in ("/", f"/messages/{id}"):
        assert "<script>alert" not in get(url + path)[0]
    body, headers = get(f"{url}/messages/{id}/html")
    assert '<base target="_blank">' in body
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "allow-scripts" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/messages/../../etc/passwd", "/messages/20200101T000000000000Z-0001", "/nothing"]
)
def test_what_is_not_there_is_404(url: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(url + path)


def test_another_site_cannot_empty_it(store: Store, url: str) -> None:
    store.keep(mail("stays"), recipients=["ada@demo.test"])
    request = urllib.request.Request(f"{url}/forget", method="POST", headers={"Origin": "https://evil.test"})
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=5)
    assert len(store.all()) == 1
    urllib.request.urlopen(urllib.request.Request(f"{url}/forget", method="POST"), timeout=5)
    assert store.all() == []
