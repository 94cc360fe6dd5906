"""The changelog of terms, followed by feed readers: three formats, each by its own specification."""

from __future__ import annotations

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client

from licensing.models import Edition
from portal.pages.feed import clean
from tests import cast
from tests.cast import PUBLISHED

ATOM = "{http://www.w3.org/2005/Atom}"
DOORS = {
    "atom.xml": "application/atom+xml",
    "rss.xml": "application/rss+xml",
    "feed.json": "application/feed+json",
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# What our entries are made of; anything else came from somebody else.
ELEMENTS = {"p", "br", "h3", "ul", "li"}

pytestmark = pytest.mark.django_db


class Read(HTMLParser):
    """The elements and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Any]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def is_absolute(address: str | None) -> bool:
    parts = urlsplit(address or "")
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def atom_of(client: Client) -> ElementTree.Element:
    return ElementTree.fromstring(client.get("/changelog/atom.xml?currency=USD").content)


def rss_of(client: Client) -> ElementTree.Element:
    channel = ElementTree.fromstring(client.get("/changelog/rss.xml?currency=USD").content).find("channel")
    assert channel is not None
    return channel


def json_of(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get("/changelog/feed.json?currency=USD").content)
    return found


def test_atom_has_all_that_rfc_4287_asks_for(visitor: Client) -> None:
    feed = atom_of(visitor)
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1, name
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links.keys() == {"alternate", "self"}
    assert all(is_absolute(address) for address in links.values())
    assert str(links["self"]).endswith("/changelog/atom.xml?currency=USD"), (
        "who follows it keeps their currency"
    )
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for entry in entries:
        for name in ("id", "title", "updated", "published", "summary"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1, name
        assert entry.findtext(f"{ATOM}id", "").startswith("urn:uuid:")
        assert RFC3339.fullmatch(entry.findtext(f"{ATOM}updated", ""))
        [link] = entry.findall(f"{ATOM}link")
        assert is_absolute(link.get("href"))
        summary = entry.find(f"{ATOM}summary")
        assert summary is not None
        assert summary.get("type") == "html"
    # An author of the feed, or of each entry.
    assert feed.findtext(f"{ATOM}author/{ATOM}name")


def test_rss_has_all_that_its_second_version_asks_for(visitor: Client) -> None:
    channel = rss_of(visitor)
    for name in ("title", "link", "description"):
        assert channel.findtext(name), name
    assert is_absolute(channel.findtext("link"))
    [itself] = channel.findall(f"{ATOM}link")
    assert itself.get("rel") == "self"
    assert is_absolute(itself.get("href"))
    items = channel.findall("item")
    assert len(items) == 2
    for item in items:
        assert is_absolute(item.findtext("link"))
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        assert parsedate_to_datetime(item.findtext("pubDate", "")) in PUBLISHED.values()


def test_the_json_feed_has_all_that_its_version_1_1_asks_for(visitor: Client) -> None:
    feed = json_of(visitor)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["authors"] == [{"name": "Meridian Works"}]
    assert all(is_absolute(feed[name]) for name in ("home_page_url", "feed_url"))
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"]
        assert is_absolute(item["url"])
        assert RFC3339.fullmatch(item["date_published"])
    assert [datetime.fromisoformat(item["date_published"]) for item in feed["items"]] == sorted(
        PUBLISHED.values(), reverse=True
    )


def test_all_three_tell_the_same_under_the_same_ids(visitor: Client) -> None:
    atom = [
        (e.findtext(f"{ATOM}id"), e.findtext(f"{ATOM}title"), e.findtext(f"{ATOM}summary"))
        for e in atom_of(visitor).findall(f"{ATOM}entry")
    ]
    rss = [
        (i.findtext("guid"), i.findtext("title"), i.findtext("description"))
        for i in rss_of(visitor).findall("item")
    ]
    feed = [(i["id"], i["title"], i["content_html"]) for i in json_of(visitor)["items"]]
    assert atom == rss == feed
    assert "Price: US$23 a seat a month (before: US$19 a seat a month)" in feed[0][2]
    assert "Running Meridian costs more than it did" in feed[0][2]


def test_an_id_stays_wherever_the_portal_moves_to(visitor: Client, settings: Any) -> None:
    before = [item["id"] for item in json_of(visitor)["items"]]
    settings.BASE_URL = "https://elsewhere.example"
    after = json_of(visitor)["items"]
    assert [item["id"] for item in after] == before
    assert all(item["url"].startswith("https://elsewhere.example/changelog/#") for item in after)


def test_no_host_that_a_reader_names_gets_into_an_address(visitor: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for door in DOORS:
        assert (
            b"mallory" not in visitor.get(f"/changelog/{door}", headers={"host": "mallory.example"}).content
        )


@pytest.mark.parametrize("door", DOORS)
def test_asked_again_nothing_is_sent(visitor: Client, door: str) -> None:
    answer = visitor.get(f"/changelog/{door}")
    assert answer["Content-Type"].startswith(DOORS[door])
    assert parsedate_to_datetime(answer["Last-Modified"]) == PUBLISHED[cast.TODAY]
    for known in ({"if-none-match": answer["ETag"]}, {"if-modified-since": answer["Last-Modified"]}):
        assert visitor.get(f"/changelog/{door}", headers=known).status_code == 304, known
    other = visitor.get(f"/changelog/{door}?currency=JPY", headers={"if-none-match": answer["ETag"]})
    assert other.status_code == 200


@pytest.mark.usefixtures("nothing_on_sale")
@pytest.mark.parametrize("door", DOORS)
def test_before_anything_is_published_it_is_empty_and_valid(visitor: Client, door: str) -> None:
    answer = visitor.get(f"/changelog/{door}")
    assert answer.status_code == 200
    if door == "feed.json":
        assert json.loads(answer.content)["items"] == []
    else:
        assert ElementTree.fromstring(answer.content) is not None


def test_what_the_vendor_wrote_is_text_and_nothing_else(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.pages import changes
    from tests.pages import hostile_edition

    monkeypatch.setattr(changes, "edition_terms", hostile_edition.terms)
    for html in (item["content_html"] for item in json_of(visitor)["items"]):
        read = Read(html)
        assert {tag for tag, _attributes in read.elements} <= ELEMENTS
        assert not any(attributes for _tag, attributes in read.elements)
        assert "<script>alert(1)</script>" in read.text
    titles = [entry.findtext(f"{ATOM}title") for entry in atom_of(visitor).findall(f"{ATOM}entry")]
    assert all("<img src=x>" in (title or "") for title in titles)


def test_what_xml_has_no_place_for_is_left_out() -> None:
    assert clean("a\x00b\x0bc\ud800\n\U0001f600") == "abc\n\U0001f600"
    assert Edition.objects.exists()


def test_the_page_names_all_three(visitor: Client) -> None:
    page = visitor.get("/changelog/?currency=EUR").content.decode()
    links = re.findall(r'<link rel="alternate"\s+type="([^"]+)"\s+title="[^"]+"\s+href="([^"]+)">', page)
    assert links == [(kind, f"/changelog/{door}?currency=EUR") for door, kind in DOORS.items()]
