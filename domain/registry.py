"""The aggregates that the application serves: one line each."""

from typing import Any

from domain.aggregate import Aggregate
from domain.order import ORDER
from domain.product import PRODUCT

AGGREGATES: tuple[Aggregate[Any, Any, Any], ...] = (ORDER, PRODUCT)
