"""Reading Stripe's request form: bracketed keys to nested values, and typed readers that refuse what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from billing.sandbox.errors import invalid

Params = dict[str, Any]


def parse(encoded: str) -> Params:
    """Nest an urlencoded body or query: `items[0][price]=x` → {"items": [{"price": "x"}]}."""
    root: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head, _, rest = key.partition("[")
        path = [head, *re.findall(r"([^\[\]]*)\]", rest)] if rest else [head]
        node = root
        for depth, segment in enumerate(path):
            segment = segment or str(len(node))
            if depth == len(path) - 1:
                node[segment] = value
                break
            node = node.setdefault(segment, {})
            if not isinstance(node, dict):
                raise invalid(f"Invalid parameter: {key}", param=head)
    return {key: _listed(value) for key, value in root.items()}


def _listed(value: Any) -> Any:
    """Turn {"0": a, "1": b} into [a, b], all the way down."""
    if not isinstance(value, dict):
        return value
    nested = {key: _listed(inner) for key, inner in value.items()}
    if nested and all(key.isdigit() for key in nested):
        return [nested[key] for key in sorted(nested, key=int)]
    return nested


def refuse_unknown(params: Params, known: Iterable[str]) -> None:
    """Stripe answers 400 to a parameter it does not know; so do we, also for those that only Stripe knows."""
    unknown = sorted(set(params) - set(known) - {"expand"})
    if unknown:
        raise invalid(
            f"Received unknown parameter: {unknown[0]} (the sandbox speaks only what the portal uses)",
            param=unknown[0],
            code="parameter_unknown",
        )


def required(params: Params, name: str) -> Any:
    """The value of a parameter that must be there."""
    if params.get(name) in (None, ""):
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return params[name]


def integer(params: Params, name: str, default: int | None = None) -> int | None:
    """An integer, or `default` where the parameter is absent or blank."""
    value = params.get(name)
    if value in (None, ""):
        return default
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+", value):
        raise invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
    return int(value)


def boolean(params: Params, name: str, default: bool = False) -> bool:
    """`true` or `false`, or `default` where the parameter is absent."""
    value = params.get(name)
    if value is None:
        return default
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def choice(params: Params, name: str, allowed: Iterable[str], default: str | None = None) -> str | None:
    """One of `allowed`, or `default` where the parameter is absent."""
    value = params.get(name, default)
    options = tuple(allowed)
    if value is not None and value not in options:
        raise invalid(f"Invalid {name}: must be one of {', '.join(options)}", param=name)
    return value


def mapping(params: Params, name: str) -> Params:
    """A nested hash, empty where it is absent or blank."""
    value = params.get(name)
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise invalid(f"Invalid hash: {value}", param=name)
    return value


def sequence(params: Params, name: str) -> list[Any]:
    """A list, empty where it is absent or blank."""
    value = params.get(name)
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise invalid(f"Invalid array: {value}", param=name)
    return value


def merge_metadata(current: dict[str, str], params: Params) -> dict[str, str]:
    """Metadata as Stripe merges it: given keys are set, a blank value removes the key, a blank hash removes all."""
    if params.get("metadata") == "":
        return {}
    merged = {**current, **mapping(params, "metadata")}
    return {key: value for key, value in merged.items() if value != ""}
