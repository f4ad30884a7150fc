"""Property paths as containers name them: `/a/b`, `/a/"b c"/?`, `/items/[]/sku/*`."""

import re
from typing import Any, Final

from local.cosmos.errors import bad_request
from local.cosmos.sql import UNDEFINED

type Path = tuple[str, ...]

_STEP: Final = re.compile(r'/(?:"((?:[^"\\]|\\.)*)"|([^/"]*))')


def parse_path(text: object) -> Path:
    """The steps of a path; raises 400 when it does not begin with a slash."""
    if not isinstance(text, str) or not _STEP.match(text) or _STEP.sub("", text):
        raise bad_request(f"The path '{text}' is not valid, it must be like '/a/b'.")
    return tuple(quoted or plain for quoted, plain in _STEP.findall(text))


def value_at(document: Any, path: Path) -> Any:
    """The value at a path of property names, UNDEFINED when there is none."""
    for step in path:
        if not isinstance(document, dict) or step not in document:
            return UNDEFINED
        document = document[step]
    return document
