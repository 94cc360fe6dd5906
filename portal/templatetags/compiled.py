"""Compiled templates inside Django's: `{% compiled "_reason.html" %}`, with all that is known there.

The frame of every page is one of them. `base.html` hands it the parts that Django's templates make:

    {% part "title" %}{% block title %}{% endblock %}{% endpart %}
"""

from __future__ import annotations

from django import template
from django.template import engines
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def compiled(context: template.Context, name: str) -> SafeString:
    """What the template makes of the context. It is safe, because Jinja has escaped it."""
    found = engines["compiled"].env.get_template(name)
    return mark_safe(found.render(context.flatten()))


@register.simple_block_tag(takes_context=True, end_name="endpart")
def part(context: template.Context, content: SafeString, name: str) -> str:
    """Hand what stands between, under this name, to the compiled template that comes after it."""
    context.setdefault("parts", {})[name] = content
    return ""
