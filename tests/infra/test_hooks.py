"""The hooks of azd, against stand-ins for the command lines that they call."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

import settings
from infra.hooks import (
    analytics_job,
    check_deployment,
    prepare_reporting,
    register_application,
    write_settings,
)
from infra.hooks.check_deployment import Answer
from infra.hooks.tools import HookError
from tests.infra.programs import Programs, says
from tests.rules.function_app import http_functions, names

PERSON = {"userPrincipalName": "ada@example.com", "mail": None}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def repository(tmp_path: Path) -> None:
    """What the hooks read of the repository, beside what they write."""
    (tmp_path / "infra").symlink_to(Path(__file__).parents[2] / "infra")


def test_an_application_is_registered_for_tokens_and_without_a_secret(programs: Programs) -> None:
    programs.answer(
        {
            "az ad app list": says([]),
            "az ad app create": says({"appId": "client", "id": "object"}),
            "az ad signed-in-user show": says(PERSON),
        }
    )
    assert register_application.main() == 0
    assert programs.asked("azd env set") == [
        "azd env set AUTH_CLIENT_ID client",
        "azd env set SQL_ADMINISTRATOR_NAME ada@example.com",
        "azd env set PUBLISHER_EMAIL ada@example.com",
    ]
    first, second = programs.asked("az rest --method patch")
    assert '"requestedAccessTokenVersion": 2' in first
    assert '"api://client"' in first
    assert register_application.AZURE_CLI in second
    assert not [call for call in programs.asked() if "credential" in call or "password" in call]


def test_a_registration_that_is_there_is_used_again(programs: Programs) -> None:
    programs.answer(
        {
            "az ad app list": says(
                [
                    {"appId": "another", "displayName": "orders-test2"},
                    {"appId": "old", "displayName": "orders-test"},
                ]
            ),
            "az ad signed-in-user show": says(PERSON),
        }
    )
    assert register_application.main() == 0
    assert "azd env set AUTH_CLIENT_ID old" in programs.asked()
    assert programs.asked("az ad app create") == []


def test_what_is_set_already_stays(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTH_CLIENT_ID", "SQL_ADMINISTRATOR_NAME", "PUBLISHER_EMAIL"):
        monkeypatch.setenv(name, "chosen")
    assert register_application.main() == 0
    assert programs.asked() == []


def test_a_pipeline_is_told_what_to_set(
    programs: Programs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_CLIENT_ID", "chosen")
    programs.answer({"az ad signed-in-user": {"code": 1, "complains": "/me needs a person"}})
    assert register_application.main() == 1
    said = capsys.readouterr().err
    assert "/me needs a person" in said
    assert "SQL_ADMINISTRATOR_ID" in said


def test_a_program_that_is_missing_is_named(
    programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(tmp_path)
    (programs.path / "sqlcmd").unlink()
    assert prepare_reporting.main() == 1
    assert "'sqlcmd' is not installed" in capsys.readouterr().err


def test_a_value_that_is_missing_is_named(
    programs: Programs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository(tmp_path)
    monkeypatch.delenv("SQL_SERVER")
    assert prepare_reporting.main() == 1
    assert "SQL_SERVER is not set" in capsys.readouterr().err


def test_the_database_gets_its_tables_before_its_views_and_its_users_last(
    programs: Programs, tmp_path: Path
) -> None:
    repository(tmp_path)
    assert prepare_reporting.main() == 0
    scripts = [call for call in programs.asked("sqlcmd") if " -i " in call]
    assert [call.partition(" -i ")[2].rpartition("/")[2] for call in scripts] == [
        f"{name}.sql -v STREAM_ANALYTICS_JOB=asa-x" for name in ("tables", "views", "access")
    ]
    assert all("ActiveDirectoryDefault" in call and " -b " in call for call in scripts)
    assert programs.asked("az sql server firewall-rule") == []


def test_the_firewall_is_open_for_this_machine_only_while_it_must(
    programs: Programs, tmp_path: Path
) -> None:
    repository(tmp_path)
    refused = {"code": 1, "complains": "Client with IP address '203.0.113.7' is not allowed to"}
    programs.answer({"sqlcmd": [refused, {}, {}, {"code": 1, "says": "no"}]})
    assert prepare_reporting.main() == 1
    opened, closed = programs.asked("az ")
    assert opened.startswith("az sql server firewall-rule create")
    assert "--start-ip-address 203.0.113.7 --end-ip-address 203.0.113.7" in opened
    assert closed.startswith("az sql server firewall-rule delete")


def test_a_database_that_cannot_be_reached_from_here_stops_no_private_deployment(
    programs: Programs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository(tmp_path)
    programs.answer(
        {"sqlcmd": {"code": 1, "complains": "Deny Public Network Access is set to Yes"}}
    )
    assert prepare_reporting.main() == 1
    monkeypatch.setenv("PRIVATE_NETWORK", "true")
    assert prepare_reporting.main() == 0
    said = capsys.readouterr()
    assert "Deny Public Network Access" in said.err
    assert "from a machine within it" in said.out


def test_power_bi_gets_a_file_that_finds_the_database(programs: Programs, tmp_path: Path) -> None:
    repository(tmp_path)
    path = prepare_reporting.write_connection()
    (connection,) = msgspec.json.decode(path.read_bytes())["connections"]
    assert connection["details"] == {
        "protocol": "tds",
        "address": {"server": "sql-x.database.windows.net", "database": "reporting"},
    }
    assert connection["mode"] == "DirectQuery"


def test_a_job_goes_on_where_it_stopped_or_begins_with_the_oldest_event() -> None:
    assert analytics_job.beginning("2026-11-22T00:00:00Z", NOW) == {
        "outputStartMode": "LastOutputEventTime"
    }
    assert analytics_job.beginning(None, NOW) == {
        "outputStartMode": "CustomTime",
        "outputStartTime": "2026-11-16T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("state", "command", "action"),
    [
        ("Running", "stop", "stop"),
        ("Stopped", "stop", None),
        ("Stopped", "start", "start"),
        ("Created", "start", "start"),
        ("Running", "start", None),
    ],
)
def test_a_job_is_stopped_when_it_runs_and_started_when_it_does_not(
    programs: Programs, state: str, command: str, action: str | None
) -> None:
    programs.answer({"az rest --method get": says({"properties": {"jobState": state}})})
    assert analytics_job.main([command]) == 0
    posted = programs.asked("az rest --method post")
    assert bool(posted) is (action is not None)
    assert all(f"/streamingjobs/asa-x/{action}?" in call for call in posted)


def test_there_is_nothing_to_stop_before_the_first_provisioning(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAM_ANALYTICS_JOB")
    assert analytics_job.main(["stop"]) == 0
    assert programs.asked("az ") == []


def test_a_person_who_runs_a_hook_needs_nothing_in_the_environment(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAM_ANALYTICS_JOB")
    programs.answer(
        {
            "azd env get-value STREAM_ANALYTICS_JOB": {"says": "asa-y"},
            "az rest --method get": says({"properties": {"jobState": "Running"}}),
        }
    )
    assert analytics_job.main(["stop"]) == 0
    assert "/streamingjobs/asa-y/stop?" in programs.asked("az rest --method post")[0]


def test_a_local_run_against_the_cloud_takes_nothing_from_the_deployed_app(
    programs: Programs, tmp_path: Path
) -> None:
    repository(tmp_path)
    assert write_settings.main() == 0
    path = tmp_path / ".azure/test/local.settings.json"
    values = msgspec.json.decode(path.read_bytes())["Values"]
    off = {name.split(".")[1] for name in values if name.endswith(".Disabled")}
    over_http = {function.name for function in http_functions()}
    assert set(names()) - over_http <= off
    assert not off & over_http
    read = settings.read(values)
    assert read.cosmos.connection_string is None
    assert not (tmp_path / "local.settings.json").exists()


@pytest.fixture
def app() -> Iterator[tuple[str, list[int]]]:
    """An app that answers one status after another."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0))
            self.end_headers()
            self.wfile.write(b"said")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", statuses
        server.shutdown()
        thread.join()


def test_a_deployment_is_waited_for(app: tuple[str, list[int]]) -> None:
    url, statuses = app
    statuses += [404, 503, 200]
    pauses: list[float] = []
    assert check_deployment.wait(url, check_deployment.ask, pauses.append) == Answer(200, "said")
    assert pauses == [check_deployment.PAUSE] * 2


def test_it_is_not_waited_for_for_ever() -> None:
    asked: list[str] = []

    def nobody(url: str) -> Answer:
        asked.append(url)
        return Answer(None, "refused")

    assert check_deployment.wait("url", nobody, lambda _: None).status is None
    assert len(asked) == check_deployment.ATTEMPTS


def test_nobody_there_is_an_answer_too(unused_tcp_port: int) -> None:
    answer = check_deployment.ask(f"http://127.0.0.1:{unused_tcp_port}/api/health")
    assert answer.status is None
    assert answer.text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(404, ""), "WITHOUT FUNCTIONS"),
        (Answer(503, "cosmos"), "something that it needs is not: cosmos"),
        (Answer(401, ""), "answers 401"),
        (Answer(None, "refused"), "does not answer: refused"),
    ],
)
def test_an_app_that_is_not_up_is_said_to_be_plainly(answer: Answer, said: str) -> None:
    with pytest.raises(HookError, match=said):
        check_deployment.verdict(answer)


def test_an_app_that_is_up_is_said_to_be() -> None:
    assert check_deployment.verdict(Answer(200, "build 1")) == "The app is up: build 1"
