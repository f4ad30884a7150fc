"""32-bit counters that wrap: transfer ids and delivery counts (RFC 1982, as AMQP 1.0 uses it)."""

_MODULUS = 1 << 32


def advanced(number: int, by: int = 1) -> int:
    return (number + by) % _MODULUS


def distance(start: int, end: int) -> int:
    """How far `end` is ahead of `start`; negative when it is behind."""
    ahead = (end - start) % _MODULUS
    return ahead - _MODULUS if ahead >= _MODULUS // 2 else ahead
