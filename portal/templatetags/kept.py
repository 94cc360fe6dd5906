"""Parts of pages that are the same for many readers, rendered once in each process and kept.

    {% kept column.tier.id currency interval %} … {% endkept %}     in compiled templates: {% kept interval, seats %}

What stands between may depend on the values named, and on the reader's locale and language, and on nothing else: they
are the key. Published terms never change, so a fragment keyed by an edition's or a tier's id never goes stale; what may
change, such as the product's name, is named itself. Nothing of one person belongs in between. A test renders every
page with and without this, for several people, and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jinja2.parser
from django import template
from django.conf import settings
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from jinja2 import nodes
from jinja2.ext import Extension

from portal.reader import reader_locale

register = template.Library()

MOST = 4096  # fragments, of a few hundred bytes each
_fragments: dict[tuple[Any, ...], str] = {}


def fragment(*key: Any, render: Callable[[], str]) -> str:
    """What `render` gives, for the reader's locale and language the same whenever the key is the same."""
    if settings.DEBUG:  # templates are being written
        return render()
    key = (*key, reader_locale(), get_language())
    found = _fragments.get(key)
    if found is None:
        found = render()
        if len(_fragments) >= MOST:
            _fragments.clear()
        _fragments[key] = found
    return found


class Kept(template.Node):
    def __init__(self, nodelist: NodeList, keys: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.keys = keys

    def render(self, context: template.Context) -> SafeString:
        named = (key.resolve(context, ignore_failures=True) for key in self.keys)
        place = (self.origin.name, self.token.position, self.token.lineno)
        return fragment(*place, *named, render=lambda: self.nodelist.render(context))


@register.tag
def kept(parser: Parser, token: Token) -> Kept:
    """Keep what stands up to `endkept`, once for each set of the values named."""
    keys = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return Kept(nodelist, keys)


class KeptParts(Extension):
    """The same for compiled templates."""

    tags = {"kept"}

    def parse(self, parser: jinja2.parser.Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        place = parser.free_identifier().name  # another one each time within a template
        key: list[nodes.Expr] = [nodes.Const(parser.name), nodes.Const(place)]
        while parser.stream.current.type != "block_end":
            key.append(parser.parse_expression())
            parser.stream.skip_if("comma")
        body = parser.parse_statements(("name:endkept",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_kept", key), [], [], body).set_lineno(line)

    def _kept(self, *key: Any, caller: Callable[[], str]) -> str:
        return fragment(*key, render=caller)


def forget() -> None:
    """Keep nothing of what was rendered so far; for tests."""
    _fragments.clear()
