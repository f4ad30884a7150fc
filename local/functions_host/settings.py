"""App settings: environment variables, filled up from local.settings.json as Core Tools does."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from local.functions_host.errors import MissingSetting, SettingsError


def effective_settings(app: Path, given: Mapping[str, str]) -> dict[str, str]:
    """`given`, and what local.settings.json adds to it. Raises SettingsError."""
    return {**_local_values(app / "local.settings.json"), **given}


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """A binding's string with every `%NAME%` replaced. Raises MissingSetting."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in settings:
            raise MissingSetting(f"'%{name}%' does not resolve to a value: set {name}")
        return settings[name]

    return re.sub(r"%([^%]+)%", value, text)


def _local_values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        root = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise SettingsError(f"{path}: not JSON: {error}") from error
    if not isinstance(root, dict) or not isinstance(root.get("Values", {}), dict):
        raise SettingsError(f"{path}: expected an object with an object 'Values' in it")
    if root.get("IsEncrypted") is True:
        raise SettingsError(f"{path}: encrypted; run 'func settings decrypt' first")
    values = root.get("Values", {})
    wrong = sorted(name for name, value in values.items() if not isinstance(value, str))
    if wrong:
        raise SettingsError(f"{path}: values must be strings; these are not: {', '.join(wrong)}")
    return dict(values)
