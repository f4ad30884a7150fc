"""Commands over HTTP: one function per aggregate and verb."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any, Final

import azure.functions as func
import msgspec

from domain.aggregate import Aggregate, Command
from domain.events import Context, Recorded
from domain.values import Moment, to_json
from event_store.canonical import canonical_json
from event_store.command_handler import Executed
from functions import requests
from functions.endpoint import Call
from functions.requests import Version
from functions.route import Route
from privacy.fields import public
from wiring import Application

IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:azure-event-sourcing:aggregate")


class StoredEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An event that a command stored."""

    event_id: str
    event_type: str
    version: Version
    timestamp: Moment


class Accepted(msgspec.Struct, frozen=True, rename="camel"):
    """What every command answers, beside the aggregate's id and its own `answer`."""

    version: Version
    events: list[StoredEvent]
    correlation_id: str
    command_id: str


def blueprint(
    application: Application, aggregates: Iterable[Aggregate[Any, Any, Any]]
) -> func.Blueprint:
    """A function per verb: `POST /orders` for the one that creates, `POST /orders/{orderId}/ship` …"""
    commands = func.Blueprint()
    for aggregate in aggregates:
        for verb in aggregate.commands:
            _register(commands, application, aggregate, verb)
    return commands


def route(aggregate: Aggregate[Any, Any, Any], verb: str) -> Route:
    path = aggregate.collection
    if verb != aggregate.creates:
        path += f"/{{{aggregate.id_field}}}/{verb}"
    return Route(f"{verb}_{aggregate.name.lower()}", "POST", path, "manager")


def _register(
    commands: func.Blueprint,
    application: Application,
    aggregate: Aggregate[Any, Any, Any],
    verb: str,
) -> None:
    kind = aggregate.commands[verb]

    async def execute(call: Call) -> func.HttpResponse:
        command = requests.command(call.request, kind)
        context = _context(call, aggregate, command)
        aggregate_id = _aggregate_id(call, aggregate, command, context)
        expected = requests.expected_version(call.request)
        executed = await application.command_handler.execute(
            aggregate, aggregate_id, command, context, expected
        )
        return _answer(call, aggregate, aggregate_id, executed, context)

    route(aggregate, verb).serve(commands, execute, application)


def _aggregate_id(
    call: Call, aggregate: Aggregate[Any, Any, Any], command: Command, context: Context
) -> str:
    """The id in the path; for a command that creates, that in the body, or a new one.

    The new one follows from the user and the command's id, so that a repeat finds what it made.
    """
    if aggregate.id_field in call.request.route_params:
        return requests.path_id(call.request, aggregate.id_field)
    given: str | None = getattr(command, f"{aggregate.name.lower()}_id")
    return given or str(uuid.uuid5(IDS, f"{context.user_id or ''}\n{context.causation_id}"))


def _context(call: Call, aggregate: Aggregate[Any, Any, Any], command: Command) -> Context:
    return Context(
        correlation_id=call.correlation_id,
        causation_id=requests.idempotency_key(call.request) or str(uuid.uuid4()),
        command_hash=command_hash(aggregate, command),
        user_id=call.principal.user_id,
        ip_address=call.principal.ip_address,
        traceparent=requests.traceparent(call.request),
    )


def command_hash(aggregate: Aggregate[Any, Any, Any], command: Command) -> str:
    """SHA-256 in hex over the canonical command without its sensitive fields: nothing to guess them by."""
    document = {"command": f"{aggregate.name}.{type(command).__name__}", "body": public(command)}
    plain = msgspec.to_builtins(document, enc_hook=to_json)
    return hashlib.sha256(canonical_json(plain)).hexdigest()


def _answer(
    call: Call,
    aggregate: Aggregate[Any, Any, Any],
    aggregate_id: str,
    executed: Executed[Any],
    context: Context,
) -> func.HttpResponse:
    created = bool(executed.events) and executed.events[0].version == 1
    headers = {"ETag": f'"{executed.head.version}"'}
    first = executed.events[0].metadata if executed.events else context
    if executed.replayed:
        headers["Idempotent-Replayed"] = "true"
    if created:
        headers["Location"] = _location(call, aggregate, aggregate_id)
    accepted = Accepted(
        version=executed.head.version,
        events=[_stored(event) for event in executed.events],
        correlation_id=first.correlation_id,
        command_id=context.causation_id,
    )
    body = {
        aggregate.id_field: aggregate_id,
        **aggregate.answer(executed.state),
        **msgspec.to_builtins(accepted),
    }
    return call.answer(body, status=201 if created else 200, headers=headers)


def _stored(event: Recorded[Any]) -> StoredEvent:
    return StoredEvent(event.event_id, type(event.data).__name__, event.version, event.timestamp)


def _location(call: Call, aggregate: Aggregate[Any, Any, Any], aggregate_id: str) -> str:
    """Where the aggregate is read: below the collection, or above the verb, that was called."""
    if aggregate.id_field in call.request.route_params:
        return call.path.rpartition("/")[0]
    return f"{call.path}/{aggregate_id}"
