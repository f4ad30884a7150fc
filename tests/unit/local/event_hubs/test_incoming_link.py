"""A message while it arrives."""

from local.event_hubs.incoming_link import Delivery
from local.event_hubs.link import MAX_MESSAGE_BYTES


def test_a_message_that_grows_too_large_is_counted_and_not_kept() -> None:
    delivery = Delivery(0, 0)
    delivery.append(b"x" * MAX_MESSAGE_BYTES)
    assert len(delivery.message) == MAX_MESSAGE_BYTES
    assert not delivery.too_large
    for _ in range(3):
        delivery.append(b"x")
    assert delivery.too_large
    assert delivery.size == MAX_MESSAGE_BYTES + 3
    assert len(delivery.message) == 0
