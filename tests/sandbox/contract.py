"""Do a request and its answer fit Stripe's published description? Where that is absent, nothing can be said."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared" / "stripe"
SPEC = Path(os.environ.get("STRIPE_OPENAPI") or SHARED / "openapi.spec3.json")
VALIDATOR = SPEC.parent / "validate_request.py"
PRESENT = SPEC.exists() and VALIDATOR.exists()
ABSENT_REASON = f"Stripe's API description is not at {SPEC}; set STRIPE_OPENAPI to check against it"

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


@functools.cache
def spec() -> dict[str, Any]:
    """The whole description."""
    document: dict[str, Any] = json.loads(SPEC.read_text())
    return document


@functools.cache
def _validator() -> Any:
    loading = importlib.util.spec_from_file_location("validate_request", VALIDATOR)
    assert loading
    assert loading.loader
    module = importlib.util.module_from_spec(loading)
    loading.loader.exec_module(module)
    return module


def request_problems(method: str, path: str, form: str) -> list[str]:
    """What in a request does not fit."""
    _, errors = _validator().validate(method, path, form)
    return list(errors)


def answer_problems(method: str, path: str, status: int, answer: Any) -> list[str]:
    """What in an answer does not fit: missing or unknown fields, wrong types, values outside an enum."""
    template = _validator().operation(method, path.partition("?")[0])
    responses = spec()["paths"][template][method.lower()]["responses"]
    schema = responses["200" if status == 200 else "default"]["content"]["application/json"]["schema"]
    return problems(schema, answer, "")


def event_problems(event: dict[str, Any]) -> list[str]:
    """What in an event, or in the object it carries, does not fit."""
    found = problems({"$ref": "#/components/schemas/event"}, event, "event")
    kind = event["data"]["object"]["object"]
    return found + problems({"$ref": f"#/components/schemas/{kind}"}, event["data"]["object"], kind)


def problems(schema: dict[str, Any], value: Any, at: str) -> list[str]:
    """Every way in which `value` does not fit `schema`."""
    if "$ref" in schema:
        return problems(spec()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], value, at)
    if value is None:
        return [] if schema.get("nullable") or not schema.get("type") else [f"{at}: null, but not nullable"]
    if "anyOf" in schema:
        tries = [problems(branch, value, at) for branch in schema["anyOf"]]
        return [] if not all(tries) else min(tries, key=len)
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))):
        return [f"{at}: {value!r} is not {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is not one of {schema['enum'][:8]}"]
    if kind == "array":
        return [p for i, item in enumerate(value) for p in problems(schema["items"], item, f"{at}[{i}]")]
    if kind != "object" or "properties" not in schema:
        return []
    found = [f"{at}.{name}: required, missing" for name in schema.get("required", []) if name not in value]
    for name, inner in value.items():
        if name in schema["properties"]:
            found += problems(schema["properties"][name], inner, f"{at}.{name}")
        else:
            found.append(f"{at}.{name}: unknown to Stripe")
    return found
