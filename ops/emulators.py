"""The configuration of the official emulators: what the application needs, as each of them wants it said."""

from typing import Any, Final

NAMESPACE: Final = "emulatorNs1"
"""The one name of a namespace that the Event Hubs emulator takes."""


def event_hubs_emulator(resources: dict[str, Any]) -> dict[str, Any]:
    """The Config.json of the Event Hubs emulator; it has `$Default` by itself, and no retention."""
    return {
        "UserConfig": {
            "NamespaceConfig": [
                {
                    "Type": "EventHub",
                    "Name": NAMESPACE,
                    "Entities": [_entity(hub) for hub in resources["eventHubs"]],
                }
            ],
            "LoggingConfig": {"Type": "Console"},
        }
    }


def _entity(hub: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": hub["name"],
        "PartitionCount": str(hub["partitions"]),
        "ConsumerGroups": [{"Name": group} for group in hub["consumerGroups"]],
    }
