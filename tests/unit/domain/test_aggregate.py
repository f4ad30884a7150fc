"""What holds for every aggregate of the registry."""

from typing import Any

import msgspec
import pytest

from domain.aggregate import Aggregate, Command, DomainError
from domain.events import Event
from domain.order import ORDER
from domain.registry import AGGREGATES

every_aggregate = pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda a: a.name)


def test_a_stream_is_named_after_the_type_and_the_id() -> None:
    assert ORDER.stream("789") == "order-789"
    assert ORDER.collection == "orders"
    assert ORDER.id_field == "orderId"


@every_aggregate
@pytest.mark.parametrize("identity", ["1", "order-1", "order-order-1", "product-1", "a.b-c_d"])
def test_the_id_can_be_read_off_the_name_of_the_stream(
    aggregate: Aggregate[Any, Any, Any], identity: str
) -> None:
    assert aggregate.identity(aggregate.stream(identity)) == identity


def test_names_of_aggregates_and_events_meet_nowhere() -> None:
    names = [aggregate.name.lower() for aggregate in AGGREGATES]
    assert len(set(names)) == len(names)
    prefixes = [f"{name}-" for name in names]
    assert not [p for p in prefixes for q in prefixes if p != q and p.startswith(q)]
    events = [kind.__name__ for aggregate in AGGREGATES for kind in aggregate.events]
    assert len(set(events)) == len(events)


@every_aggregate
def test_every_event_and_command_is_registered_and_frozen(
    aggregate: Aggregate[Any, Any, Any],
) -> None:
    assert aggregate.creates is None or aggregate.creates in aggregate.commands
    for kind in (*aggregate.events, *aggregate.commands.values()):
        assert issubclass(kind, Event | Command)
        assert kind.__struct_config__.frozen


@every_aggregate
def test_every_event_names_its_aggregate(aggregate: Aggregate[Any, Any, Any]) -> None:
    for kind in aggregate.events:
        fields = {field.encode_name for field in msgspec.structs.fields(kind)}
        assert aggregate.id_field in fields


@every_aggregate
def test_schema_versions_count_from_one(aggregate: Aggregate[Any, Any, Any]) -> None:
    assert all(kind.schema_version >= 1 for kind in aggregate.events)


def test_the_domains_errors_know_no_http_status() -> None:
    def attributes(kind: type[BaseException]) -> set[str]:
        return set(vars(kind)).union(*map(attributes, kind.__subclasses__()))

    assert not {name for name in attributes(DomainError) if "status" in name.lower()}
