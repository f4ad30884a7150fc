"""Values that are known for a while, the least used forgotten first; what expired does not stay in memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable


class Remembered[K: Hashable, V]:
    """At most `most` values, each for `lifetime` seconds since it was asked for. `clock` counts seconds."""

    def __init__(self, lifetime: float, most: int, clock: Callable[[], float]) -> None:
        self._lifetime = lifetime
        self._most = most
        self._clock = clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._swept = clock()

    def get(self, name: K) -> V | None:
        until, value = self._values.get(name, (0.0, None))
        if value is None:
            return None
        if self._clock() >= until:
            del self._values[name]
            return None
        self._values.move_to_end(name)
        return value

    def put(self, name: K, value: V, asked: float) -> V:
        """Remembers what was asked for at a moment of the clock: the answer may have been long on its way."""
        self._sweep()
        self._values[name] = (asked + self._lifetime, value)
        self._values.move_to_end(name)
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

    def drop(self, name: K) -> None:
        self._values.pop(name, None)

    def __len__(self) -> int:
        return len(self._values)

    def _sweep(self) -> None:
        """Drops all that has expired, once a lifetime."""
        now = self._clock()
        if now < self._swept + self._lifetime:
            return
        self._swept = now
        for name in [name for name, (until, _) in self._values.items() if now >= until]:
            del self._values[name]
