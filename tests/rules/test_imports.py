"""Imports run one way: function_app, functions, wiring, projections, event_store, privacy, domain."""

import ast
from pathlib import Path

import pytest

from tests.rules.repository import PRODUCT, ROOT, files, imports, modules, top_of

LAYERS = PRODUCT[: PRODUCT.index("settings")]
LEAVES = ("settings", "telemetry")
OURS = {path.parts[0].removesuffix(".py") for path in files() if path.suffix == ".py"}

SETTINGS_READERS = ("function_app", "functions", "wiring", "clients")
"""What knows of settings; everything below is handed what it needs."""

PURE = {
    "collections",
    "dataclasses",
    "decimal",
    "domain",
    "enum",
    "functools",
    "itertools",
    "math",
    "msgspec",
    "re",
    "typing",
}
"""What the domain may import: no I/O, no clock, no randomness, nothing of Azure."""


def allowed(top: str) -> set[str]:
    """What of the project a part of it may import."""
    if top in LAYERS:
        leaves = set(LEAVES) if top in SETTINGS_READERS else {"telemetry"}
        return {top, *LAYERS[LAYERS.index(top) :], *(leaves if top != "domain" else ())}
    if top in LEAVES:
        return {top}
    if top == "local":
        return {top}
    if top == "ops":
        return {"ops", "local", *LAYERS[LAYERS.index("functions") :], *LEAVES}
    return OURS


RULED = [
    pytest.param(path, id=str(path)) for top in (*PRODUCT, "ops", "local") for path in modules(top)
]


@pytest.mark.parametrize("path", RULED)
def test_a_module_imports_only_what_is_below_it(path: Path) -> None:
    top = path.parts[0].removesuffix(".py")
    of_project = {top_of(name) for name in imports(path)} & OURS
    assert of_project <= allowed(top)


def test_the_rules_are_as_strict_as_they_read() -> None:
    assert allowed("domain") == {"domain"}
    assert allowed("privacy") == {"privacy", "domain", "telemetry"}
    assert "projections" not in allowed("event_store")
    assert "wiring" not in allowed("projections")
    assert "settings" not in allowed("event_store")
    assert allowed("settings") == {"settings"}
    assert allowed("local") == {"local"}
    assert "function_app" not in allowed("ops")
    assert {"domain", "functions", "local", "ops"} <= OURS


@pytest.mark.parametrize("path", modules("domain"), ids=str)
def test_the_domain_is_pure(path: Path) -> None:
    assert {top_of(name) for name in imports(path)} <= PURE
    calls = [
        node.func.id
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert not {"open", "print", "input", "exec", "eval", "__import__"} & set(calls)


SERVERS = ("cosmos", "event_hubs", "functions_host")


@pytest.mark.parametrize("server", SERVERS)
def test_the_local_servers_do_not_import_each_other(server: str) -> None:
    others = tuple(f"local.{other}" for other in SERVERS if other != server)
    paths = [path for path in modules("local") if path.parts[1:2] == (server,)]
    assert paths
    assert not [(path, name) for path in paths for name in imports(path) if name.startswith(others)]


@pytest.mark.parametrize("top", ["domain", "privacy", "event_store", "projections"])
def test_below_the_functions_nothing_knows_of_http(top: str) -> None:
    names = {name for path in modules(top) for name in imports(path)}
    assert not {name for name in names if name.startswith(("azure.functions", "http"))}
