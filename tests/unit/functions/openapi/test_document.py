"""openapi.json: everything of the contract is in it, and as the code has it."""

from typing import Any

import msgspec
import pytest
import schemathesis
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from domain.aggregate import AggregateNotFound, RuleViolation
from domain.registry import AGGREGATES
from event_store.errors import (
    ConcurrencyConflict,
    EventTooLarge,
    IdempotencyKeyReused,
    StoreUnavailable,
    VersionMismatch,
)
from functions.commands import Accepted, StoredEvent
from functions.faults import Fault
from functions.openapi.catalog import catalog
from functions.openapi.document import document
from functions.openapi.samples import sample_of
from functions.problems import problem_response
from functions.requests import (
    BodyTooLarge,
    InvalidRequest,
    LengthRequired,
    UnsupportedMediaType,
)
from projections.registry import PROJECTIONS
from projections.view_reader import VersionNotReached
from tests.fakes.counter import COUNTER
from tests.fakes.http import json_of
from tests.rules.function_app import http_functions
from tests.unit.functions.openapi.documents import operations, resolved, whole, within

ERRORS = [
    InvalidRequest(Fault("/quantity", "Expected integer.")),
    AggregateNotFound("Order", "o"),
    RuleViolation("order-cancelled", "No."),
    ConcurrencyConflict("order-o", 3),
    LengthRequired(),
    VersionMismatch("order-o", 3, 0),
    VersionNotReached(3, 2),
    BodyTooLarge(300_000),
    EventTooLarge("order-o", "OrderPlaced", 2_000_000),
    UnsupportedMediaType(),
    IdempotencyKeyReused("order-o"),
    StoreUnavailable("append", 1.0),
    ZeroDivisionError(),
]


def test_it_is_valid() -> None:
    assert whole()["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(whole()).validate()


def test_it_has_every_http_function_with_its_route_method_and_level() -> None:
    described = {
        (name, operation.path, operation.method.upper(), bool(operation.content["security"]))
        for name, operation in operations(whole()).items()
    }
    assert described == {
        (function.name, f"/{function.route}", method, function.auth_level != "ANONYMOUS")
        for function in http_functions()
        for method in function.methods
    }


def test_operations_are_tagged_as_such_when_they_ask_for_the_admin_key() -> None:
    tagged = {n for n, o in operations(whole()).items() if o.content["tags"] == ["operations"]}
    assert tagged == {f.name for f in http_functions() if f.auth_level == "ADMIN"}


def test_every_reference_leads_somewhere_and_every_component_is_needed() -> None:
    references = {found["$ref"] for found in within(whole()) if "$ref" in found}
    components = {
        f"#/components/{kind}/{name}"
        for kind, named in whole()["components"].items()
        for name in named
        if kind != "securitySchemes"
    }
    assert references == components


@pytest.mark.parametrize("verb", ["place_order", "ship_order", "reserve_product"])
def test_a_command_has_every_status_of_the_contract(verb: str) -> None:
    creates = verb == "place_order"
    expected = {"400", "401", "403", "409", "411", "412", "413", "415", "422", "500", "503"}
    expected |= {"201"} if creates else {"200", "404"}
    assert operations(whole())[verb].content["responses"].keys() == expected


def test_what_can_be_the_first_command_or_a_later_one_answers_201_or_200() -> None:
    responses = operations(whole())["receive_product"].content["responses"]
    assert {"200", "201"} < responses.keys()
    assert "404" not in responses


def test_a_command_names_the_headers_of_the_contract() -> None:
    command = operations(whole())["ship_order"].content
    names = [resolved(whole(), parameter)["name"] for parameter in command["parameters"]]
    assert names == ["orderId", "Idempotency-Key", "If-Match", "traceparent", "X-Correlation-ID"]
    assert command["responses"]["200"]["headers"].keys() == {
        "ETag",
        "Idempotent-Replayed",
        "X-Correlation-ID",
    }


def test_every_answer_of_the_application_carries_the_correlation_id() -> None:
    for operation in operations(whole()).values():
        for status, response in operation.content["responses"].items():
            if status not in ("401", "403"):
                assert "X-Correlation-ID" in resolved(whole(), response)["headers"]


def test_the_codes_of_a_refusal_are_those_of_the_command() -> None:
    found = schema("ShipOrderRuleViolation")["properties"]["code"]["enum"]
    assert found == ["order-already-shipped", "order-already-delivered", "order-cancelled"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_problem_document_is_as_its_schema_says_and_no_more(error: Exception) -> None:
    problem = json_of(problem_response(error, "/api/orders", "c-1"))
    fitting = [
        name
        for name, component in whole()["components"]["schemas"].items()
        if component.get("properties", {}).get("type", {}).get("const") == problem["type"]
        and validator(name).is_valid(problem)
    ]
    assert fitting
    assert all(schema(name)["properties"].keys() == problem.keys() for name in fitting)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = whole()["components"]["schemas"][name]
    return found


def validator(name: str) -> Draft202012Validator:
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.opaque({"components": whole()["components"]})
    )
    return Draft202012Validator(
        {"$ref": f"urn:document#/components/schemas/{name}"}, registry=registry
    )


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda aggregate: aggregate.name)
def test_what_a_command_answers_is_as_its_schema_says(aggregate: Any) -> None:
    verb = aggregate.creates or "receive"
    events = aggregate.decide(aggregate.initial("a-1"), sample_of(aggregate.commands[verb]))
    state = aggregate.fold(aggregate.initial("a-1"), events)
    stored = StoredEvent("e-1", "OrderPlaced", 1, "2026-11-01T12:00:00.000000Z")
    accepted = msgspec.to_builtins(Accepted(1, [stored], "c-1", "k-1"))
    body = {aggregate.id_field: "a-1", **aggregate.answer(state), **accepted}
    validator(f"{aggregate.name}Accepted").validate(body)
    assert schema(f"{aggregate.name}Accepted")["properties"].keys() == body.keys()


def test_the_example_of_every_body_is_valid() -> None:
    examples = 0
    for operation in operations(whole()).values():
        if "requestBody" in operation.content:
            content = operation.content["requestBody"]["content"]["application/json"]
            validator(content["schema"]["$ref"].rpartition("/")[2]).validate(content["example"])
            examples += 1
    of_commands = sum(len(aggregate.commands) for aggregate in AGGREGATES)
    assert examples == of_commands + 1, "the archive is started with a body too"


def test_a_new_aggregate_is_there_by_itself() -> None:
    """Its answer is no TypedDict: what it says of its state is not known, what all answer is."""
    larger = document(catalog((*AGGREGATES, COUNTER), PROJECTIONS), "1.2.3")
    schemathesis.openapi.from_dict(larger).validate()
    new = operations(larger).keys() - operations(whole()).keys()
    assert new == {"open_counter", "add_counter", "get_counter_events"}
    accepted = larger["components"]["schemas"]["CounterAccepted"]["properties"]
    assert accepted.keys() == {"counterId", "version", "events", "correlationId", "commandId"}
    assert {"200", "201"} < operations(larger)["open_counter"].content["responses"].keys()
