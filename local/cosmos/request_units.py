"""Request units, modelled on the published size table ("Request Units in Azure Cosmos DB")."""

from bisect import bisect_left
from typing import Final

_KB: Final = 1024
_SIZES: Final = (1 * _KB, 2 * _KB, 4 * _KB, 16 * _KB, 64 * _KB, 1024 * _KB)
_READ: Final = (1.00, 1.04, 1.14, 1.67, 4.76, 146.0)
_WRITE: Final = (4.95, 6.29, 6.67, 9.52, 22.67, 625.0)

QUERY_OVERHEAD: Final = 2.3
MISS: Final = 1.0
"""A read of what is not there, a read that answers 304, a write that is refused."""


def read_units(size: int) -> float:
    """Reading an item of so many bytes under session consistency or weaker."""
    return _interpolate(_READ, size)


def write_units(size: int) -> float:
    """Creating, replacing, patching or deleting an item of so many bytes."""
    return _interpolate(_WRITE, size)


def _interpolate(units: tuple[float, ...], size: int) -> float:
    """Linear between the table's sizes, flat below the first, on along the last slope above."""
    if size <= _SIZES[0]:
        return units[0]
    upper = min(bisect_left(_SIZES, size), len(_SIZES) - 1)
    span = _SIZES[upper] - _SIZES[upper - 1]
    share = (size - _SIZES[upper - 1]) / span
    return units[upper - 1] + share * (units[upper] - units[upper - 1])
