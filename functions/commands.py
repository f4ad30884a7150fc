"""Commands over HTTP: one function per aggregate and verb."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any, Final

import azure.functions as func
import msgspec

from domain.aggregate import Aggregate, Command
from domain.events import Context
from domain.values import to_json
from event_store.canonical import canonical_json
from event_store.command_handler import Executed
from functions import requests
from functions.endpoint import Call, endpoint
from functions.principal import principal
from privacy.fields import public
from settings import HttpAuth
from wiring import Application

IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:azure-event-sourcing:aggregate")


def blueprint(
    application: Application, aggregates: Iterable[Aggregate[Any, Any, Any]]
) -> func.Blueprint:
    """A function per verb: `POST /orders` for the one that creates, `POST /orders/{orderId}/ship` …"""
    commands = func.Blueprint()
    for aggregate in aggregates:
        for verb in aggregate.commands:
            _register(commands, application, aggregate, verb)
    return commands


def route(aggregate: Aggregate[Any, Any, Any], verb: str) -> str:
    if verb == aggregate.creates:
        return aggregate.collection
    return f"{aggregate.collection}/{{{aggregate.id_field}}}/{verb}"


def _register(
    commands: func.Blueprint,
    application: Application,
    aggregate: Aggregate[Any, Any, Any],
    verb: str,
) -> None:
    kind = aggregate.commands[verb]

    async def execute(call: Call) -> func.HttpResponse:
        command = requests.command(call.request, kind)
        context = _context(call, aggregate, command, application.settings.http_auth)
        aggregate_id = _aggregate_id(call, aggregate, command, context)
        expected = requests.expected_version(call.request)
        executed = await application.command_handler.execute(
            aggregate, aggregate_id, command, context, expected
        )
        return _answer(call, aggregate, aggregate_id, executed, context)

    commands.function_name(f"{verb}_{aggregate.name.lower()}")(
        commands.route(route(aggregate, verb), methods=["POST"])(endpoint(execute))
    )


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


def _context(
    call: Call, aggregate: Aggregate[Any, Any, Any], command: Command, http_auth: HttpAuth
) -> Context:
    caller = principal(call.request, http_auth)
    return Context(
        correlation_id=call.correlation_id,
        causation_id=requests.idempotency_key(call.request) or str(uuid.uuid4()),
        command_hash=command_hash(aggregate, command),
        user_id=caller.user_id,
        ip_address=caller.ip_address,
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
    body = {
        aggregate.id_field: aggregate_id,
        **aggregate.answer(executed.state),
        "version": executed.head.version,
        "events": [
            {
                "eventId": event.event_id,
                "eventType": type(event.data).__name__,
                "version": event.version,
                "timestamp": event.timestamp,
            }
            for event in executed.events
        ],
        "correlationId": first.correlation_id,
        "commandId": context.causation_id,
    }
    return call.answer(body, status=201 if created else 200, headers=headers)


def _location(call: Call, aggregate: Aggregate[Any, Any, Any], aggregate_id: str) -> str:
    """Where the aggregate is read: below the collection, or above the verb, that was called."""
    if aggregate.id_field in call.request.route_params:
        return call.path.rpartition("/")[0]
    return f"{call.path}/{aggregate_id}"
