"""The house keeps its shape: imports run one way, one package speaks to Stripe, the clock is read at the doors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "licensing": {"licensing"},
    "billing": {"licensing", "billing"},
    "portal": {"licensing", "billing", "portal"},
}
# Where "now" may be asked for: views, middleware, tasks, commands, admin, the local launcher, and demo seeding.
DOORS = ("views", "middleware", "tasks", "management", "admin", "local", "demo", "sandbox", "context")
MODULES = sorted(
    path
    for app in MAY_IMPORT
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts and "sandbox" not in path.parts
)


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_apps_import_downwards_only(path: Path) -> None:
    app = path.relative_to(ROOT).parts[0]
    others = set(MAY_IMPORT) - MAY_IMPORT[app]
    assert not [name for name in imports_of(path) if name.split(".")[0] in others]


def test_only_the_gateway_imports_stripe() -> None:
    speakers = [name_of(p) for p in MODULES if any(n.split(".")[0] == "stripe" for n in imports_of(p))]
    assert speakers == [
        f"billing/gateway/{part}.py" for part in ("client", "events", "prices", "subscriptions")
    ]


def test_the_gateway_is_asked_by_its_own_name_so_that_a_test_that_takes_its_place_is_met_everywhere() -> None:
    for path in MODULES:
        if path.parent != ROOT / "billing/gateway":
            assert not [name for name in imports_of(path) if name.startswith("billing.gateway.")], name_of(
                path
            )
            assert "gateway.client" not in path.read_text(), name_of(path)


def test_nothing_imports_the_sandbox_and_it_imports_nothing_of_ours() -> None:
    assert [name_of(p) for p in MODULES if any(n.startswith("billing.sandbox") for n in imports_of(p))] == []
    for path in (ROOT / "billing/sandbox").rglob("*.py"):
        ours = [
            name
            for name in imports_of(path)
            if name.split(".")[0] in (*MAY_IMPORT, "django") and not name.startswith("billing.sandbox")
        ]
        assert not ours, f"{name_of(path)} imports {ours}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_clock_is_read_only_at_doors(path: Path) -> None:
    parts = (*path.relative_to(ROOT).parts[1:-1], path.stem)
    if any(part in DOORS for part in parts):
        return
    reads = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("timezone", "datetime", "date")
    ]
    assert not reads, f"{name_of(path)} reads the clock on lines {reads}; take `at` instead"


def test_there_are_no_import_cycles() -> None:
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in MODULES
    }
    edges = {
        name: {target for target in imports_of(path) if target in names and target != name}
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for target in edges[name]:
            # A package's own parts are allowed to name the package they are part of.
            if not name.startswith(f"{target}."):
                visit(target, (*trail, name))
        done.add(name)

    for name in names:
        visit(name, ())
