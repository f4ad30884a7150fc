"""What ids the service takes."""

from typing import Any, Final

from local.cosmos.errors import bad_request

_FORBIDDEN: Final = frozenset("/\\?#")
MAX_NAME_CHARACTERS: Final = 255
MAX_ID_BYTES: Final = 1023


def resource_name(value: Any) -> str:
    """The id of a database or container; raises 400."""
    name = _identifier(value)
    if len(name) > MAX_NAME_CHARACTERS:
        raise bad_request(f"The input name is longer than {MAX_NAME_CHARACTERS} characters.")
    return name


def document_id(value: Any) -> str:
    """The id of a document; raises 400."""
    name = _identifier(value)
    if len(name.encode()) > MAX_ID_BYTES:
        raise bad_request(f"The input name is longer than {MAX_ID_BYTES} bytes.")
    return name


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise bad_request(
            "The input content is invalid because the required properties - 'id; ' - are missing"
        )
    if _FORBIDDEN & set(value) or value.endswith(" "):
        raise bad_request(
            f"The input name '{value}' is invalid. Ensure to provide a unique non-empty string "
            "without '/', '\\', '?' or '#', that does not end in a space."
        )
    return value
