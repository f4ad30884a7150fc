"""The headers that prove who sent a message: HMAC-SHA256, as "Standard Webhooks" 1.0.0 says."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from projections.projection import Message


def signed_headers(message: Message, secrets: Iterable[bytes], now: float) -> dict[str, str]:
    """Headers of one attempt, made `now` (seconds since the epoch); one signature per secret, so that a
    secret can be replaced without a pause."""
    timestamp = str(int(now))
    content = f"{message.id}.{timestamp}.".encode() + message.body
    return {
        "content-type": message.media_type,
        "webhook-id": message.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, content) for secret in secrets),
    }


def _signature(secret: bytes, content: bytes) -> str:
    digest = hmac.digest(secret, content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
