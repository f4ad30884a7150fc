"""Samples: a value for every command, valid and telling."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from domain.aggregate import Command
from domain.order import CancelOrder, PlaceOrder
from domain.registry import AGGREGATES
from domain.values import Id
from functions.openapi.samples import sample_document, sample_of

KINDS = [kind for aggregate in AGGREGATES for kind in aggregate.commands.values()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_command_has_one(kind: type[Command]) -> None:
    assert isinstance(sample_of(kind), kind)


def test_names_give_hints() -> None:
    assert sample_document(PlaceOrder) == {
        "customerId": "customer-1",
        "items": [{"productId": "product-1", "quantity": 1, "price": 12.5}],
    }
    assert sample_document(CancelOrder) == {"reason": "reason"}


class Everything(Command, frozen=True, kw_only=True):
    voucher_id: Id
    short_name: Annotated[str, msgspec.Meta(max_length=4)]
    known: Literal["b", "a"]
    told: Annotated[str, msgspec.Meta(examples=["2026-11-01"])]
    low: Annotated[int, msgspec.Meta(le=-5)]
    high: Annotated[int, msgspec.Meta(ge=5)]
    flag: bool
    several: Annotated[list[int], msgspec.Meta(min_length=2)]
    named: dict[str, int]
    either: int | str


def test_every_kind_of_field_has_one() -> None:
    document: dict[str, Any] = sample_document(Everything)
    assert document == {
        "voucherId": "voucher-1",
        "shortName": "shor",
        "known": "a",
        "told": "2026-11-01",
        "low": -5,
        "high": 5,
        "flag": True,
        "several": [1, 1],
        "named": {},
        "either": 1,
    }
    assert sample_of(Everything).several == [1, 1]
