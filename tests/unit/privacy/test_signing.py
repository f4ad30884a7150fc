"""Signatures: for one message, one purpose and one version of the key."""

import hmac

from privacy.signing import is_signature, signature

SECRET = bytes(range(32))


def test_a_signature_is_for_its_message_purpose_and_secret_alone() -> None:
    signed = signature(SECRET, "heads", b"message")
    assert is_signature(signed, SECRET, "heads", b"message")
    assert not is_signature(signed, SECRET, "heads", b"massage")
    assert not is_signature(signed, SECRET, "tails", b"message")
    assert not is_signature(signed, bytes(32), "heads", b"message")
    assert not is_signature("ü", SECRET, "heads", b"message")


def test_the_key_is_derived_as_rfc_5869_says() -> None:
    """Extract and expand, written out: what was signed today must be checked in ten years."""
    extracted = hmac.digest(bytes(32), SECRET, "sha256")
    key = hmac.digest(extracted, b"heads" + b"\x01", "sha256")
    assert signature(SECRET, "heads", b"m") == hmac.new(key, b"m", "sha256").hexdigest()
