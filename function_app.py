"""The composition root: what the Functions host loads."""

import os

import azure.functions as func

import settings
from domain.registry import AGGREGATES
from functions import change_feed, commands, health, history, projectors, queries
from projections.registry import PROJECTIONS
from wiring import Application

application = Application(settings.read(os.environ))

app = func.FunctionApp(
    http_auth_level=func.AuthLevel.FUNCTION
    if application.settings.http_auth == "keys"
    else func.AuthLevel.ANONYMOUS
)
app.register_functions(commands.blueprint(application, AGGREGATES))
app.register_functions(queries.blueprint(application, PROJECTIONS))
app.register_functions(history.blueprint(application, AGGREGATES))
app.register_functions(change_feed.blueprint(application))
app.register_functions(projectors.blueprint(application, PROJECTIONS))
app.register_functions(health.blueprint(application))
