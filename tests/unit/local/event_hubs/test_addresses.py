"""Addresses of links."""

import pytest

from local.event_hubs.addresses import (
    Address,
    PublishAddress,
    ReadAddress,
    RequestNode,
    parse_address,
)
from local.event_hubs.amqp.errors import LinkFault


@pytest.mark.parametrize(
    ("text", "client_receives", "address"),
    [
        ("events", False, PublishAddress("events", None)),
        ("/events/Partitions/3", False, PublishAddress("events", "3")),
        ("amqps://localhost:5672/events", False, PublishAddress("events", None)),
        (
            "amqps://127.0.0.1/events/ConsumerGroups/$Default/Partitions/0",
            True,
            ReadAddress("events", "$Default", "0"),
        ),
        ("$cbs", True, RequestNode("$cbs", management=False)),
        ("$management", False, RequestNode("$management", management=True)),
        ("events/$management", True, RequestNode("events/$management", management=True)),
    ],
)
def test_an_address_is_read(text: str, client_receives: bool, address: Address) -> None:
    assert parse_address(text, client_receives=client_receives) == address


@pytest.mark.parametrize(
    ("text", "client_receives"),
    [
        ("", False),
        ("events", True),
        ("events/Partitions/0", True),
        ("events/ConsumerGroups/g/Partitions/0", False),
        ("events/publishers/me", False),
    ],
)
def test_another_address_is_refused_with_the_form_that_is_expected(
    text: str, client_receives: bool
) -> None:
    with pytest.raises(LinkFault, match="expected <hub>"):
        parse_address(text, client_receives=client_receives)
