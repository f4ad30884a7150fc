"""Master-key signatures, by both SDKs' habits."""

from email.utils import formatdate
from urllib.parse import quote

import pytest

from local.cosmos import EMULATOR_KEY
from local.cosmos.authorization import sign
from tests.unit.local.cosmos.account import BASE_URL, DOCUMENTS, Account, key, signature

OTHER_KEY = "b3RoZXI="


def token(signature: str, *, lower: bool = False) -> str:
    escaped = quote(f"type=master&ver=1.0&sig={signature}", safe="")
    return escaped.replace("%3D", "%3d") if lower else escaped


def status(account: Account, method: str, path: str, kind: str, link: str, **how: str) -> int:
    date = how.get("date", formatdate(account.clock(), usegmt=True))
    signature = sign(how.get("secret", EMULATOR_KEY), method, kind, link, date)
    headers = {"x-ms-date": date, "authorization": how.get("token", token(signature)), **key("a")}
    return account.cosmos.handle(method, path, headers, b"", base_url=BASE_URL).status


def test_a_link_by_name_is_signed_with_its_case(empty_account: Account) -> None:
    empty_account.send("POST", "/dbs", {"id": "My Data ü"})
    path = "/dbs/My%20Data%20%C3%BC"
    assert status(empty_account, "GET", path, "dbs", "dbs/My Data ü") == 200
    assert status(empty_account, "GET", path, "dbs", "dbs/my data ü") == 401


def test_a_link_by_resource_id_is_signed_in_lower_case(account: Account) -> None:
    container = account.send("GET", "/dbs/d/colls/c").json
    database = account.send("GET", "/dbs/d").json
    path = f"/dbs/{database['_rid']}/colls/{container['_rid']}"
    assert status(account, "GET", path, "colls", container["_rid"].lower()) == 200
    ranges = f"{path}/pkranges"
    assert status(account, "GET", ranges, "pkranges", container["_rid"].lower()) == 200


def test_ranges_by_name_may_be_signed_by_resource_id(account: Account) -> None:
    rid = account.send("GET", "/dbs/d/colls/c").json["_rid"].lower()
    assert status(account, "GET", "/dbs/d/colls/c/pkranges", "pkranges", rid) == 200
    assert status(account, "GET", DOCUMENTS, "docs", rid) == 401


def test_a_trailing_slash_changes_nothing(account: Account) -> None:
    assert status(account, "GET", "/dbs/d/colls/c/", "colls", "dbs/d/colls/c") == 200


def test_the_escapes_of_dotnet_are_read(account: Account) -> None:
    date = formatdate(account.clock(), usegmt=True)
    signature = sign(EMULATOR_KEY, "GET", "dbs", "dbs/d", date)
    given = token(signature, lower=True)
    assert "%3d" in given
    assert status(account, "GET", "/dbs/d", "dbs", "dbs/d", token=given) == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "garbage",
        token("AAAA"),
        quote("type=resource&ver=1.0&sig=AAAA"),
        quote("type=aad&ver=1.0&sig=a.b.c"),
        quote("type=master&ver=2.0&sig=AAAA"),
    ],
)
def test_a_token_that_is_not_ours_is_unauthorized(account: Account, given: str) -> None:
    assert status(account, "GET", "/dbs/d", "dbs", "dbs/d", token=given) == 401


def test_another_key_or_another_verb_or_type_is_unauthorized(account: Account) -> None:
    assert status(account, "GET", "/dbs/d", "dbs", "dbs/d", secret=OTHER_KEY) == 401
    assert status(account, "GET", "/dbs/d", "colls", "dbs/d") == 401
    reply = account.cosmos.handle(
        "DELETE", "/dbs/d", signature(account.clock(), "GET", "/dbs/d"), b"", base_url=BASE_URL
    )
    assert reply.status == 401
    assert status(account, "GET", "/dbs/d", "dbs", "dbs/d") == 200


def test_without_an_authorization_nothing_is_answered(account: Account) -> None:
    for path in ("/", "/dbs", "/dbs/d", DOCUMENTS, "/offers"):
        assert account.cosmos.handle("GET", path, {}, b"", base_url=BASE_URL).status == 401


@pytest.mark.parametrize(
    ("seconds", "expected"), [(600, 200), (-600, 200), (1000, 403), (-1000, 403)]
)
def test_a_signature_holds_for_a_quarter_of_an_hour(
    account: Account, seconds: int, expected: int
) -> None:
    date = formatdate(account.clock() + seconds, usegmt=True)
    assert status(account, "GET", "/dbs/d", "dbs", "dbs/d", date=date) == expected


def test_a_date_that_is_none_is_unauthorized(account: Account) -> None:
    assert status(account, "GET", "/dbs/d", "dbs", "dbs/d", date="today") == 401
