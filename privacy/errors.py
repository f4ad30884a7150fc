"""What can go wrong with personal data.

PrivacyError
├── KeysUnavailable    the key-encryption key or a person's key cannot be had for now
├── Erased             the key is gone for good, and with it the value
├── NotErased          there is no erasure to tell the progress of
└── Tampered           a sealed value is not where, or what, it was sealed as
"""


class PrivacyError(Exception):
    """Root of this package's errors. None of them shows a value or a key."""


class KeysUnavailable(PrivacyError):
    """Key Vault, or the store of people's keys, does not answer or refuses."""


class Erased(PrivacyError):
    """The person's data was erased: the key does not exist any more."""


class NotErased(PrivacyError):
    """The person's data was never erased."""


class Tampered(PrivacyError):
    """The value was altered, moved to another event or field, or sealed under another key."""
