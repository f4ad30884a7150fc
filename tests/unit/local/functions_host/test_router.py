"""Order by names, 404 for a wrong method, and loud errors where the real host is silent."""

import pytest

from local.functions_host.errors import RouteError
from local.functions_host.functions import Function
from local.functions_host.router import Router


def http(name: str, route: str | None = None, *methods: str) -> Function:
    trigger = {"type": "httpTrigger", "name": "req", "route": route, "methods": list(methods)}
    return Function(name, name, trigger, (trigger,))


def found(router: Router, method: str, path: str) -> str | None:
    match = router.match(method, path)
    return match[0].name if match else None


def test_the_first_by_name_wins_whatever_the_template_is() -> None:
    special, general = http("Zebra", "o/special"), http("apple", "o/{id}")
    assert found(Router([special, general], "api"), "GET", "/api/o/special") == "apple"


def test_a_template_that_matches_with_another_method_is_passed_over() -> None:
    router = Router([http("a", "o/{id}", "GET"), http("b", "o/{id}", "PUT")], "api")
    assert found(router, "PUT", "/api/o/1") == "b"


def test_a_wrong_method_matches_nothing_and_get_is_not_head() -> None:
    router = Router([http("a", "o", "GET")], "api")
    assert found(router, "POST", "/api/o") is None
    assert found(router, "HEAD", "/api/o") is None
    assert found(router, "OPTIONS", "/api/o") is None


def test_no_methods_is_every_method() -> None:
    assert found(Router([http("a", "o")], "api"), "PURGE", "/api/o") == "a"


def test_the_name_is_the_route_where_none_is_given() -> None:
    assert found(Router([http("Ping")], "api"), "GET", "/api/ping") == "Ping"


def test_the_prefix_may_be_empty_or_long() -> None:
    assert found(Router([http("a", "o")], ""), "GET", "/o") == "a"
    assert found(Router([http("a", "o")], "v1/x"), "GET", "/v1/x/o") == "a"


def test_a_route_is_described_as_the_real_host_does() -> None:
    (one, other) = Router([http("fn", "x", "GET", "PUT"), http("other", "y")], "api").routes
    assert one.describe() == "Mapped function route 'api/x' [GET,PUT] to 'fn'"
    assert other.describe() == "Mapped function route 'api/y' [all] to 'other'"


@pytest.mark.parametrize("route", ["admin", "Admin/x", "administrators", "runtime/x"])
def test_a_reserved_beginning_stops_the_start(route: str) -> None:
    with pytest.raises(RouteError, match=r"'fn'.*reserved"):
        Router([http("fn", route)], "api")


def test_a_leading_slash_stops_the_start() -> None:
    with pytest.raises(RouteError, match=r"'fn'.*begins with a slash"):
        Router([http("fn", "/x")], "api")


def test_a_bad_template_stops_the_start() -> None:
    with pytest.raises(RouteError, match=r"'fn'.*not closed"):
        Router([http("fn", "x/{id")], "api")


@pytest.mark.parametrize(("one", "other"), [(["GET"], ["PUT", "GET"]), ([], ["GET"]), ([], [])])
def test_the_same_template_with_a_common_method_stops_the_start(
    one: list[str], other: list[str]
) -> None:
    with pytest.raises(RouteError, match=r"'a' and 'b'.*same route"):
        Router([http("b", "O/{id}", *other), http("a", "o/{id}", *one)], "api")
