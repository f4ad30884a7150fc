"""A service that does not answer: said when it begins, now and then, and when it is over."""

import logging
import time

logger = logging.getLogger("functions_host")

REMINDER_SECONDS = 30


class Trouble:
    """Log lines of one pump: the first failure, another kind of it, a reminder, the recovery."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._kind: str | None = None
        self._reported = 0.0

    def report(self, error: Exception) -> None:
        """Say what failed, unless it was said just before."""
        kind = type(error).__name__
        now = time.monotonic()
        if kind != self._kind or now - self._reported > REMINDER_SECONDS:
            self._kind, self._reported = kind, now
            logger.warning("%s: %s: %s; trying again", self._what, kind, _first_line(error))

    def over(self) -> None:
        """Say that it works again, if it did not."""
        if self._kind is not None:
            self._kind = None
            logger.info("%s: works again", self._what)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]
