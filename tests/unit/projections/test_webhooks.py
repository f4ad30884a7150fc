"""Webhooks over real HTTP, in a time of their own: what is tried again, when, and when no more."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from email.utils import formatdate

import pytest
from aiohttp import ClientSession

from projections.projection import Message, Undeliverable
from projections.webhooks import LONGEST_REST, PATIENCE, REST, Webhooks, retry_after
from tests.fakes.receiver import Receiver
from tests.fakes.receiver import receiver as listening

SECRETS = (bytes(24), bytes(range(24)))
START = 1_800_000_000.0


class Time:
    """A clock that only pauses move; `pauses` has their lengths."""

    def __init__(self) -> None:
        self.now = START
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as receiver:
        yield receiver


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def time() -> Time:
    return Time()


def webhooks(session: ClientSession, time: Time, *urls: str) -> Webhooks:
    return Webhooks(urls, SECRETS, lambda: session, time.clock, time.pause, jitter=lambda: 0.5)


def message(id_: str = "1", body: bytes = b"{}") -> Message:
    return Message(id_, "application/cloudevents+json", body)


async def test_a_message_is_posted_once_as_it_is(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    await webhooks(session, time, f"{receiver.url}?code=a%2Bb%3D").post(message(body=b'{"a": 1}'))
    (received,) = receiver.received
    assert (received.method, received.path) == ("POST", "/events?code=a%2Bb%3D")
    assert received.body == b'{"a": 1}'
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert received.headers["webhook-id"] == "1"
    assert received.headers["webhook-timestamp"] == str(int(START))
    assert len(received.headers["webhook-signature"].split(" ")) == len(SECRETS)
    assert time.pauses == []


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_whatever_says_that_it_was_taken_is_success(
    receiver: Receiver, session: ClientSession, time: Time, status: int
) -> None:
    receiver.answers.append(status)
    await webhooks(session, time, receiver.url).post(message())
    assert len(receiver.received) == 1


@pytest.mark.parametrize("answer", [408, 425, 429, 500, 502, 503, 504, None])
async def test_what_passes_is_tried_again_with_pauses_that_double(
    receiver: Receiver, session: ClientSession, time: Time, answer: int | None
) -> None:
    receiver.answers.extend([answer] * 3)
    await webhooks(session, time, receiver.url).post(message())
    assert receiver.ids == ["1"] * 4
    assert time.pauses == [0.75, 1.5, 3.0]


async def test_each_attempt_is_signed_for_its_own_time(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    receiver.answers.extend([503, 503])
    await webhooks(session, time, receiver.url).post(message())
    timestamps = [received.headers["webhook-timestamp"] for received in receiver.received]
    assert timestamps == ["1800000000", "1800000000", "1800000002"]
    signatures = [received.headers["webhook-signature"] for received in receiver.received]
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422])
async def test_a_refusal_is_final(
    receiver: Receiver, session: ClientSession, time: Time, status: int
) -> None:
    receiver.answers.append((status, {"location": receiver.url}))
    hooks = webhooks(session, time, receiver.url)
    with pytest.raises(Undeliverable):
        await hooks.post(message())
    assert len(receiver.received) == 1
    await hooks.post(message("2"))
    assert receiver.ids == ["1", "2"]


async def test_the_receiver_says_how_long_to_wait(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    receiver.answers.append((429, {"retry-after": "7"}))
    receiver.answers.append((503, {"retry-after": formatdate(START + 16, usegmt=True)}))
    await webhooks(session, time, receiver.url).post(message())
    assert time.pauses == [7.0, 9.0]


async def test_what_asks_for_less_than_the_usual_pause_gets_that(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    receiver.answers.append((429, {"retry-after": "0"}))
    await webhooks(session, time, receiver.url).post(message())
    assert time.pauses == [0.75]


async def test_a_webhook_is_tried_no_longer_than_patience_lasts(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    receiver.always = 500
    with pytest.raises(
        Undeliverable, match=r"message 1 was not taken by 127\.0\.0\.1 \(status 500"
    ):
        await webhooks(session, time, receiver.url).post(message())
    assert len(receiver.received) == len(time.pauses) + 1 > 3
    assert sum(time.pauses) < PATIENCE


async def test_one_that_failed_to_the_end_is_left_alone_for_a_while(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    hooks = webhooks(session, time, receiver.url)
    receiver.always = 500
    with pytest.raises(Undeliverable):
        await hooks.post(message())
    receiver.received.clear()
    receiver.always = 204
    with pytest.raises(Undeliverable):
        await hooks.post(message("2"))
    assert receiver.received == []
    time.now += REST
    await hooks.post(message("2"))
    assert receiver.ids == ["2"]


async def test_one_that_asks_for_more_than_patience_is_left_alone_as_long_as_it_asks(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    hooks = webhooks(session, time, receiver.url)
    receiver.answers.append((503, {"retry-after": "600"}))
    with pytest.raises(Undeliverable):
        await hooks.post(message())
    assert time.pauses == []
    time.now += 599
    with pytest.raises(Undeliverable):
        await hooks.post(message())
    time.now += 1
    await hooks.post(message())
    assert receiver.ids == ["1", "1"]


async def test_nobody_asks_for_more_than_an_hour(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    hooks = webhooks(session, time, receiver.url)
    receiver.answers.append((503, {"retry-after": "9" * 400}))
    with pytest.raises(Undeliverable):
        await hooks.post(message())
    time.now += LONGEST_REST
    await hooks.post(message())


async def test_every_webhook_gets_the_message_also_when_another_fails(
    receiver: Receiver, session: ClientSession, time: Time
) -> None:
    async with listening() as other:
        receiver.answers.append(400)
        with pytest.raises(Undeliverable):
            await webhooks(session, time, receiver.url, other.url).post(message())
        assert receiver.ids == other.ids == ["1"]


async def test_one_that_is_not_there_is_tried_again(session: ClientSession, time: Time) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/"
        with pytest.raises(Undeliverable, match="ClientConnectorError"):
            await webhooks(session, time, url).post(message())
    assert len(time.pauses) > 2


async def test_one_that_does_not_answer_is_given_up(
    session: ClientSession, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr("projections.webhooks.ATTEMPT_SECONDS", 0.02)
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Undeliverable, match="Timeout"):
            await webhooks(session, time, f"http://127.0.0.1:{port}/").post(message())
    assert len(time.pauses) > 2


async def test_the_log_names_the_host_and_no_more_of_an_address(
    receiver: Receiver, session: ClientSession, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers.append(400)
    url = receiver.url.replace("//", "//name:password@") + "?code=key"
    with caplog.at_level(logging.WARNING), pytest.raises(Undeliverable) as raised:
        await webhooks(session, time, url).post(message())
    told = caplog.text + str(raised.value)
    assert "127.0.0.1 (status 400)" in told
    assert not [secret for secret in ("name", "password", "key", "events") if secret in told]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0.0),
        ("12", 12.0),
        ("-1", 0.0),
        ("1.5", 0.0),
        ("soon", 0.0),
        ("٣", 0.0),
        (formatdate(START + 60, usegmt=True), 60.0),
        (formatdate(START - 60, usegmt=True), 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
    ],
)
def test_what_cannot_be_read_as_a_wait_is_none(text: str, seconds: float) -> None:
    assert retry_after(text, START) == seconds
