"""AMQP bytes to Python values, from peers that are not trusted to be right.

Sizes and counts are checked against the bytes that are there before anything is allocated, and nesting is bounded.
"""

import struct
from uuid import UUID

from local.event_hubs.amqp.errors import DecodeFault
from local.event_hubs.amqp.values import Described

MAX_DEPTH = 32
# An array of nulls or trues takes no bytes for its elements: its count needs a bound of its own.
MAX_EMPTY_ELEMENTS = 1024

_CONSTANTS: dict[int, object] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0}
_FIXED = {
    0x50: struct.Struct(">B"),
    0x51: struct.Struct(">b"),
    0x52: struct.Struct(">B"),
    0x53: struct.Struct(">B"),
    0x54: struct.Struct(">b"),
    0x55: struct.Struct(">b"),
    0x60: struct.Struct(">H"),
    0x61: struct.Struct(">h"),
    0x70: struct.Struct(">I"),
    0x71: struct.Struct(">i"),
    0x72: struct.Struct(">f"),
    0x74: struct.Struct(">4s"),  # decimal32, left as its bytes
    0x80: struct.Struct(">Q"),
    0x81: struct.Struct(">q"),
    0x82: struct.Struct(">d"),
    0x83: struct.Struct(">q"),
    0x84: struct.Struct(">8s"),  # decimal64
    0x94: struct.Struct(">16s"),  # decimal128
}
_FIXED_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_UINT = struct.Struct(">I")


def decode(buffer: bytes, offset: int = 0) -> tuple[object, int]:
    """Decode the value that starts at `offset`; answer it and the offset after it.

    Raises DecodeFault.
    """
    try:
        return _value(buffer, offset, 0)
    except (IndexError, struct.error):
        raise DecodeFault(f"a value is cut off at byte {len(buffer)}") from None
    except UnicodeDecodeError as error:
        raise DecodeFault(f"a string or symbol is not text: {error.reason}") from None


def skip(buffer: bytes, offset: int = 0) -> int:
    """Find the offset after the value that starts at `offset`, without looking inside.

    Raises DecodeFault when the value does not end within the buffer.
    """
    try:
        end = _end(buffer, offset, 0)
    except (IndexError, struct.error):
        end = len(buffer) + 1
    if end > len(buffer):
        raise DecodeFault(f"a value is cut off at byte {len(buffer)}")
    return end


def element_spans(buffer: bytes, offset: int) -> tuple[list[tuple[int, int]], int]:
    """Locate the elements of the list or map at `offset`: their (start, end), and the offset after the whole.

    Raises DecodeFault.
    """
    try:
        constructor = buffer[offset]
        if constructor == 0x45:
            return [], offset + 1
        if constructor not in (0xC0, 0xC1, 0xD0, 0xD1):
            raise DecodeFault(f"expected a list or a map, found type 0x{constructor:02x}")
        position, count, end = _compound_header(constructor, buffer, offset + 1)
    except (IndexError, struct.error):
        raise DecodeFault(f"a value is cut off at byte {len(buffer)}") from None
    spans = []
    for _ in range(count):
        start, position = position, skip(buffer, position)
        spans.append((start, position))
    _require_end(position, end)
    return spans, end


def _value(buffer: bytes, offset: int, depth: int) -> tuple[object, int]:
    if depth > MAX_DEPTH:
        raise DecodeFault(f"values are nested deeper than {MAX_DEPTH}")
    constructor = buffer[offset]
    if constructor == 0x00:
        descriptor, offset = _value(buffer, offset + 1, depth + 1)
        value, offset = _value(buffer, offset, depth + 1)
        return Described(descriptor, value), offset
    return _typed(constructor, buffer, offset + 1, depth)


def _typed(constructor: int, buffer: bytes, offset: int, depth: int) -> tuple[object, int]:
    """Decode what follows a constructor."""
    if constructor in _CONSTANTS:
        return _CONSTANTS[constructor], offset
    layout = _FIXED.get(constructor)
    if layout is not None:
        return layout.unpack_from(buffer, offset)[0], offset + layout.size
    match constructor:
        case 0x45:
            return [], offset
        case 0x56:
            return _boolean(buffer[offset]), offset + 1
        case 0x73:
            return _character(_UINT.unpack_from(buffer, offset)[0]), offset + 4
        case 0x98:
            return UUID(bytes=_take(buffer, offset, 16)), offset + 16
        case 0xA0 | 0xB0 | 0xA1 | 0xB1 | 0xA3 | 0xB3:
            return _text_or_bytes(constructor, buffer, offset)
        case 0xC0 | 0xD0:
            return _sequence(constructor, buffer, offset, depth)
        case 0xC1 | 0xD1:
            return _map(constructor, buffer, offset, depth)
        case 0xE0 | 0xF0:
            return _array(constructor, buffer, offset, depth)
        case _:
            raise DecodeFault(f"unknown type 0x{constructor:02x}")


def _boolean(octet: int) -> bool:
    if octet > 1:
        raise DecodeFault(f"a boolean is 0 or 1, not {octet}")
    return octet == 1


def _character(code: int) -> str:
    if code > 0x10FFFF:
        raise DecodeFault(f"{code} is no Unicode character")
    return chr(code)


def _take(buffer: bytes, offset: int, size: int) -> bytes:
    if offset + size > len(buffer):
        raise DecodeFault(f"a value of {size} bytes is cut off at byte {len(buffer)}")
    return buffer[offset : offset + size]


def _text_or_bytes(constructor: int, buffer: bytes, offset: int) -> tuple[object, int]:
    if constructor & 0x10:
        size, offset = _UINT.unpack_from(buffer, offset)[0], offset + 4
    else:
        size, offset = buffer[offset], offset + 1
    content, end = _take(buffer, offset, size), offset + size
    match constructor & 0x0F:
        case 0:
            return content, end
        case 1:
            return content.decode("utf-8"), end
        case _:
            return content.decode("ascii"), end


def _compound_header(constructor: int, buffer: bytes, offset: int) -> tuple[int, int, int]:
    """Read size and count; answer (start of the content, count, end)."""
    if constructor & 0x10:
        size, count = struct.unpack_from(">II", buffer, offset)
        start, end = offset + 8, offset + 4 + size
    else:
        size, count = buffer[offset], buffer[offset + 1]
        start, end = offset + 2, offset + 1 + size
    if end > len(buffer) or start > end:
        raise DecodeFault(f"a compound value claims {size} bytes, {len(buffer) - offset} are left")
    if (constructor & 0xE0) == 0xC0 and count > end - start:
        raise DecodeFault(f"a list or map claims {count} elements in {end - start} bytes")
    return start, count, end


def _sequence(constructor: int, buffer: bytes, offset: int, depth: int) -> tuple[list[object], int]:
    position, count, end = _compound_header(constructor, buffer, offset)
    items = []
    for _ in range(count):
        item, position = _value(buffer, position, depth + 1)
        items.append(item)
    _require_end(position, end)
    return items, end


def _map(
    constructor: int, buffer: bytes, offset: int, depth: int
) -> tuple[dict[object, object], int]:
    items, end = _sequence(constructor, buffer, offset, depth)
    if len(items) % 2:
        raise DecodeFault("a map has a key without a value")
    try:
        return dict(zip(items[::2], items[1::2], strict=True)), end
    except TypeError:
        raise DecodeFault("a map's key is itself a list or a map") from None


def _array(constructor: int, buffer: bytes, offset: int, depth: int) -> tuple[list[object], int]:
    position, count, end = _compound_header(constructor, buffer, offset)
    if depth >= MAX_DEPTH:
        raise DecodeFault(f"values are nested deeper than {MAX_DEPTH}")
    if count == 0:
        return [], end
    element = buffer[position]
    position += 1
    if count > max(end - position, MAX_EMPTY_ELEMENTS if element >> 4 == 0x4 else 0):
        raise DecodeFault(f"an array claims {count} elements in {end - position} bytes")
    items = []
    for _ in range(count):
        item, position = _typed(element, buffer, position, depth + 1)
        items.append(item)
    _require_end(position, end)
    return items, end


def _require_end(position: int, end: int) -> None:
    if position != end:
        raise DecodeFault("the elements of a compound value do not fill the size that it claims")


def _end(buffer: bytes, offset: int, depth: int) -> int:
    constructor = buffer[offset]
    if constructor == 0x00:
        if depth >= MAX_DEPTH:
            raise DecodeFault(f"values are nested deeper than {MAX_DEPTH}")
        return _end(buffer, _end(buffer, offset + 1, depth + 1), depth + 1)
    category = constructor >> 4
    width = _FIXED_WIDTHS.get(category)
    if width is not None:
        return offset + 1 + width
    match category:
        case 0xA | 0xC | 0xE:
            return offset + 2 + buffer[offset + 1]
        case 0xB | 0xD | 0xF:
            return offset + 5 + int(_UINT.unpack_from(buffer, offset + 1)[0])
        case _:
            raise DecodeFault(f"unknown type 0x{constructor:02x}")
