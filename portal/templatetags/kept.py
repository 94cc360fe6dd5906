"""Parts of pages that are the same for many readers, rendered once in each process and kept.

    {% kept column.tier.id currency interval %} … {% endkept %}

What stands between may depend on the values named, and on the reader's locale and language, and on nothing else: they
are the key. Published terms never change, so a fragment keyed by an edition's or a tier's id never goes stale; what may
change, such as the product's name, is named itself. Nothing of one person belongs in between. A test renders every
page with and without this, for several people, and compares.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from portal.reader import reader_locale

register = template.Library()

MOST = 4096  # fragments, of a few hundred bytes each
_fragments: dict[tuple[Any, ...], SafeString] = {}


class Kept(template.Node):
    def __init__(self, nodelist: NodeList, keys: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.keys = keys

    def render(self, context: template.Context) -> SafeString:
        if settings.DEBUG:  # templates are being written
            return self.nodelist.render(context)
        named = (key.resolve(context, ignore_failures=True) for key in self.keys)
        place = (self.origin.name, self.token.position, self.token.lineno)
        key = (*place, reader_locale(), get_language(), *named)
        found = _fragments.get(key)
        if found is None:
            found = self.nodelist.render(context)
            if len(_fragments) >= MOST:
                _fragments.clear()
            _fragments[key] = found
        return found


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    """Keep what stands up to `endkept`, once for each set of the values named."""
    keys = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(nodelist, keys)


def forget() -> None:
    """Keep nothing of what was rendered so far; for tests."""
    _fragments.clear()
