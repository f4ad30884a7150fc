"""Where things of a stream go: the same in every process and for ever, so that order holds."""

import hashlib


def place_of(stream: str, places: int) -> int:
    """One of so many places, from 0: a stable hash, evenly spread.

    With shards a multiple of hub partitions, one shard is only ever fed by one partition.
    """
    return int.from_bytes(hashlib.sha256(stream.encode()).digest()[:8]) % places
