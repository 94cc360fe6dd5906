"""Every place in the product that asks Stripe, found in the source, and a wire that trips when a call comes by it."""

from __future__ import annotations

import ast
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connection

from billing import gateway
from billing.models import Attempt, BalanceCredit, PriceMove
from tests.infra.sandbox import Sandbox
from tests.stripe_at_its_worst.faults import Fault

ROOT = Path(__file__).resolve().parents[2]
APPS = ("licensing", "billing", "portal")
# What these are asked for charges, or opens a page that does; the others move money back.
CHARGING = ("create_checkout", "create_subscription", "change_subscription")
MOVING = (*CHARGING, "refund_payment", "move_balance", "set_renewal_price")


@dataclass(frozen=True)
class Site:
    """One call: the module and function it stands in, what is asked, and which of several such calls it is."""

    module: str
    function: str
    asked: str
    nth: int
    lines: range = field(compare=False, repr=False)

    def __str__(self) -> str:
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.module}.{self.function} → {self.asked}{again}"


def functions_of_the_gateway() -> dict[str, Callable[..., Any]]:
    """Whatever the gateway offers by a public name."""
    return {
        name: function
        for name, function in inspect.getmembers(gateway, inspect.isfunction)
        if function.__module__.startswith(f"{gateway.__name__}.")
    }


@lru_cache(maxsize=2)
def call_sites(root: Path = ROOT) -> dict[str, Site]:
    """By its name, every `gateway.something(…)` in the product; also one that is only handed on, as a callable."""
    found: dict[str, Site] = {}
    for path in sorted(each for app in APPS for each in (root / app).rglob("*.py")):
        if {"sandbox", "gateway"} & set(path.relative_to(root).parts[1:-1]):
            continue
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for site in _sites_in(ast.parse(path.read_text()), module):
            found[str(site)] = site
    return found


def _sites_in(tree: ast.Module, module: str) -> Iterator[Site]:
    aliases, functions = _names_of_the_gateway(tree), functions_of_the_gateway()
    seen: dict[tuple[str, str], int] = {}
    for function, node in _with_their_function(tree, ""):
        asked = _asked(node, aliases)
        if asked in functions:
            key = (function, asked)
            seen[key] = seen.get(key, 0) + 1
            yield Site(module, function, asked, seen[key], range(node.lineno, (node.end_lineno or 0) + 1))


def _names_of_the_gateway(tree: ast.Module) -> dict[str, str]:
    """Name here → what it is: "" for the module, else the function's own name."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "billing":
            aliases |= {each.asname or each.name: "" for each in node.names if each.name == "gateway"}
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("billing.gateway."):
            aliases |= {each.asname or each.name: each.name for each in node.names}
    return aliases


def _with_their_function(node: ast.AST, inside: str) -> Iterator[tuple[str, ast.expr]]:
    for child in ast.iter_child_nodes(node):
        name = inside
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not inside:
            name = child.name
        if isinstance(child, ast.expr):
            yield name, child
        yield from _with_their_function(child, name)


def _asked(node: ast.expr, aliases: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if aliases.get(node.value.id) == "" else ""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return aliases.get(node.id, "")
    return ""


@dataclass
class Wire:
    """What came by while it was laid: the sites, and whatever was not as it must be."""

    reached: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    tripped_at: float = 0
    between: dict[str, Callable[[], Any]] = field(default_factory=dict)


@contextmanager
def wire(
    *, at: str = "", fault: Fault | None = None, request: int = 0, sandbox: Sandbox, patch: pytest.MonkeyPatch
) -> Iterator[Wire]:
    """While this lasts, the first call from the site `at` meets `fault` at its request number `request`.

    Every call, from wherever, is looked at: no transaction may be open, and what charges has its attempt committed.
    `between` of the wire may name something to happen just before a function of the gateway asks.
    """
    sites, laid = call_sites(), Wire()

    def watched(asked: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def asks(*args: Any, **words: Any) -> Any:
            site = _site_of(sys._getframe(1), asked, sites)
            if site:
                laid.reached.append(str(site))
                laid.wrong += _wrong(site, words)
            if meanwhile := laid.between.pop(asked, None):
                meanwhile()
            if fault is None or str(site) != at or laid.tripped_at:
                return function(*args, **words)
            laid.tripped_at = time.monotonic()
            with fault.strikes(sandbox, patch, after=request):
                return function(*args, **words)

        return asks

    with patch.context() as here:
        for name, function in functions_of_the_gateway().items():
            here.setattr(gateway, name, watched(name, function))
        yield laid


def _site_of(frame: FrameType, asked: str, sites: dict[str, Site]) -> Site | None:
    """The site a frame stands at; None where a test asks, or the gateway itself."""
    module, function = frame.f_globals["__name__"], frame.f_code.co_qualname.split(".")[0]
    for site in sites.values():
        if (site.module, site.function, site.asked) == (
            module,
            function,
            asked,
        ) and frame.f_lineno in site.lines:
            return site
    # Handed on, and called from another line: then it is where it was handed on.
    handed_on = [site for site in sites.values() if (site.module, site.asked) == (module, asked)]
    if len(handed_on) == 1:
        return handed_on[0]
    assert not module.startswith(APPS), (
        f"{module}:{frame.f_lineno} asks {asked} and is not found in the source"
    )
    return None


def _wrong(site: Site, asked: dict[str, Any]) -> list[str]:
    wrong = []
    if connection.in_atomic_block or not connection.get_autocommit():
        wrong.append(f"{site} asks inside a transaction")
    if site.asked in MOVING:
        # No transaction is open, so what this connection sees is committed.
        mine = {"idempotency_key": asked["idempotency_key"], "outcome": Attempt.Outcome.ASKED}
        if not any(kind.objects.filter(**mine).exists() for kind in (Attempt, BalanceCredit, PriceMove)):
            wrong.append(f"{site} asks before its attempt is committed with its key")
    return wrong
