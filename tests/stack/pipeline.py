"""The whole way of a command in one process: the functions that the host would call, one after another."""

from typing import Any, cast

import azure.functions as func

from domain.registry import AGGREGATES
from event_store.publisher import HubPublisher
from functions import change_feed, commands, erasure, projectors, timers
from tests.fakes.http import request
from tests.fakes.producer import FakeProducer
from tests.stack.in_process import Account
from wiring import Application


class Pipeline:
    """An instance, the hub's producer that it sends to, and its functions by name."""

    def __init__(self, account: Account, application: Application) -> None:
        self.account = account
        self.application = application
        self.groups = sorted({projection.group for projection in application.projections})
        self.producer = FakeProducer()
        application.publisher = HubPublisher(cast("Any", self.producer))
        app = func.FunctionApp()
        for blueprint in (
            commands.blueprint(application, AGGREGATES),
            erasure.blueprint(application),
            change_feed.blueprint(application),
            projectors.blueprint(application, application.projections),
            timers.blueprint(application, application.projections),
        ):
            app.register_functions(blueprint)
        self.functions = {f.get_function_name(): f.get_user_function() for f in app.get_functions()}

    async def call(
        self, name: str, body: Any, headers: dict[str, str] | None = None, **route: str
    ) -> func.HttpResponse:
        sent = request("POST", f"/api/{name}", body=body, headers=headers, route=route)
        response: func.HttpResponse = await self.functions[name](sent)
        return response

    async def forward(self) -> None:
        """Hands over everything in the event store, as the change feed does from the beginning."""
        documents = [func.Document.from_dict(d) for d in await self.account.documents("events")]
        await self.functions["forward_events"](func.DocumentList(documents))

    async def project(self, *groups: str) -> None:
        """Hands everything that was sent over to some groups, or to all."""
        messages = self.messages()
        for group in groups or self.groups:
            await self.functions[group](messages)

    def messages(self) -> list[func.EventHubEvent]:
        sent = [event for events in self.producer.sent.values() for event in events]
        return [func.EventHubEvent(body=b"".join(event.body)) for event in sent]

    async def tick(self, name: str) -> None:
        """Sets off a timer."""
        await self.functions[name](cast("func.TimerRequest", None))


async def pipeline(account: Account, **environment: str) -> Pipeline:
    return Pipeline(account, await account.instance(None, **environment))
