"""Query text to tokens."""

import re
from typing import Final, NamedTuple

from local.cosmos.sql.errors import SqlError

KEYWORDS: Final = frozenset(
    {
        *("SELECT", "DISTINCT", "TOP", "VALUE", "AS", "FROM", "JOIN", "IN", "WHERE"),
        *("GROUP", "BY", "ORDER", "ASC", "DESC", "OFFSET", "LIMIT"),
        *("AND", "OR", "NOT", "BETWEEN", "LIKE", "ESCAPE", "EXISTS", "ARRAY"),
        *("NULL", "TRUE", "FALSE", "UNDEFINED"),
    }
)

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<parameter>@\w+)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<operator>\?\?|<=|>=|!=|<>|\|\||<<|>>>?|[-+*/%=<>().,\[\]{}:?&|^~])""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Token(NamedTuple):
    """One word: kind is keyword (text in upper case), name, number, string, parameter, operator
    or end; spelling is the text as it was written."""

    kind: str
    text: str
    spelling: str


def tokenize(text: str) -> list[Token]:
    """Split a query; raises SqlError at the first character that begins no token."""
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise SqlError(f"Syntax error, invalid token near '{text[position : position + 10]}'.")
        if match.lastgroup != "space":
            tokens.append(_token(str(match.lastgroup), match.group()))
        position = match.end()
    return [*tokens, Token("end", "", "")]


def _token(kind: str, spelling: str) -> Token:
    match kind:
        case "name" if spelling.upper() in KEYWORDS:
            return Token("keyword", spelling.upper(), spelling)
        case "string":
            return Token(kind, _ESCAPE.sub(_unescape, spelling[1:-1]), spelling)
        case _:
            return Token(kind, spelling, spelling)


def _unescape(match: re.Match[str]) -> str:
    code, character = match.groups()
    return chr(int(code, 16)) if code else _CONTROLS.get(character, character)
