"""The templates that are compiled to Python: Jinja's, with our words, addresses and translations in them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language, gettext, ngettext
from jinja2 import Environment, StrictUndefined, pass_context
from markupsafe import Markup

from portal.templatetags import words
from portal.templatetags.kept import KeptParts


def environment(**options: Any) -> Environment:
    """For Django's Jinja2 backend, which sets the loader and that everything is escaped. A name that is not there is an
    error, not an empty word.
    """
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options, extensions=["jinja2.ext.i18n", KeptParts])
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(words.register.filters, linebreaksbr=linebreaksbr)
    made.globals.update(_=said, here=pass_context(words.here), language=get_language, static=static, url=url)
    made.globals["parts"] = {}  # where no template of Django's has made any
    return made


def said(message: str, **values: object) -> Markup:
    """A translated string. Markup in it is ours, or the translator's; in `values` it is escaped."""
    found = Markup(gettext(message))
    return found % values if values else found


def url(name: str, *args: object) -> str:
    """The address of a door of ours. That of one without arguments is found once."""
    if args:
        return reverse(name, args=args)
    return _address(name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=256)
def _address(name: str, urlconf: str, _prefix: str) -> str:
    return reverse(name, urlconf=urlconf)
