"""A function as the worker library indexed it: name, trigger, bindings, retry policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.functions_host.retry import RetryPolicy

type Binding = Mapping[str, Any]
"""One binding, as `function.json` would hold it: type, name, direction and its own arguments."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app."""

    name: str
    id: str
    trigger: Binding
    bindings: tuple[Binding, ...]
    retry: RetryPolicy | None = None

    @property
    def parameter(self) -> str:
        """The Python parameter that takes what triggered the function."""
        return str(self.trigger["name"])

    @property
    def methods(self) -> tuple[str, ...]:
        """The HTTP methods, upper-case; empty means every one."""
        return tuple(method.upper() for method in self.trigger.get("methods") or ())

    @property
    def route(self) -> str:
        """The HTTP route without the prefix: the name where none is given."""
        return str(self.trigger.get("route") or self.name)
