"""The projections that the application keeps: one line each."""

from typing import Any

from projections.order_read_model import ORDER_READ_MODEL
from projections.product_read_model import PRODUCT_READ_MODEL
from projections.projection import View

PROJECTIONS: tuple[View[Any], ...] = (ORDER_READ_MODEL, PRODUCT_READ_MODEL)
