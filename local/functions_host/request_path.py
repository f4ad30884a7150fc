"""A raw request path as the real host sees it: decoded once, dot segments resolved."""

import re

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NOT_IN_PATHS = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]")


class BadPath(Exception):
    """The server answers 400 to the path."""


def decode_path(raw: bytes) -> str:
    """The path that routes are matched with. Raises BadPath.

    `%2F` stays as it is, so does what is not UTF-8; a NUL and raw non-ASCII bytes are refused.
    """
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise BadPath("raw bytes that are not ASCII") from error
    if "%" in text:
        text = _ESCAPES.sub(lambda run: _decode_run(run[0]), text)
    return _resolve_dots(text) if "/." in text else text


def encode_path(path: str) -> str:
    """The decoded path as it stands in `req.url`."""
    return _NOT_IN_PATHS.sub(lambda found: _escape(found[0]), path)


def _escape(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _decode_run(run: str) -> str:
    escapes = [run[index : index + 3] for index in range(0, len(run), 3)]
    octets = bytes(int(escape[1:], 16) for escape in escapes)
    if 0 in octets:
        raise BadPath("an encoded NUL")
    out: list[str] = []
    position = 0
    while position < len(octets):
        length = _utf8_length(octets, position)
        if length == 0 or octets[position] == ord("/"):
            out.append(escapes[position])
        else:
            out.append(octets[position : position + length].decode())
        position += length or 1
    return "".join(out)


def _utf8_length(octets: bytes, position: int) -> int:
    """How many bytes the character at `position` takes; 0 when there is none."""
    for length in (1, 2, 3, 4):
        try:
            octets[position : position + length].decode()
        except UnicodeDecodeError:
            continue
        return length
    return 0


def _resolve_dots(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    out: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del out[-1:]
        elif segment != ".":
            out.append(segment)
    if segments[-1] in (".", ".."):
        out.append("")
    return "/" + "/".join(out)
