"""Partition keys to partitions, as the service does it: Bob Jenkins' lookup3 (hashlittle2), public domain.

Source: https://www.burtleburtle.net/bob/c/lookup3.c. The service folds both words to 16 signed bits.
"""

import struct

_MASK = 0xFFFFFFFF


def partition_for_key(key: str, partitions: int) -> int:
    """The partition, 0 to `partitions` - 1, that a partition key belongs to."""
    return _hash_code(key.encode()) % partitions


def _hash_code(key: bytes) -> int:
    if not key:
        return 0
    first, second = lookup3(key)
    folded = (first ^ second) & 0xFFFF
    return folded - 0x10000 if folded & 0x8000 else folded


def lookup3(key: bytes) -> tuple[int, int]:
    """The two 32-bit words of hashlittle2 with both seeds 0, the primary one first."""
    a = b = c = (0xDEADBEEF + len(key)) & _MASK
    # The last block, of 1 to 12 bytes, is mixed in another way than those before it.
    last = max(len(key) - 1, 0) // 12 * 12
    for start in range(0, last, 12):
        x, y, z = struct.unpack_from("<III", key, start)
        a, b, c = _mix((a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK)
    if key:
        x, y, z = struct.unpack("<III", key[last:].ljust(12, b"\0"))
        a, b, c = _final((a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK)
    return c, b


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    # lookup3.c writes the six steps out; each is the one before it with the words' roles moved on by one.
    for bits in (4, 6, 8, 16, 19, 4):
        a = (a - c & _MASK) ^ _rotate(c, bits)
        c = c + b & _MASK
        a, b, c = b, c, a
    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - _rotate(b, bits) & _MASK
        a, b, c = b, c, a
    return c, a, b
