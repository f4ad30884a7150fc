"""Which fields of a type are sensitive, and a value without them."""

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from domain.values import SENSITIVE


def public(value: Any) -> Any:
    """A value without its sensitive fields: structs become dicts under their stored names."""
    match value:
        case msgspec.Struct():
            return {name: public(getattr(value, field)) for field, name in _public(type(value))}
        case list() | tuple():
            return [public(item) for item in value]
        case _:
            return value


def sensitive_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The attributes of a struct that are marked `Sensitive`."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return frozenset(field.name for field in info.fields if _is_sensitive(field.type))


@cache
def _public(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    sensitive = sensitive_fields(kind)
    fields = msgspec.structs.fields(kind)
    return tuple((f.name, f.encode_name) for f in fields if f.name not in sensitive)


def _is_sensitive(kind: inspect.Type) -> bool:
    match kind:
        case inspect.Metadata():
            return bool((kind.extra or {}).get(SENSITIVE)) or _is_sensitive(kind.type)
        case inspect.UnionType():
            return any(_is_sensitive(member) for member in kind.types)
        case _:
            return False
