"""People whose data is distinctive: what is found of it anywhere in clear was not sealed."""

from typing import Any, Final

import msgspec

from domain.order import Contact, DeliverOrder, Payment, PlaceOrder
from tests.stack.commanding import an_order

MARK: Final = "zzClear"
"""In every sensitive value."""
ADDRESS: Final = "203.0.113.213"
"""The caller's."""


def a_personal_order(customer: str = "ada", **fields: Any) -> PlaceOrder:
    """An order with everything that the contract takes of a person."""
    return an_order(
        customer_id=customer,
        shipping_address={"street": f"{MARK} Street 7", "city": f"{MARK} City"},
        contact=Contact(f"{MARK} Name", f"{MARK}@example.net", f"{MARK} 555"),
        payment=Payment(f"{MARK} 4111 1111 1111 1111"),
        **fields,
    )


def delivery() -> DeliverOrder:
    return DeliverOrder(signed_by=f"{MARK} Signature")


def is_clear(stored: Any) -> bool:
    """Whether anything sensitive is to be read in a value."""
    raw = stored if isinstance(stored, bytes) else msgspec.json.encode(stored)
    return MARK.encode() in raw or ADDRESS.encode() in raw
