"""Python values to AMQP bytes (OASIS AMQP 1.0, part 1, section 1.6)."""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from local.event_hubs.amqp.values import (
    Described,
    Int,
    Long,
    Raw,
    StringArray,
    Symbol,
    SymbolArray,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

_SIZE_AND_COUNT = struct.Struct(">BII")
_SMALL_DESCRIPTOR = 0x100


def encode(value: object) -> bytes:
    """Encode one value, constructor included.

    Raises TypeError for a type without a single AMQP counterpart: a plain `int` could be ten of them.
    """
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise TypeError(f"no AMQP type for {type(value).__name__}: wrap it (Int, Long, ULong, …)")
    return encoder(value)


def encode_list(items: Iterable[object]) -> bytes:
    """Encode a list32.

    Never the shorter list0: the Python SDK reads a performative only as list8 or list32.
    """
    encoded = [encode(item) for item in items]
    return _compound(0xD0, b"".join(encoded), len(encoded))


def encode_map_entries(entries: bytes, count: int) -> bytes:
    """Wrap `count` keys and values that are encoded already into a map32."""
    return _compound(0xD1, entries, count)


def encode_binary(content: bytes) -> bytes:
    return _variable(0xA0, content)


def _compound(constructor: int, content: bytes, count: int) -> bytes:
    return _SIZE_AND_COUNT.pack(constructor, len(content) + 4, count) + content


def _variable(constructor: int, content: bytes) -> bytes:
    """The short form up to 255 bytes, the long one (constructor + 0x10) beyond."""
    if len(content) < 256:
        return bytes((constructor, len(content))) + content
    return struct.pack(">BI", constructor | 0x10, len(content)) + content


def _map(entries: Mapping[Any, object]) -> bytes:
    content = b"".join(encode(key) + encode(value) for key, value in entries.items())
    return encode_map_entries(content, 2 * len(entries))


def _array(element: int, items: Sequence[str]) -> bytes:
    contents = [item.encode() for item in items]
    body = b"".join(struct.pack(">I", len(content)) + content for content in contents)
    return _compound(0xF0, bytes((element,)) + body, len(contents))


def _described(value: Described) -> bytes:
    descriptor = value.descriptor
    if isinstance(descriptor, int) and descriptor < _SMALL_DESCRIPTOR:
        # Always a smallulong: the Python SDK skips two bytes and takes the third for the descriptor.
        return bytes((0x00, 0x53, descriptor)) + encode(value.value)
    return b"\x00" + encode(descriptor) + encode(value.value)


def _fixed(constructor: int, layout: str) -> Callable[[Any], bytes]:
    packer = struct.Struct(f">B{layout}")
    return lambda value: packer.pack(constructor, value)


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    UByte: _fixed(0x50, "B"),
    UShort: _fixed(0x60, "H"),
    UInt: _fixed(0x70, "I"),
    ULong: _fixed(0x80, "Q"),
    Int: _fixed(0x71, "i"),
    Long: _fixed(0x81, "q"),
    Timestamp: _fixed(0x83, "q"),
    float: _fixed(0x82, "d"),
    UUID: lambda value: b"\x98" + value.bytes,
    bytes: encode_binary,
    str: lambda value: _variable(0xA1, value.encode()),
    Symbol: lambda value: _variable(0xA3, value.encode("ascii")),
    Raw: bytes,
    list: encode_list,
    dict: _map,
    SymbolArray: lambda value: _array(0xB3, value),
    StringArray: lambda value: _array(0xB1, value),
    Described: _described,
}
