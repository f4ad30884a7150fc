"""The real function app, loaded as the host would, and what it declares."""

import importlib
import os
from functools import cache
from typing import Any
from unittest import mock

import azure.functions as func
import msgspec

from tests.fakes.app import ENVIRONMENT


class HttpFunction(msgspec.Struct, frozen=True):
    """A function with an HTTP trigger; methods in capitals, the authorization level by its name."""

    name: str
    route: str
    methods: frozenset[str]
    auth_level: str


@cache
def functions() -> tuple[Any, ...]:
    with mock.patch.dict(os.environ, ENVIRONMENT):
        app: func.FunctionApp = importlib.import_module("function_app").app
    return tuple(app.get_functions())


def names() -> list[str]:
    return [function.get_function_name() for function in functions()]


def http_functions() -> list[HttpFunction]:
    found = []
    for function in functions():
        trigger = function.get_trigger().get_dict_repr()
        if trigger["type"] == "httpTrigger":
            methods = frozenset(_text(method).upper() for method in trigger.get("methods", ()))
            level = _text(trigger["authLevel"]).upper()
            found.append(
                HttpFunction(function.get_function_name(), trigger["route"], methods, level)
            )
    return found


def _text(value: Any) -> str:
    """A value as text; the SDK declares some as members of its enumerations."""
    return str(getattr(value, "name", value))
