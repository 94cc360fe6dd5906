"""Compiled templates escape what they show, find what is misspelt, and stand in one frame with Django's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from django.template import Context, Template, engines
from django.test import Client
from django.urls import get_script_prefix, set_script_prefix
from jinja2 import Environment, TemplateAssertionError, UndefinedError

from portal.templatetags import kept
from tests.cast import Party
from tests.pages.conftest import SignIn

ROOT = Path(__file__).resolve().parents[2]
MARKUP = "<b>Eve</b> & \"Sons\" 'Ltd'"
INERT = ("&lt;b&gt;Eve&lt;/b&gt; &amp;", "<b>Eve")


@pytest.fixture
def env() -> Environment:
    return engines["compiled"].env


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept.forget()


@pytest.mark.parametrize(
    "source",
    [
        "{{ who }}",
        "<p title='{{ who }}'></p>",
        "{{ _('By %(who)s', who=who) }}",
        "{% trans %}By {{ who }}{% endtrans %}",
        "{% trans count=2, name=who %}{{ name }}{% pluralize %}{{ count }} {{ name }}{% endtrans %}",
        "{% kept who %}{{ who }}{% endkept %}",
        "{{ who|linebreaksbr }}",
        "{% set said = who %}{% if said %}{{ said }}{% endif %}",
        "{% macro say(it) %}{{ it }}{% endmacro %}{{ say(who) }}",
    ],
)
def test_whatever_is_shown_is_escaped(env: Environment, source: str) -> None:
    shown = env.from_string(source).render(who=MARKUP)
    assert INERT[0] in shown
    assert INERT[1] not in shown
    assert '"Sons"' not in shown
    assert "'Ltd'" not in shown


def test_markup_in_a_string_of_ours_stays_markup(env: Environment) -> None:
    template = env.from_string("{{ _('<b>%(who)s</b>', who=who) }}, {{ _('100 % of it') }}")
    assert template.render(who="<i>") == "<b>&lt;i&gt;</b>, 100 % of it"


def test_what_django_s_templates_hand_over_is_escaped_once(env: Environment) -> None:
    page = Template('{% part "content" %}{{ who }}{% endpart %}{{ parts.content }}')
    assert page.render(Context({"who": "<i>&"})) == "&lt;i&gt;&amp;"
    assert env.from_string('{{ parts.get("content", "") }}').render() == ""


@pytest.mark.parametrize(
    "source", ["{{ whoo }}", "{% if whoo %}{% endif %}", "{{ who.nam }}", "{{ 1|mony }}"]
)
def test_what_is_misspelt_is_an_error(env: Environment, source: str) -> None:
    with pytest.raises((UndefinedError, TemplateAssertionError), match=r"whoo|nam|mony"):
        env.from_string(source).render(who=object())


def test_what_is_kept_is_kept_for_its_key_alone(env: Environment) -> None:
    template = env.from_string("{% kept %}{{ who }}{% endkept %} {% kept who %}{{ who }}{% endkept %}")
    assert [template.render(who=who) for who in ("Ada", "Bo")] == ["Ada Ada", "Ada Bo"]


def test_two_places_keep_two_things(env: Environment) -> None:
    template = env.from_string("{% kept 1 %}a{% endkept %} {% kept 1 %}b{% endkept %}")
    assert [template.render().split() for _again in range(2)] == [["a", "b"]] * 2


def test_an_address_is_found_anew_where_the_portal_moves(env: Environment) -> None:
    template, before = env.from_string("{{ url('plan') }} {{ url('theme', 'aabbcc') }}"), get_script_prefix()
    assert template.render() == "/plan/ /theme/aabbcc.css"
    try:
        set_script_prefix("/portal/")
        assert template.render() == "/portal/plan/ /portal/theme/aabbcc.css"
    finally:
        set_script_prefix(before)


def test_every_template_compiles_and_its_strings_can_be_extracted(env: Environment) -> None:
    for name in env.list_templates():
        env.get_template(name)
    with (ROOT / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = {(name, message) for name, _line, message, *_ in extract_from_dir(ROOT, methods, options)}
    assert ("templates/compiled/page.html", "Skip to the page") in found
    assert ("templates/compiled/_site_head.html", "Team") in found, (
        "also between {% kept %} and {% endkept %}"
    )
    assert len({name for name, _message in found}) > 15


def test_pages_of_both_engines_stand_in_one_frame(ada: Party, sign_in: SignIn, visitor: Client) -> None:
    """All of a page but what is its own: title, links in the head, the main part, which page is at hand."""
    client = sign_in(ada.user)
    compiled, django = (frame(client.get(path).content.decode()) for path in ("/plan/", "/team/"))
    assert compiled == django
    assert "Okafor Bakeries" in compiled
    assert "Sign out" not in frame(visitor.get("/policy/").content.decode())


def frame(page: str) -> str:
    for own in (
        r"<title>.*?</title>",
        r"<main.*?</main>",
        r' aria-current="page"',
        r'name="csrf\w+" value="\w+"',
    ):
        page = re.sub(own, "", page, flags=re.DOTALL)
    return " ".join(page.split())
