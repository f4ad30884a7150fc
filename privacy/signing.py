"""Signatures under the key-encryption key: who can't read it can't make them."""

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def signature(secret: bytes, purpose: str, message: bytes) -> str:
    """HMAC-SHA256 in hex, under a key that HKDF derives for one purpose from a version of the key."""
    key = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def is_signature(text: str, secret: bytes, purpose: str, message: bytes) -> bool:
    return hmac.compare_digest(text.encode(), signature(secret, purpose, message).encode())
