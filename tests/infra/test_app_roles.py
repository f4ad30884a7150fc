"""The roles of callers: defined in the registration, and given to who provisions while nobody has any."""

from typing import Any

import msgspec
import pytest

from functions.principal import EVERY_ROLE
from infra.hooks import app_roles
from tests.infra.programs import Programs, says

PERSON = {"id": "ada", "userPrincipalName": "ada@example.com"}
OTHER_ROLE = {"id": "some-id", "value": "Warehouse.Count", "isEnabled": True}
SHOW = "az ad app show"
ASSIGNED = "az rest --method get"
ASSIGN = "az rest --method post --url https://graph.microsoft.com/v1.0/servicePrincipals/service/"


@pytest.fixture(autouse=True)
def known(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_CLIENT_ID", "client")
    monkeypatch.setattr(app_roles, "PAUSE", 0)


def registered(*roles: dict[str, Any]) -> dict[str, Any]:
    return says({"id": "object", "appId": "client", "appRoles": roles})


def answers(**other: Any) -> dict[str, Any]:
    """A registration without roles at first, which nobody has; and what else is answered."""
    whole = registered(*map(app_roles.definition, app_roles.ROLES))
    return {
        SHOW: [registered(), whole],
        "az ad sp list": says([{"id": "service", "appId": "client"}]),
        "az ad signed-in-user": says(PERSON),
        ASSIGNED: says({"value": []}),
    } | other


def bodies(programs: Programs, beginning: str) -> list[dict[str, Any]]:
    calls = programs.asked(beginning)
    found = [call.partition(" --body ")[2].removesuffix(" --output json") for call in calls]
    return [msgspec.json.decode(body) for body in found]


def given(programs: Programs) -> dict[str, str]:
    """The roles that were given, and to whom."""
    names = {id_: role for role, (id_, _) in app_roles.ROLES.items()}
    return {names[body["appRoleId"]]: body["principalId"] for body in bodies(programs, ASSIGN)}


def test_the_roles_are_those_that_the_application_asks_for_each_with_an_id_of_its_own() -> None:
    assert app_roles.ROLES.keys() == EVERY_ROLE
    assert len({id_ for id_, _ in app_roles.ROLES.values()}) == len(EVERY_ROLE)


def test_people_and_applications_can_have_every_role(programs: Programs) -> None:
    programs.answer(answers())
    assert app_roles.main([]) == 0
    (body,) = bodies(programs, "az rest --method patch")
    assert {role["value"] for role in body["appRoles"]} == EVERY_ROLE
    for role in body["appRoles"]:
        assert role["allowedMemberTypes"] == ["User", "Application"]
        assert role["isEnabled"] is True


def test_a_registration_keeps_the_roles_that_it_has(programs: Programs) -> None:
    theirs = {"id": "their-own-id", "value": "Orders.Read", "isEnabled": True}
    programs.answer({SHOW: registered(OTHER_ROLE, theirs)})
    app_roles.define("client")
    (body,) = bodies(programs, "az rest --method patch")
    assert body["appRoles"][:2] == [OTHER_ROLE, theirs]
    assert [role["value"] for role in body["appRoles"][2:]] == sorted(EVERY_ROLE - {"Orders.Read"})


def test_a_registration_that_has_them_all_is_not_touched(programs: Programs) -> None:
    programs.answer({SHOW: registered(*map(app_roles.definition, app_roles.ROLES))})
    app_roles.define("client")
    assert programs.asked("az rest") == []


def test_who_provisions_first_may_do_everything_but_see_personal_data(programs: Programs) -> None:
    programs.answer(answers())
    assert app_roles.main([]) == 0
    assert given(programs) == dict.fromkeys(EVERY_ROLE - {"PersonalData.Read"}, "ada")


def test_what_was_taken_from_who_provisions_is_not_given_back(programs: Programs) -> None:
    id_, _ = app_roles.ROLES["Orders.Read"]
    somebody = says({"value": [{"principalId": "grace", "appRoleId": id_}]})
    programs.answer(answers(**{ASSIGNED: somebody}))
    assert app_roles.main([]) == 0
    assert given(programs) == {}


def test_who_has_roles_is_read_to_the_end_of_all_pages(programs: Programs) -> None:
    id_, _ = app_roles.ROLES["Operations"]
    first = says({"value": [], "@odata.nextLink": "https://next"})
    second = says({"value": [{"principalId": "grace", "appRoleId": id_}]})
    programs.answer(answers(**{ASSIGNED: first, f"{ASSIGNED} --url https://next": second}))
    assert app_roles.main([]) == 0
    assert given(programs) == {}


def test_a_pipeline_gets_no_role_and_says_who_lacks_one(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.answer(answers(**{"az ad signed-in-user": {"code": 1, "complains": "no person"}}))
    assert app_roles.main([]) == 0
    assert given(programs) == {}
    assert "callers get 403 until somebody gives them one" in capsys.readouterr().out


def test_who_may_not_change_the_registration_is_told_whom_to_ask_and_goes_on(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = {"code": 1, "complains": "Insufficient privileges"}
    programs.answer(answers(**{"az rest --method patch": refused}))
    assert app_roles.main([]) == 0
    said = capsys.readouterr().err
    assert "Insufficient privileges" in said
    assert "callers without one get 403" in said
    assert "'client'" in said


def test_a_service_principal_is_made_where_there_is_none(programs: Programs) -> None:
    made = says({"id": "service", "appId": "client"})
    programs.answer(answers(**{"az ad sp list": says([]), "az ad sp create": made}))
    assert app_roles.main([]) == 0
    assert given(programs)


def test_a_role_that_the_directory_does_not_know_yet_is_tried_again(programs: Programs) -> None:
    late = {"code": 1, "complains": "Permission being assigned was not found on application"}
    programs.answer(answers(**{ASSIGN: [late, late, {}]}))
    assert app_roles.main([]) == 0
    assert len(programs.asked(ASSIGN)) == 2 + len(app_roles.WHO_PROVISIONS)


def test_a_role_is_given_by_hand_once(programs: Programs) -> None:
    programs.answer(answers(**{SHOW: registered(app_roles.definition("PersonalData.Read"))}))
    assert app_roles.main(["give", "PersonalData.Read", "grace"]) == 0
    assert given(programs) == {"PersonalData.Read": "grace"}
    id_, _ = app_roles.ROLES["PersonalData.Read"]
    has_it = says({"value": [{"principalId": "grace", "appRoleId": id_}]})
    programs.answer(
        answers(**{SHOW: registered(app_roles.definition("PersonalData.Read")), ASSIGNED: has_it})
    )
    assert app_roles.main(["give", "PersonalData.Read", "grace"]) == 0
    assert len(programs.asked(ASSIGN)) == 1


def test_a_role_that_is_none_is_refused_with_those_that_are(
    programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.answer(answers(**{SHOW: registered(app_roles.definition("Operations"))}))
    assert app_roles.main(["give", "Operator", "grace"]) == 1
    assert "no role 'Operator': the registration has Operations" in capsys.readouterr().err
