"""Which fields of a type are sensitive, a value without them, and where they stand in what is stored."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from domain.values import SENSITIVE

ALWAYS: Final = frozenset({"creditCard", "ssn", "password"})
"""Sensitive wherever they stand, marked or not."""

EVERY: Final = "*"
"""Stands for any name of a dict. No field is named like that."""

HOLDERS: Final = (dict, list, tuple)

type Tree = Mapping[str, "Tree | None"]
"""Stored names that lead to sensitive values; None is one."""

NOTHING: Final[Tree] = {}


class Place(NamedTuple):
    """Where a stored value stands: what holds it, its name there, and its path (`data/contact/email`)."""

    holder: dict[str, Any]
    name: str
    path: str


def public(value: msgspec.Struct) -> dict[str, Any]:
    """A struct without its sensitive values, as a dict under stored names; those that its type marks are
    not even named."""
    shown: dict[str, Any] = _shown(bare(value))
    return shown


def _shown(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            return {name: _shown(getattr(value, field)) for field, name in _public(type(value))}
        case dict():
            return {name: _shown(item) for name, item in value.items() if name not in ALWAYS}
        case list() | tuple():
            return [_shown(item) for item in value]
        case _:
            return value


def sensitive_values(stored: Any, kind: type[msgspec.Struct], path: str) -> list[Place]:
    """Every sensitive value in the stored form of a struct; those of ALWAYS at any depth."""
    found: list[Place] = []
    _find(stored, sensitive_tree(kind), path, found)
    return found


def _find(stored: Any, tree: Tree, path: str, found: list[Place]) -> None:
    """Where a list stands, its items do. Only what may hold something is looked into."""
    if not isinstance(stored, dict):
        for index, item in enumerate(stored):
            if isinstance(item, HOLDERS):
                _find(item, tree, f"{path}/{index}", found)
        return
    others = tree.get(EVERY, NOTHING)
    for name, item in stored.items():
        below = None if name in ALWAYS else tree.get(name, others)
        if below is None and item is not None:
            found.append(Place(stored, name, f"{path}/{name}"))
        elif isinstance(item, HOLDERS):
            _find(item, below or NOTHING, f"{path}/{name}", found)


def bare[S: msgspec.Struct](value: S) -> S:
    """A struct without its sensitive values, every one of which may be absent."""
    sensitive, nested = _marked(type(value))
    changes: dict[str, Any] = dict.fromkeys(sensitive)
    changes |= {name: _bare(getattr(value, name), tree) for name, tree in nested}
    return msgspec.structs.replace(value, **changes) if changes else value


def _bare(value: Any, tree: Tree) -> Any:
    match value:
        case msgspec.Struct():
            return bare(value)
        case list() | tuple():
            return type(value)(_bare(item, tree) for item in value)
        case dict():
            below = tree.get(EVERY, NOTHING)
            return {} if below is None else {k: _bare(v, below) for k, v in value.items()}
        case _:
            return value


@cache
def _marked(
    kind: type[msgspec.Struct],
) -> tuple[tuple[str, ...], tuple[tuple[str, Tree], ...]]:
    """The attributes of a struct that are sensitive, and those that hold sensitive values."""
    tree = sensitive_tree(kind)
    fields = [(f.name, tree.get(f.encode_name, {})) for f in msgspec.structs.fields(kind)]
    sensitive = tuple(name for name, below in fields if below is None)
    return sensitive, tuple((name, below) for name, below in fields if below)


@cache
def sensitive_tree(kind: type[msgspec.Struct]) -> Tree:
    """Where the sensitive values of a struct are, those of nested structs included."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    below = {field.encode_name: _tree(field.type) for field in info.fields}
    return {name: tree for name, tree in below.items() if tree is None or tree}


def sensitive_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The attributes of a struct that are sensitive."""
    return frozenset(_marked(kind)[0])


@cache
def _public(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    sensitive = sensitive_fields(kind)
    fields = msgspec.structs.fields(kind)
    return tuple((f.name, f.encode_name) for f in fields if f.name not in sensitive)


def _tree(kind: inspect.Type) -> Tree | None:
    """Where the sensitive values of a type are; None where it is sensitive itself."""
    match kind:
        case inspect.Metadata():
            marked = (kind.extra or {}).get(SENSITIVE)
            return None if marked else _tree(kind.type)
        case inspect.StructType():
            return sensitive_tree(kind.cls)
        case inspect.UnionType():
            return _merged(_tree(member) for member in kind.types)
        case inspect.TupleType():
            return _merged(_tree(member) for member in kind.item_types)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType():
            return _tree(kind.item_type)
        case inspect.DictType():
            below = _tree(kind.value_type)
            return {EVERY: below} if below is None or below else {}
        case _:
            return {}


def _merged(trees: Iterable[Tree | None]) -> Tree | None:
    """What any of several types says; the whole is sensitive where one of them is."""
    merged: dict[str, Tree | None] = {}
    for tree in trees:
        if tree is None:
            return None
        for name, below in tree.items():
            merged[name] = _merged((merged[name], below)) if name in merged else below
    return merged
