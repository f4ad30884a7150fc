"""Around provisioning: the Stream Analytics job stops, because a running one can't be altered, and goes on after."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.hooks.tools import HookError, az, job_id, known

API: Final = "api-version=2020-03-01"
RETENTION: Final = timedelta(days=7)
"""How long the hub keeps events (ops/resources.py): a new job begins with the oldest."""


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["stop"]:
                stop()
            case ["start"]:
                start(datetime.now(UTC))
            case _:
                raise HookError("expected 'start' or 'stop'")
    except HookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def stop() -> None:
    """Stops a job that runs; there is none before the first provisioning."""
    if known("STREAM_ANALYTICS_JOB") and _job()["jobState"] in ("Running", "Degraded"):
        az("rest", "--method", "post", "--url", _url("/stop"))
        print("The Stream Analytics job stops until provisioning is done.")


def start(now: datetime) -> None:
    """Goes on where the job stopped, or begins with the oldest event of the hub. Raises HookError."""
    job = _job()
    if job["jobState"] in ("Running", "Starting"):
        return
    body = json.dumps(beginning(job.get("lastOutputEventTime"), now))
    az("rest", "--method", "post", "--url", _url("/start"), "--body", body)
    print("The Stream Analytics job starts.")


def beginning(last_output: str | None, now: datetime) -> dict[str, str]:
    """Where a job starts. A row that comes again is ignored (infra/sql/tables.sql)."""
    if last_output:
        return {"outputStartMode": "LastOutputEventTime"}
    oldest = (now - RETENTION).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"outputStartMode": "CustomTime", "outputStartTime": oldest}


def _job() -> dict[str, Any]:
    answer: dict[str, Any] = az("rest", "--method", "get", "--url", _url())
    properties: dict[str, Any] = answer["properties"]
    return properties


def _url(action: str = "") -> str:
    return f"{job_id()}{action}?{API}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
