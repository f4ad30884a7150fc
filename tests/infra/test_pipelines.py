"""azd and the workflows: what they name exists, what they use is pinned, and nothing secret is stored."""

import re
from importlib.util import find_spec

import msgspec
import pytest

from tests.infra.compiler import PARAMETERS
from tests.rules.repository import ROOT, files

AZD = (ROOT / "azure.yaml").read_text()
DOCS = ("deploy", "local-development", "operations", "reporting")


def parameters() -> set[str]:
    return set(re.findall(r"^param (\w+)", (ROOT / "infra/main.bicep").read_text(), re.MULTILINE))


def without_default() -> set[str]:
    lines = (ROOT / "infra/main.bicep").read_text().splitlines()
    found = (re.match(r"param (\w+) ([^=]*)$", line) for line in lines)
    return {match[1] for match in found if match}


def test_every_hook_that_azd_runs_is_there_on_every_system() -> None:
    hooks = {path.stem for path in files() if path.parts[:2] == ("infra", "hooks")} - {"tools"}
    for python in ("python3", "python"):
        run = re.findall(rf"{python} -m (infra\.hooks\.\w+)", AZD)
        assert all(find_spec(name) for name in run)
        assert {name.rpartition(".")[2] for name in run} == hooks


def test_azd_gives_every_parameter_that_has_no_default() -> None:
    given = msgspec.json.decode((ROOT / "infra/main.parameters.json").read_bytes())["parameters"]
    assert {"environmentName", "authClientId", "sqlAdministrator"} <= without_default()
    assert without_default() <= set(given) <= parameters()


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_set_of_parameters_says_only_what_there_is(name: str) -> None:
    text = (ROOT / f"infra/parameters/{name}.bicepparam").read_text()
    given = set(re.findall(r"^param (\w+)", text, re.MULTILINE))
    assert without_default() <= given <= parameters()


def test_the_deployment_workflow_hands_azd_every_choice() -> None:
    wanted = set(re.findall(r"\$\{(\w+)[=}]", (ROOT / "infra/main.parameters.json").read_text()))
    given = set(re.findall(r"^      (\w+): ", workflow("deploy"), re.MULTILINE))
    of_people = {"AZURE_PRINCIPAL_ID", "DEVELOPER_PRINCIPAL_ID", "PRIVATE_NETWORK"}
    assert wanted - given == of_people


def workflow(name: str) -> str:
    return (ROOT / f".github/workflows/{name}.yml").read_text()


@pytest.mark.parametrize("name", ["check", "deploy"])
def test_every_action_is_pinned_by_its_commit_and_says_which_version(name: str) -> None:
    used = re.findall(r"uses: (.*)", workflow(name))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("name", ["check", "deploy"])
def test_a_workflow_has_few_rights_and_no_secret(name: str) -> None:
    text = workflow(name)
    assert "secrets." not in text
    rights = set(re.findall(r"^  ([\w-]+): (?:read|write)$", text, re.MULTILINE))
    assert rights == ({"contents"} if name == "check" else {"contents", "id-token"})
    assert "contents: read" in text
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    assert not re.search(r"run: .*\$\{\{ *(?:inputs|github\.event)", text)


def test_the_check_of_every_push_runs_everything_and_has_the_bicep_compiler() -> None:
    text = workflow("check")
    assert "make check" in text
    assert "make test" in text
    assert "az bicep install --version v" in text
    assert "GITHUB_PATH" in text


def test_the_deployment_signs_in_with_githubs_own_identity() -> None:
    text = workflow("deploy")
    assert "--federated-credential-provider github" in text
    assert "creds:" not in text
    assert "azd deploy --no-prompt" in text


@pytest.mark.parametrize("name", DOCS)
def test_what_a_page_names_in_the_repository_is_there(name: str) -> None:
    text = (ROOT / f"docs/{name}.md").read_text()
    known = {str(path) for path in files()}
    named = set(
        re.findall(r"`((?:infra|docs|local|ops|tests|scripts|\.github)/[\w./-]+\.\w+)`", text)
    )
    assert named <= known
    modules = set(re.findall(r"python -m ((?:infra|local|ops)[\w.]*)", text))
    assert all(find_spec(module) for module in modules)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= anchors
