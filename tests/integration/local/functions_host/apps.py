"""Function apps for the tests, written into a folder."""

import json
import textwrap
from pathlib import Path
from typing import Any

HEAD = """
import asyncio, logging, os, sys, threading, time, typing
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""


def write_app(folder: Path, source: str, **host_json: Any) -> Path:
    """A function app of `source`, which may use `app`, `func` and the imports of HEAD."""
    folder.mkdir(exist_ok=True)
    (folder / "function_app.py").write_text(HEAD + textwrap.dedent(source))
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **host_json}))
    return folder
