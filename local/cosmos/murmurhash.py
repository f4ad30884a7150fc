"""MurmurHash3, 128 bits, x64 variant (Austin Appleby, public domain), seed 0."""

from typing import Final

_MASK: Final = 0xFFFFFFFFFFFFFFFF
_C1: Final = 0x87C37B91114253D5
_C2: Final = 0x4CF5AD432745937F


def murmurhash3_128(message: bytes) -> tuple[int, int]:
    """The low and the high 64 bits of the hash."""
    low = high = 0
    body, tail = divmod(len(message), 16)
    for start in range(0, body * 16, 16):
        first, second = _words(message[start : start + 16])
        low = _rotate(low ^ _mix_first(first), 27) + high & _MASK
        low = low * 5 + 0x52DCE729 & _MASK
        high = _rotate(high ^ _mix_second(second), 31) + low & _MASK
        high = high * 5 + 0x38495AB5 & _MASK
    if tail:
        first, second = _words(message[body * 16 :])
        low, high = low ^ _mix_first(first), high ^ _mix_second(second)
    return _finish(low ^ len(message), high ^ len(message))


def _words(block: bytes) -> tuple[int, int]:
    return int.from_bytes(block[:8], "little"), int.from_bytes(block[8:], "little")


def _mix_first(word: int) -> int:
    return _rotate(word * _C1 & _MASK, 31) * _C2 & _MASK


def _mix_second(word: int) -> int:
    return _rotate(word * _C2 & _MASK, 33) * _C1 & _MASK


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & _MASK


def _finish(low: int, high: int) -> tuple[int, int]:
    low = low + high & _MASK
    high = high + low & _MASK
    low, high = _avalanche(low), _avalanche(high)
    low = low + high & _MASK
    return low, high + low & _MASK


def _avalanche(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
    return value ^ value >> 33
