"""Who calls: believed only where the platform vouches for it."""

import pytest

from functions.principal import Principal, principal
from tests.fakes.http import request

FORGED = {"x-ms-client-principal-id": "ada", "x-forwarded-for": "203.0.113.7:4711"}


def test_without_platform_authentication_nobody_is_believed() -> None:
    assert principal(request(headers=FORGED), "keys") == Principal(None, None)


def test_with_it_the_principal_is_the_platforms() -> None:
    assert principal(request(headers=FORGED), "platform") == Principal("ada", "203.0.113.7")


def test_an_anonymous_caller_is_nobody() -> None:
    assert principal(request(), "platform") == Principal(None, None)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("6.6.6.6, 203.0.113.7:4711", "203.0.113.7"),
        ("6.6.6.6,  [2001:db8::1]:1", "2001:db8::1"),
        ("", None),
        (" ", None),
        (",", None),
    ],
)
def test_the_address_is_the_one_that_the_platform_appended(
    forwarded: str, address: str | None
) -> None:
    asked = request(headers={"x-forwarded-for": forwarded})
    assert principal(asked, "platform").ip_address == address
