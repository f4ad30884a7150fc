"""The composition root: what the Functions host loads."""

import os

import azure.functions as func

import settings
from domain.registry import AGGREGATES
from functions import (
    access_log,
    archive,
    audit,
    change_feed,
    command_status,
    commands,
    docs,
    erasure,
    health,
    history,
    operations,
    projectors,
    queries,
    reports,
    search,
    timers,
)
from telemetry.exporting import configure
from wiring import Application

application = Application(settings.read(os.environ))
configure(application.settings.telemetry)

app = func.FunctionApp()
app.register_functions(commands.blueprint(application, AGGREGATES))
app.register_functions(queries.blueprint(application, application.projections))
app.register_functions(history.blueprint(application, AGGREGATES))
app.register_functions(search.blueprint(application))
app.register_functions(reports.blueprint(application))
app.register_functions(command_status.blueprint(application, application.projections))
app.register_functions(operations.blueprint(application, application.projections))
app.register_functions(archive.blueprint(application))
app.register_functions(audit.blueprint(application))
app.register_functions(erasure.blueprint(application))
app.register_functions(access_log.blueprint(application))
app.register_functions(change_feed.blueprint(application))
app.register_functions(projectors.blueprint(application, application.projections))
app.register_functions(timers.blueprint(application, application.projections))
app.register_functions(health.blueprint(application))
app.register_functions(docs.blueprint(application))
