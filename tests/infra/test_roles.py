"""Who may do what: least privilege, and history that only the archive may touch."""

import pytest

from tests.infra.compiler import PARAMETERS
from tests.infra.deployment import Deployment, deployment, named

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"
ITEMS = f"{COSMOS}/sqlDatabases/containers/items"
ALTERING = {"replace", "upsert", "delete", "*"}
APPEND_ONLY = {"events", "access_log"}

ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "a638d3c7-ab3a-418d-83e6-5f17a39d4fde": "Event Hubs Data Receiver",
    "2b629674-e913-4c01-ae53-ef4638d8f975": "Event Hubs Data Sender",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}


@pytest.fixture(params=PARAMETERS)
def made(request: pytest.FixtureRequest) -> Deployment:
    return deployment(request.param)


def kind(name: str) -> str:
    """What a resource is, by the beginning of its name."""
    return name.rpartition("-")[0] or name.rstrip("0123456789abcdefghijklmnopqrstuvwxyz")


def granted(made: Deployment) -> set[tuple[str, str, str]]:
    """Who, which role, on what: `id-app`, `Key Vault Secrets User`, `kv`."""
    found = set()
    for assignment in made.all(ASSIGNMENTS):
        scope = assignment.id.partition(f"/providers/{ASSIGNMENTS}")[0].split("/")
        on = scope[-1] if scope[-2] in ("containers", "eventhubs") else _service(scope[-1])
        role = assignment.properties["roleDefinitionId"].rpartition("/")[2]
        who = named(assignment.properties["principalId"])
        found.add(
            (
                kind(who) if "-" in who and not who.startswith("0000") else "developer",
                ROLES[role],
                on,
            )
        )
    return found


def _service(name: str) -> str:
    if name.startswith("starch"):
        return "archive account"
    return "host account" if name.startswith("st") else kind(name)


OF_DEVELOPERS = {
    ("developer", "Event Hubs Data Sender", "domain-events"),
    ("developer", "Key Vault Secrets User", "kv"),
    ("developer", "Storage Blob Data Reader", "archive"),
    ("developer", "Storage Blob Data Contributor", "erasures"),
    ("developer", "Storage Blob Data Reader", "heads"),
}


def test_the_roles_on_azure_resources_are_these_and_no_other(made: Deployment) -> None:
    assert granted(made) - OF_DEVELOPERS == {
        ("id-app", "Storage Blob Data Owner", "host account"),
        ("id-app", "Storage Queue Data Contributor", "host account"),
        ("id-app", "Storage Table Data Contributor", "host account"),
        ("id-app", "Storage Blob Data Reader", "archive"),
        ("id-app", "Storage Blob Data Contributor", "heads"),
        ("id-app", "Storage Blob Data Contributor", "erasures"),
        ("id-app", "Event Hubs Data Sender", "domain-events"),
        ("id-app", "Event Hubs Data Receiver", "domain-events"),
        ("id-app", "Key Vault Secrets User", "kv"),
        ("id-app", "Monitoring Metrics Publisher", "appi"),
        ("id-archive", "Storage Blob Data Contributor", "archive"),
        ("id-capture", "Storage Blob Data Contributor", "capture"),
        ("asa", "Event Hubs Data Receiver", "domain-events"),
        ("apim", "Monitoring Metrics Publisher", "appi"),
    }


def documents(made: Deployment) -> dict[tuple[str, str], set[str]]:
    """What each may do with the documents of each container; `*` is the account."""
    allowed = {
        role.id: {
            action
            for permission in role.properties["permissions"]
            for action in permission["dataActions"]
        }
        for role in made.all(f"{COSMOS}/sqlRoleDefinitions")
    }
    found: dict[tuple[str, str], set[str]] = {}
    for assignment in made.all(f"{COSMOS}/sqlRoleAssignments"):
        properties = assignment.properties
        who = named(properties["principalId"])
        who = kind(who) if who.startswith("id-") else "developer"
        container = properties["scope"].partition("/colls/")[2] or "*"
        found.setdefault((who, container), set()).update(allowed[properties["roleDefinitionId"]])
    return found


def test_nobody_who_runs_the_application_can_replace_or_delete_history(made: Deployment) -> None:
    for (who, container), actions in documents(made).items():
        if who in ("id-app", "developer") and container in APPEND_ONLY | {"*"}:
            assert not {action for action in actions if action.rpartition("/")[2] in ALTERING}


def test_the_application_appends_to_history_and_reads_it(made: Deployment) -> None:
    actions = documents(made)["id-app", "events"]
    assert {f"{ITEMS}/create", f"{ITEMS}/read"} <= actions
    assert any(action.endswith("/executeQuery") for action in actions)
    assert any(action.endswith("/readChangeFeed") for action in actions)


def test_the_application_may_write_every_container_that_can_be_made_again(
    made: Deployment,
) -> None:
    containers = {
        container.name.rpartition("/")[2]
        for container in made.all(f"{COSMOS}/sqlDatabases/containers")
    }
    assert {"events", "leases", "order_read_model"} <= containers
    for container in containers - APPEND_ONLY:
        assert f"{ITEMS}/*" in documents(made)["id-app", container]


def test_only_the_archive_replaces_events_and_it_can_neither_create_nor_delete_one(
    made: Deployment,
) -> None:
    replacing = {
        who
        for (who, container), actions in documents(made).items()
        if container == "events" and f"{ITEMS}/replace" in actions
    }
    assert replacing == {"id-archive"}
    actions = documents(made)["id-archive", "events"]
    assert not {f"{ITEMS}/create", f"{ITEMS}/upsert", f"{ITEMS}/delete", f"{ITEMS}/*"} & actions
    assert {c for who, c in documents(made) if who == "id-archive"} == {"events", "snapshots", "*"}
    assert f"{ITEMS}/read" in documents(made)["id-archive", "snapshots"]
    assert not {f"{ITEMS}/{a}" for a in ALTERING} & documents(made)["id-archive", "snapshots"]


def test_metadata_is_all_that_is_granted_on_the_whole_account(made: Deployment) -> None:
    for (_, container), actions in documents(made).items():
        if container == "*":
            assert actions == {f"{COSMOS}/readMetadata"}


def test_the_application_is_not_the_archive(made: Deployment) -> None:
    attached = made.one("Microsoft.Web/sites").identity["userAssignedIdentities"]
    assert [kind(id_.rpartition("/")[2]) for id_ in attached] == ["id-app"]


@pytest.mark.parametrize("parameters", ["prod", "private"])
def test_no_developer_reaches_into_production(parameters: str) -> None:
    made = deployment(parameters)
    assert "developer" not in {who for who, _, _ in granted(made)}
    assert "developer" not in {who for who, _ in documents(made)}


@pytest.mark.parametrize("parameters", ["prod", "private"])
def test_a_lock_keeps_the_event_store_of_production(parameters: str) -> None:
    lock = deployment(parameters).one("Microsoft.Authorization/locks")
    assert lock.properties["level"] == "CanNotDelete"
    assert "/databaseAccounts/" in lock.id
