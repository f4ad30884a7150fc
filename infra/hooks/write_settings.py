"""After provisioning: settings with which the app runs on this machine against the cloud, as you.

They go to azd's folder: a local.settings.json of yours is never overwritten. Everything but HTTP is switched
off in them, because a second instance would take its share of the deployed app's leases and checkpoints.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from infra.hooks.tools import ROOT, HookError, needed

BACKGROUND: Final = ("forward_events", "reconcile", "rebuild", "archive", "sign_heads")
"""Functions without HTTP, beside one for each consumer group of a projector."""
OF_OTHERS: Final = ("stream_analytics",)


def main() -> int:
    try:
        path = ROOT / ".azure" / needed("AZURE_ENV_NAME") / "local.settings.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings(), indent=2) + "\n")
    except HookError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"To run against this environment: cp {_shown(path)} local.settings.json && func start")
    return 0


def settings() -> dict[str, Any]:
    """The content of a local.settings.json. Raises HookError."""
    resources = json.loads((ROOT / "infra/resources.json").read_bytes())
    (hub,) = resources["eventHubs"]
    groups = [group for group in hub["consumerGroups"] if group not in OF_OTHERS]
    return {
        "IsEncrypted": False,
        "Values": {
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "AzureWebJobsStorage": "UseDevelopmentStorage=true",
            "CosmosDB__accountEndpoint": needed("COSMOS_ENDPOINT"),
            "EventHub__fullyQualifiedNamespace": needed("EVENT_HUBS_NAMESPACE"),
            "ARCHIVE__blobServiceUri": needed("ARCHIVE_ENDPOINT"),
            "KEY_VAULT_URL": needed("KEY_VAULT_URL"),
            "COSMOS_DATABASE": resources["database"],
            "EVENT_HUB_NAME": hub["name"],
            "HTTP_AUTH": "keys",
            **{f"AzureWebJobs.{name}.Disabled": "true" for name in (*BACKGROUND, *groups)},
        },
    }


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main())
