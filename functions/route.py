"""Where an HTTP function is found, and who may call it."""

from typing import Literal

import azure.functions as func
import msgspec

from functions.endpoint import Answer, admin_level, endpoint
from settings import HttpAuth

type Level = Literal["anyone", "caller", "operator"]


class Route(msgspec.Struct, frozen=True):
    """One method on one path. `name` is the function's and the operationId of openapi.json, by which API
    Management knows the operation: it is never renamed."""

    name: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    level: Level = "caller"

    def serve(self, blueprint: func.Blueprint, answer: Answer, http_auth: HttpAuth) -> None:
        """Adds the function that answers here. Callers' level is the app's own."""
        levels = {"anyone": func.AuthLevel.ANONYMOUS, "operator": admin_level(http_auth)}
        route = blueprint.route(self.path, methods=[self.method], auth_level=levels.get(self.level))
        blueprint.function_name(self.name)(route(endpoint(answer)))
