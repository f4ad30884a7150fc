"""The AMQP types that Python's own do not tell apart, for encoding.

Decoding gives plain Python values (symbols as `str`, every integer and timestamp as `int`) and `Described`.
"""

from dataclasses import dataclass


class Symbol(str):
    """A symbol: ASCII from a constrained vocabulary."""

    __slots__ = ()


class UByte(int):
    """0 to 255."""


class UShort(int):
    """0 to 65,535."""


class UInt(int):
    """0 to 2^32 - 1."""


class ULong(int):
    """0 to 2^64 - 1."""


class Int(int):
    """-2^31 to 2^31 - 1."""


class Long(int):
    """-2^63 to 2^63 - 1."""


class Timestamp(int):
    """Milliseconds since 1970 in UTC."""


class Raw(bytes):
    """A value that is encoded already, constructor included."""


class SymbolArray(tuple[str, ...]):
    """An array of symbols."""

    __slots__ = ()


class StringArray(tuple[str, ...]):
    """An array of strings."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value with a descriptor, a number or a symbol, that says what it means."""

    descriptor: object
    value: object
