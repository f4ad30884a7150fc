"""`$cbs` and `$management`, and how an answer finds its link."""

import uuid

import pytest

from local.event_hubs import EventHubs
from local.event_hubs.amqp.messages import section_map, section_value
from local.event_hubs.amqp.values import ULong
from tests.integration.local.event_hubs.raw_client import (
    ATTACH,
    DISPOSITION,
    FLOW,
    TRANSFER,
    RawClient,
    request,
)


async def open_node(client: RawClient, address: str, reply_to: str = "me") -> None:
    client.attach(0, source=address, target=reply_to, receiver=True)
    await client.expect(ATTACH)
    client.flow(0, credit=10)
    client.attach(1, target=address, source=address, receiver=False)
    await client.expect(ATTACH)
    await client.expect(FLOW)


async def ask(client: RawClient, message: bytes) -> tuple[dict[object, object], object]:
    """Send a request; answer the response's status properties and body."""
    client.transfer(1, 0, message)
    response = await client.expect(TRANSFER)
    assert (await client.expect(DISPOSITION)).condition is None
    return section_map(response.payload, 0x74), section_value(response.payload, 0x77)


@pytest.mark.parametrize("message_id", ["text", ULong(7), uuid.UUID(int=5), b"bytes"])
async def test_a_token_is_accepted_and_the_correlation_id_keeps_its_type(
    client: RawClient, message_id: object
) -> None:
    await open_node(client, "$cbs")
    client.transfer(1, 0, request(message_id, "me", operation="put-token"))
    response = (await client.expect(TRANSFER)).payload
    assert section_map(response, 0x74)["status-code"] == 202
    properties = section_value(response, 0x73)
    assert isinstance(properties, list)
    assert properties[5] == message_id
    assert properties[2] == "me"


@pytest.mark.parametrize("reply_to", [None, "me", "$cbs", "link-1-0-True"])
async def test_an_answer_goes_to_the_target_the_source_or_the_name_of_a_link(
    client: RawClient, reply_to: str | None
) -> None:
    await open_node(client, "$cbs")
    status, _ = await ask(client, request("1", reply_to, operation="put-token"))
    assert status["status-code"] == 202


async def test_an_answer_prefers_the_session_of_its_request(client: RawClient) -> None:
    await client.begin(channel=2)
    client.attach(0, source="$cbs", target="me", receiver=True, channel=2)
    await client.expect(ATTACH)
    await open_node(client, "$cbs")
    client.transfer(1, 0, request("1", "me", operation="put-token"))
    assert (await client.expect(TRANSFER)).channel == 1


async def test_another_operation_on_cbs_is_unsupported(client: RawClient) -> None:
    await open_node(client, "$cbs")
    status, _ = await ask(client, request("1", None, operation="delete-token"))
    assert status["status-code"] == 400
    assert "expected put-token" in str(status["status-description"])


@pytest.mark.parametrize("address", ["$management", "events/$management"])
async def test_a_hub_is_described(client: RawClient, event_hubs: EventHubs, address: str) -> None:
    await open_node(client, address)
    status, body = await ask(
        client, request("1", "me", operation="READ", type="com.microsoft:eventhub", name="EVENTS")
    )
    assert (status["status-code"], status["status-description"]) == (200, "OK")
    assert body == {
        "name": "events",
        "type": "com.microsoft:eventhub",
        "created_at": event_hubs.hubs[0].created_at,
        "partition_count": 2,
        "partition_ids": ["0", "1"],
        "georeplication_factor": 1,
    }


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"operation": "READ", "type": "com.microsoft:eventhub", "name": "nowhere"}, 404),
        (
            {
                "operation": "READ",
                "type": "com.microsoft:partition",
                "name": "events",
                "partition": "9",
            },
            404,
        ),
        ({"operation": "READ", "type": "com.microsoft:queue", "name": "events"}, 400),
        ({"operation": "DELETE", "type": "com.microsoft:eventhub", "name": "events"}, 400),
    ],
)
async def test_what_can_not_be_answered_has_a_status_and_a_condition(
    client: RawClient, properties: dict[str, object], code: int
) -> None:
    await open_node(client, "$management")
    status, body = await ask(client, request("1", "me", **properties))
    assert status["status-code"] == code
    assert ":" in str(status["error-condition"])
    assert body is None


async def test_a_request_with_nowhere_to_answer_is_rejected(client: RawClient) -> None:
    await open_node(client, "$management")
    client.transfer(1, 0, request("1", "someone-else", operation="READ", name="events"))
    outcome = await client.expect(DISPOSITION)
    assert outcome.condition == "amqp:not-allowed"


async def test_a_request_that_is_no_message_is_rejected(client: RawClient) -> None:
    await open_node(client, "$management")
    client.transfer(1, 0, b"no message")
    assert (await client.expect(DISPOSITION)).condition == "amqp:decode-error"
