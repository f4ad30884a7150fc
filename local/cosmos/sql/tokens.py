"""A cursor over tokens, as the parsers use it."""

from local.cosmos.sql.errors import SqlError
from local.cosmos.sql.lexer import Token, tokenize


class Tokens:
    """Reads tokens one after another; every complaint names the token that it stopped at."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._next = 0

    @property
    def current(self) -> Token:
        return self._tokens[self._next]

    def since(self, start: int) -> list[Token]:
        """The tokens read since `position` was `start`."""
        return self._tokens[start : self._next]

    @property
    def position(self) -> int:
        return self._next

    def take(self) -> Token:
        token = self.current
        self._next += 1
        return token

    def at(self, kind: str, *texts: str) -> bool:
        return self.current.kind == kind and (not texts or self.current.text in texts)

    def follows(self, kind: str, text: str) -> bool:
        """Whether the token after the current one is this one."""
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        return following.kind == kind and following.text == text

    def accept(self, kind: str, *texts: str) -> Token | None:
        return self.take() if self.at(kind, *texts) else None

    def expect(self, kind: str, *texts: str) -> Token:
        if not self.at(kind, *texts):
            raise self.error()
        return self.take()

    def error(self) -> SqlError:
        near = self.current.text or "end of query"
        return SqlError(f"Syntax error, incorrect syntax near '{near}'.")
