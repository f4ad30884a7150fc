"""What the application tells of itself: metrics, traces and labelled logs, through the OpenTelemetry API only."""

from typing import Final

SCOPE: Final = "azure-event-sourcing"
"""The name under which instruments and spans are made."""
