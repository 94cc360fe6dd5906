"""The changelog of terms for feed readers: Atom, RSS 2.0 and JSON Feed 1.1, each the same entries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.http import http_date, parse_http_date_safe
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from portal.context import storefront_of
from portal.pages.changes import history
from portal.pages.feed import Entry, absolute, clean, entries
from portal.pages.prices import currency_of

JSON_FEED = "https://jsonfeed.org/version/1.1"


@dataclass(frozen=True)
class Followed:
    """Whose terms, and what changed in them; all empty before anything is published. `query`: the currency
    that was asked for, as addresses name it.
    """

    vendor: str
    entries: list[Entry]
    query: str


class _Terms(Feed):
    """What Atom and RSS have in common. Addresses are absolute here, so that no host name is guessed."""

    door = ""
    item_guid_is_permalink = False

    def get_object(self, request: HttpRequest) -> Followed:
        return followed(request)

    def title(self) -> str:
        return gettext("What changed in our terms, and why")

    description = subtitle = title

    def link(self) -> str:
        return absolute(reverse("changelog"))

    def feed_url(self, found: Followed) -> str:
        return absolute(reverse(self.door)) + found.query

    def feed_guid(self, found: Followed) -> str:
        return absolute(reverse(self.door))

    def author_name(self, found: Followed) -> str:
        return found.vendor

    def items(self, found: Followed) -> list[Entry]:
        return found.entries

    def item_title(self, item: Entry) -> str:
        return item.title

    def item_description(self, item: Entry) -> str:
        return item.html

    def item_link(self, item: Entry) -> str:
        return item.url

    def item_guid(self, item: Entry) -> str:
        return item.id

    def item_pubdate(self, item: Entry) -> datetime:
        return item.published_at

    item_updateddate = item_pubdate


class _Atom(_Terms):
    door = "changelog_atom"
    feed_type = Atom1Feed


class _Rss(_Terms):
    door = "changelog_rss"
    feed_type = Rss201rev2Feed


@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    return _unless_known(request, _Atom()(request))


@require_safe
def rss(request: HttpRequest) -> HttpResponse:
    return _unless_known(request, _Rss()(request))


@require_safe
def json_feed(request: HttpRequest) -> HttpResponse:
    found = followed(request)
    said = {
        "version": JSON_FEED,
        "title": gettext("What changed in our terms, and why"),
        "home_page_url": absolute(reverse("changelog")),
        "feed_url": absolute(reverse("changelog_json")) + found.query,
        "language": get_language() or "en",
        "authors": [{"name": found.vendor}] if found.vendor else [],
        "items": [
            {
                "id": one.id,
                "url": one.url,
                "title": one.title,
                "content_html": one.html,
                "date_published": one.published_at.isoformat(),
            }
            for one in found.entries
        ],
    }
    answer = JsonResponse(
        said, content_type="application/feed+json", json_dumps_params={"ensure_ascii": False}
    )
    if found.entries:
        answer["Last-Modified"] = http_date(found.entries[0].published_at.timestamp())
    return _unless_known(request, answer)


def followed(request: HttpRequest) -> Followed:
    """Prices in the currency of `?currency=`, else in that of the reader's region."""
    shop = storefront_of(request)
    if shop is None:
        return Followed("", [], "")
    currency = currency_of(request, shop.edition)
    chapters = history(shop.product.pk, currency=currency)
    query = f"?currency={currency}" if "currency" in request.GET else ""
    return Followed(clean(shop.product.vendor), entries(shop.product, chapters), query)


def _unless_known(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """304 where the reader has it already, by its hash or since its date."""
    etag = f'"{hashlib.sha256(answer.content).hexdigest()[:24]}"'
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache" if request.user.is_authenticated else "no-cache"
    patch_vary_headers(answer, ["Accept-Language", "Cookie"])
    changed = parse_http_date_safe(answer.get("Last-Modified", ""))
    return get_conditional_response(request, etag=etag, last_modified=changed, response=answer) or answer
