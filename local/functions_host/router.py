"""Which function answers a path and method: sorted by name, the first that matches."""

from collections.abc import Iterable
from dataclasses import dataclass

from local.functions_host.errors import RouteError
from local.functions_host.functions import Function
from local.functions_host.route_template import BadTemplate, RouteTemplate, parse_template

RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP function and its template, the prefix included."""

    function: Function
    template: RouteTemplate

    def describe(self) -> str:
        """`Mapped function route 'api/x' [GET,PUT] to 'fn'`, as the real host says it."""
        methods = ",".join(self.function.methods) or "all"
        return f"Mapped function route '{self.template.text}' [{methods}] to '{self.function.name}'"


class Router:
    """The routes of an app; what the real host would drop without a word is a RouteError."""

    def __init__(self, functions: Iterable[Function], prefix: str) -> None:
        http = [one for one in functions if one.trigger["type"] == "httpTrigger"]
        http.sort(key=lambda function: function.name.lower())
        _refuse_conflicts(http)
        self.routes = tuple(Route(one, _template(one, prefix)) for one in http)

    def match(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        """The function for a decoded path and its route values; None is a 404."""
        for route in self.routes:
            if route.function.methods and method not in route.function.methods:
                continue
            values = route.template.match(path)
            if values is not None:
                return route.function, values
        return None


def _template(function: Function, prefix: str) -> RouteTemplate:
    route = function.route
    if route.strip("/").lower().startswith(RESERVED):
        raise RouteError(
            f"function '{function.name}': its route '{route}' begins with one of "
            f"{', '.join(RESERVED)}, which are reserved: the real host drops the function silently"
        )
    if route.startswith("/"):
        raise RouteError(
            f"function '{function.name}': its route '{route}' begins with a slash: "
            "the real host answers 503 to everything"
        )
    try:
        return parse_template(f"{prefix}/{route}" if prefix else route)
    except BadTemplate as error:
        raise RouteError(
            f"function '{function.name}': its route '{route}' is not a template: {error}. "
            "The real host answers 503 to everything"
        ) from error


def _refuse_conflicts(functions: list[Function]) -> None:
    for index, later in enumerate(functions):
        for earlier in functions[:index]:
            if _conflict(earlier, later):
                raise RouteError(
                    f"functions '{earlier.name}' and '{later.name}' have the same route "
                    f"'{later.route}' and a method in common: the real host drops "
                    f"'{later.name}' silently"
                )


def _conflict(one: Function, other: Function) -> bool:
    if one.route.strip("/").lower() != other.route.strip("/").lower():
        return False
    return not one.methods or not other.methods or not set(one.methods).isdisjoint(other.methods)
