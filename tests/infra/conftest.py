"""azd's environment, and stand-ins for the programs that its hooks call."""

from pathlib import Path
from typing import Final

import pytest

from infra.hooks import prepare_reporting, write_settings
from tests.infra.programs import Programs

ENVIRONMENT: Final = {
    "AZURE_ENV_NAME": "test",
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "rg-test",
    "STREAM_ANALYTICS_JOB": "asa-x",
    "SQL_SERVER": "sql-x.database.windows.net",
    "SQL_DATABASE": "reporting",
    "COSMOS_ENDPOINT": "https://cosmos-x.documents.azure.com:443/",
    "KEY_VAULT_NAME": "kv-x",
    "KEY_VAULT_URL": "https://kv-x.vault.azure.net/",
    "ARCHIVE_ENDPOINT": "https://starchx.blob.core.windows.net/",
    "EVENT_HUBS_NAMESPACE": "evhns-x.servicebus.windows.net",
}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs(tmp_path)
    monkeypatch.setenv("PATH", str(made.path))
    for name in ("AUTH_CLIENT_ID", "PUBLISHER_EMAIL", "SQL_ADMINISTRATOR_NAME", "PRIVATE_NETWORK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for hook in (prepare_reporting, write_settings):
        monkeypatch.setattr(hook, "ROOT", tmp_path)
    return made
