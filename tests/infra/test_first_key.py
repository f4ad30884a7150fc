"""The first key: made once, shown nowhere, and by who may do it only meanwhile."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.hooks import first_key
from privacy.key_vault import SECRET
from privacy.sealing import KEY_BYTES
from tests.infra.programs import Programs, says

LIST = "az keyvault secret list-versions"
SET = "az keyvault secret set"
FORBIDDEN = {
    "code": 1,
    "complains": '(Forbidden) Caller is not authorized. Inner error: {"code": "ForbiddenByRbac"}',
}
SHUT = {
    "code": 1,
    "complains": '(Forbidden) Public network access is disabled. {"code": "ForbiddenByConnection"}',
}


def token(**claims: str) -> dict[str, Any]:
    body = base64.urlsafe_b64encode(msgspec.json.encode(claims)).decode().rstrip("=")
    return says({"accessToken": f"header.{body}.signature"})


def answers(**other: Any) -> dict[str, Any]:
    return {
        LIST: says([]),
        SET: says("https://kv-x.vault.azure.net/secrets/event-encryption-key/1"),
        "az account get-access-token": token(oid="ada", idtyp="user"),
        "az role assignment create": says({"id": "/assignments/1"}),
    } | other


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in no time."""
    pauses: list[float] = []
    pause: Callable[[float], None] = pauses.append
    monkeypatch.setattr("time.sleep", pause)
    return pauses


def test_it_is_the_key_that_the_application_asks_for(programs: Programs) -> None:
    programs.answer(answers())
    assert first_key.main() == 0
    _, content, _ = programs.handed()
    assert len(base64.b64decode(content, validate=True)) == KEY_BYTES
    assert f"--vault-name kv-x --name {SECRET}" in programs.asked(SET)[0]


def test_it_is_in_no_argument_no_output_and_no_setting(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.answer(answers())
    assert first_key.main() == 0
    mode, content, path = programs.handed()
    assert mode == "0o600"
    assert content
    said = capsys.readouterr()
    assert content not in said.out + said.err
    assert not [call for call in programs.asked() if content in call]
    assert programs.asked("azd env set") == []
    # What az answers is the secret itself, unless it is asked for something else.
    assert all("--query id" in call for call in programs.asked(SET))
    assert all("--query [].id" in call for call in programs.asked(LIST))
    assert not Path(path).exists()


def test_a_key_that_is_there_is_never_written_over(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.answer(answers(**{LIST: says(["https://kv-x/1"])}))
    assert first_key.main() == 0
    assert programs.asked(SET) == []
    assert "is there" in capsys.readouterr().out


def test_a_secret_that_is_unknown_is_none(programs: Programs) -> None:
    unknown = {"code": 1, "complains": "(SecretNotFound) A secret with name was not found"}
    programs.answer(answers(**{LIST: unknown}))
    assert first_key.main() == 0
    assert len(programs.asked(SET)) == 1


def test_who_may_write_secrets_already_is_given_nothing(programs: Programs) -> None:
    programs.answer(answers())
    assert first_key.main() == 0
    assert programs.asked("az role") == []


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"oid": "ada", "idtyp": "user"}, "User"),
        ({"oid": "ci", "idtyp": "app"}, "ServicePrincipal"),
    ],
)
def test_who_may_not_gets_the_right_until_the_key_is_made(
    programs: Programs, sleep: list[float], claims: dict[str, str], kind: str
) -> None:
    programs.answer(
        answers(
            **{
                LIST: [FORBIDDEN, FORBIDDEN, FORBIDDEN, says([])],
                "az account get-access-token": token(**claims),
            }
        )
    )
    assert first_key.main() == 0
    (given,) = programs.asked("az role assignment create")
    assert f"--assignee-object-id {claims['oid']} --assignee-principal-type {kind}" in given
    assert f"--role {first_key.OFFICER}" in given
    assert "/resourceGroups/rg-test/providers/Microsoft.KeyVault/vaults/kv-x" in given
    assert programs.asked()[-1].startswith("az role assignment delete --ids /assignments/1")
    assert sleep == [first_key.PAUSE] * 2


def test_the_right_is_taken_back_when_the_key_could_not_be_made(
    programs: Programs, sleep: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"code": 1, "complains": "(Conflict) ObjectIsDeletedButRecoverable"}
    programs.answer(answers(**{LIST: [FORBIDDEN, says([])], SET: broken}))
    assert first_key.main() == 1
    assert "ObjectIsDeletedButRecoverable" in capsys.readouterr().err
    assert len(programs.asked("az role assignment delete")) == 1


def test_a_right_that_never_comes_into_force_is_not_waited_for_for_ever(
    programs: Programs, sleep: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_key, "ATTEMPTS", 3)
    programs.answer(answers(**{LIST: FORBIDDEN}))
    assert first_key.main() == 1
    assert len(programs.asked(LIST)) == 1 + 3
    assert len(programs.asked("az role assignment delete")) == 1


def test_a_vault_in_a_private_network_is_told_apart_from_a_right_that_is_missing(
    programs: Programs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.answer(answers(**{LIST: SHUT}))
    monkeypatch.setenv("PRIVATE_NETWORK", "true")
    assert first_key.main() == 0
    assert programs.asked("az role") == []
    said = capsys.readouterr().err
    assert "from a machine within the network" in said
    assert "503" in said
