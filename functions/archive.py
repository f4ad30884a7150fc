"""The archive over HTTP: an operator starts a run and watches it."""

from typing import Annotated

import azure.functions as func
import msgspec

from custody.archive_run import Wanted
from functions import requests
from functions.endpoint import Call
from functions.route import Route
from wiring import Application

START_ARCHIVE = Route("start_archive", "POST", "operations/archive", "operator")
GET_ARCHIVE = Route("get_archive", "GET", START_ARCHIVE.path, "operator")


class StartArchive(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to archive: events of so many days ago, but none that the hub still keeps."""

    older_than_days: Annotated[int, msgspec.Meta(ge=7, le=36_500)]


def blueprint(application: Application) -> func.Blueprint:
    functions = func.Blueprint()

    async def start(call: Call) -> func.HttpResponse:
        wanted = requests.command(call.request, StartArchive)
        await application.archive_job.start(Wanted(wanted.older_than_days))
        state = await application.archive_job.progress()
        return call.answer(state, status=202, headers={"Location": call.path})

    async def progress(call: Call) -> func.HttpResponse:
        return call.answer(await application.archive_job.progress())

    START_ARCHIVE.serve(functions, start, application)
    GET_ARCHIVE.serve(functions, progress, application)
    return functions
