"""Function and admin keys: made once, kept in the data folder, asked for with --require-keys."""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from local.functions_host.functions import Function
from local.functions_host.state import State


class Level(IntEnum):
    """What a key opens, in rising order; the names are those of `auth_level`."""

    ANONYMOUS = 0
    FUNCTION = 1
    ADMIN = 2


@dataclass(frozen=True, slots=True)
class Keys:
    """The master key, which opens everything, and the default function key."""

    master: str
    function: str

    def level(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Level:
        """What the request's key opens: `x-functions-key` goes before `?code=`."""
        given = headers.get("x-functions-key") or query.get("code", "")
        if hmac.compare_digest(given.encode(), self.master.encode()):
            return Level.ADMIN
        if hmac.compare_digest(given.encode(), self.function.encode()):
            return Level.FUNCTION
        return Level.ANONYMOUS


def load_keys(state: State) -> Keys:
    """The keys of this data folder, made at the first call."""
    kept = state.read("key", "host")
    for name in ("master", "function"):
        if name not in kept:
            kept[name] = base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()
            state.write("key", "host", name, kept[name])
    return Keys(kept["master"], kept["function"])


def required_level(function: Function) -> Level:
    """The level that an HTTP function asks for: `function` where it names none."""
    return Level[str(function.trigger.get("authLevel") or "FUNCTION").upper()]
