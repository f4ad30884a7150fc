"""Who calls, and what they may: believed only where the platform vouches for it."""

import base64

import pytest

import settings
from functions.principal import (
    EVERY_ROLE,
    NEEDED,
    Forbidden,
    Level,
    Principal,
    Unauthorized,
    authorize,
    principal,
)
from settings import Settings
from tests.fakes.app import ENVIRONMENT
from tests.fakes.http import request, signed_in

KEYS = settings.read(ENVIRONMENT)
PLATFORM = settings.read(ENVIRONMENT | {"HTTP_AUTH": "platform"})
FORWARDED = {"x-forwarded-for": "203.0.113.7:4711"}


def behind(proxies: int) -> Settings:
    return settings.read(ENVIRONMENT | {"HTTP_AUTH": "platform", "TRUSTED_PROXIES": str(proxies)})


def test_without_platform_authentication_nobody_is_believed() -> None:
    forged = request(headers=signed_in("ada") | FORWARDED)
    assert principal(forged, KEYS) == Principal(None, None, EVERY_ROLE)


def test_with_it_the_principal_is_the_platforms() -> None:
    asked = request(headers=signed_in("ada", "Orders.Read") | FORWARDED)
    expected = Principal("ada", "203.0.113.7", frozenset({"Orders.Read"}))
    assert principal(asked, PLATFORM) == expected


def test_an_anonymous_caller_is_nobody_and_may_nothing() -> None:
    assert principal(request(), PLATFORM) == Principal(None, None, frozenset())


@pytest.mark.parametrize("claims", ["", "no base64!", "e30x", base64.b64encode(b"[]").decode()])
def test_claims_that_cannot_be_read_give_no_role(claims: str) -> None:
    asked = request(headers=signed_in("ada") | {"x-ms-client-principal": claims})
    assert principal(asked, PLATFORM).roles == frozenset()


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
    assert principal(asked, PLATFORM).ip_address == address


@pytest.mark.parametrize(
    ("proxies", "address"),
    [(0, "10.0.0.2"), (1, "10.0.0.1"), (2, "203.0.113.7"), (3, "6.6.6.6"), (4, None)],
)
def test_our_own_proxies_are_skipped_and_what_the_caller_wrote_is_not_believed(
    proxies: int, address: str | None
) -> None:
    asked = request(headers={"x-forwarded-for": "6.6.6.6, 203.0.113.7, 10.0.0.1, 10.0.0.2"})
    assert principal(asked, behind(proxies)).ip_address == address


@pytest.mark.parametrize("level", [level for level, role in NEEDED.items() if role is not None])
def test_each_level_needs_its_role_and_no_other(level: Level) -> None:
    needed = NEEDED[level]
    assert needed is not None
    authorize(Principal("ada", roles=frozenset({needed})), level, PLATFORM)
    with pytest.raises(Forbidden, match=needed):
        authorize(Principal("ada", roles=EVERY_ROLE - {needed}), level, PLATFORM)
    with pytest.raises(Unauthorized):
        authorize(Principal(None, roles=EVERY_ROLE), level, PLATFORM)
    authorize(Principal(), level, KEYS)


def test_what_is_open_to_anyone_needs_nobody() -> None:
    authorize(Principal(None, roles=frozenset()), "anyone", PLATFORM)


def test_personal_data_is_for_a_role_of_its_own() -> None:
    assert Principal("ada", roles=frozenset({"PersonalData.Read"})).sees_personal_data
    assert not Principal("ada", roles=EVERY_ROLE - {"PersonalData.Read"}).sees_personal_data
