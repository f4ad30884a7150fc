"""Routes that the real host would drop, or stumble over, some of them silently."""

from collections.abc import Iterator
from itertools import combinations, product

import pytest

from tests.rules.function_app import HttpFunction, http_functions, names


def shapes(template: str) -> list[list[str]]:
    """A template's segments in lower case, `*` for a parameter, `**` for a catch-all; more than one
    list where parameters at its end may be left out."""
    segments = [segment for segment in template.lower().split("/") if segment]
    marked = [
        ("**" if segment.startswith("{*") else "*") if segment.startswith("{") else segment
        for segment in segments
    ]
    found = [marked]
    for segment in reversed(segments):
        if not segment.startswith("{") or not ("?" in segment or "=" in segment):
            break
        found.append(found[-1][:-1])
    return found


def meet(one: list[str], other: list[str]) -> bool:
    """Whether a path can have both shapes."""
    match one, other:
        case (["**"], _) | (_, ["**"]):
            return True
        case [], []:
            return True
        case [first, *rest], [second, *others]:
            return (first == second or "*" in (first, second)) and meet(rest, others)
        case _:
            return False


def clash(one: str, other: str) -> bool:
    return any(meet(a, b) for a, b in product(shapes(one), shapes(other)))


def clashes(functions: list[HttpFunction]) -> Iterator[tuple[str, str]]:
    for one, other in combinations(functions, 2):
        if one.methods & other.methods and clash(one.route, other.route):
            yield one.name, other.name


def test_no_two_functions_can_match_the_same_path_and_method() -> None:
    assert len(http_functions()) > 5
    assert list(clashes(http_functions())) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("orders/{orderId}", "orders/{id}"),
        ("orders/{orderId}", "orders/search"),
        ("Orders", "orders"),
        ("orders/{id}/ship", "orders/{orderId}/{verb}"),
        ("{*rest}", "orders/1/2"),
        ("orders/{id?}", "orders"),
        ("orders/{page=1}", "orders"),
        ("a/{x}", "{y}/b"),
        ("orders/{id:int}", "orders/{id:guid}"),
    ],
)
def test_the_rule_finds_templates_that_meet(one: str, other: str) -> None:
    assert clash(one, other)
    assert clash(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("orders", "orders/{id}"),
        ("orders/{id}/ship", "orders/{id}/cancel"),
        ("orders/{id}", "products/{id}"),
        ("orders/{id?}", "products"),
    ],
)
def test_the_rule_lets_others_pass(one: str, other: str) -> None:
    assert not clash(one, other)


@pytest.mark.parametrize("function", http_functions(), ids=lambda function: function.name)
def test_a_route_begins_with_nothing_that_the_host_keeps_for_itself(
    function: HttpFunction,
) -> None:
    assert function.route
    assert not function.route.startswith("/")
    assert not function.route.endswith("/")
    assert function.route.split("/")[0].lower() not in ("admin", "runtime")
    assert "//" not in function.route


@pytest.mark.parametrize("function", http_functions(), ids=lambda function: function.name)
def test_a_function_names_its_methods(function: HttpFunction) -> None:
    """One that names none answers to every method."""
    assert function.methods
    assert function.methods <= {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_names_are_unique_whatever_their_case() -> None:
    lower = [name.lower() for name in names()]
    assert len(set(lower)) == len(lower)


def test_the_commands_and_queries_of_the_contract_are_there() -> None:
    served = {(method, f.route) for f in http_functions() for method in f.methods}
    assert served >= {
        ("POST", "orders"),
        ("POST", "orders/{orderId}/ship"),
        ("POST", "orders/{orderId}/deliver"),
        ("POST", "orders/{orderId}/cancel"),
        ("POST", "products/{productId}/receive"),
        ("POST", "products/{productId}/reserve"),
        ("POST", "products/{productId}/release"),
        ("POST", "products/{productId}/ship"),
        ("GET", "orders/{orderId}"),
        ("GET", "orders/{orderId}/events"),
        ("GET", "products/{productId}"),
        ("GET", "products/{productId}/events"),
        ("GET", "health"),
    }


def test_health_and_the_contract_alone_are_open_to_everybody() -> None:
    """The level of the others is that of the app: keys, or the platform's authentication."""
    anonymous = {f.name for f in http_functions() if f.auth_level == "ANONYMOUS"}
    assert anonymous == {"health", "get_openapi", "get_docs"}
