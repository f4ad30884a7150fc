"""Erasure of a person's data over HTTP: asked for by operators, done when no process can open it any more."""

from typing import Final, Literal

import azure.functions as func
import msgspec

from domain.values import Id, Moment
from event_store.documents import timestamp
from functions import requests
from functions.endpoint import Answer, Call
from functions.route import Route
from privacy.erasure import Erasure
from wiring import Application

ERASE: Final = Route(
    "erase_personal_data", "DELETE", "operations/customers/{customerId}/personal-data", "operator"
)
GET_ERASURE: Final = Route("get_erasure", "GET", ERASE.path, "operator")


class ErasureState(msgspec.Struct, frozen=True, rename="camel"):
    """A customer's newest erasure: the key is destroyed; from `doneAt` on no cache has it either."""

    customer_id: Id
    status: Literal["erasing", "done"]
    erased_at: Moment
    done_at: Moment


def blueprint(application: Application) -> func.Blueprint:
    """`DELETE` and `GET /operations/customers/{customerId}/personal-data`."""
    erasures = func.Blueprint()

    async def erase(call: Call) -> func.HttpResponse:
        erasure = await application.eraser.erase(
            _customer(call), by=call.principal.user_id, correlation_id=call.correlation_id
        )
        return call.answer(_state(erasure), status=202, headers={"Location": call.path})

    async def progress(call: Call) -> func.HttpResponse:
        return call.answer(_state(await application.eraser.progress(_customer(call))))

    answers: dict[Route, Answer] = {ERASE: erase, GET_ERASURE: progress}
    for route, answer in answers.items():
        route.serve(erasures, answer, application)
    return erasures


def _customer(call: Call) -> str:
    return requests.path_id(call.request, "customerId")


def _state(erasure: Erasure) -> ErasureState:
    return ErasureState(
        customer_id=erasure.subject,
        status="done" if erasure.done else "erasing",
        erased_at=timestamp(erasure.erased_at),
        done_at=timestamp(erasure.done_at),
    )
