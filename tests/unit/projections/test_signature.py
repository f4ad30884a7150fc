"""Signatures, as receivers of "Standard Webhooks" 1.0.0 check them."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from projections.projection import Message
from projections.signature import signed_headers

SECRET = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
OTHER = bytes(range(32))
MESSAGE = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", "application/json", b'{"test": 2432232314}')
NOW = 1614265330.9


def test_a_message_is_signed_as_the_reference_implementation_signs_it() -> None:
    assert signed_headers(MESSAGE, [SECRET], NOW) == {
        "content-type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_every_secret_signs_so_that_one_can_be_replaced() -> None:
    (first,) = signatures([SECRET])
    (second,) = signatures([OTHER])
    assert signatures([SECRET, OTHER]) == [first, second]
    assert first != second


@given(st.binary(max_size=50), st.integers(0, 2**40), st.binary(min_size=24, max_size=64))
def test_a_signature_changes_with_all_that_it_covers(body: bytes, now: int, secret: bytes) -> None:
    message = Message("id", "application/json", body)
    (signature,) = signatures([secret], message, now)
    for other in (
        signatures([secret], message, now + 1),
        signatures([secret[:-1] + bytes([secret[-1] ^ 1])], message, now),
        signatures([secret], Message("ie", "application/json", body), now),
        signatures([secret], Message("id", "application/json", body + b" "), now),
    ):
        assert other != [signature]
    assert signatures([secret], message, now) == [signature]


def signatures(secrets: list[bytes], message: Message = MESSAGE, now: float = NOW) -> list[str]:
    return signed_headers(message, secrets, now)["webhook-signature"].split(" ")
