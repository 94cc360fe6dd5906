"""Which function answers which path, for the API and for the hosted pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from billing.sandbox.pages.html import Page
    from billing.sandbox.store import Obj

    ApiFunction = Callable[..., Obj]
    PageFunction = Callable[..., Page]


@dataclass(frozen=True)
class Route:
    """One method and path template; `known` are the parameters it takes."""

    method: str
    pattern: re.Pattern[str]
    literals: int
    function: Callable[..., Any]
    known: frozenset[str]


API: list[Route] = []
PAGES: list[Route] = []


def _added(table: list[Route], method: str, template: str, known: str, function: Callable[..., Any]) -> None:
    pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", template) + r"/?")
    literals = sum(not part.startswith("{") for part in template.split("/"))
    table.append(Route(method, pattern, literals, function, frozenset(known.split())))


def route(method: str, template: str, known: str = "") -> Callable[[ApiFunction], ApiFunction]:
    """Let a function answer an API path; `known` names its parameters, parted by spaces (`expand` goes without)."""

    def register(function: ApiFunction) -> ApiFunction:
        _added(API, method, template, known, function)
        return function

    return register


def hosted(method: str, template: str) -> Callable[[PageFunction], PageFunction]:
    """Let a function answer a hosted page's path."""

    def register(function: PageFunction) -> PageFunction:
        _added(PAGES, method, template, "", function)
        return function

    return register


def match(table: list[Route], method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route for a request and the ids in its path; the most literal one where several fit."""
    found = [
        (entry.literals, entry, fit.groups())
        for entry in table
        if entry.method == method and (fit := entry.pattern.fullmatch(path))
    ]
    if not found:
        return None
    _, entry, ids = max(found, key=lambda hit: hit[0])
    return entry, ids
