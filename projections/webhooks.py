"""Messages posted to webhooks: signed, and tried again as long as that may help."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from projections.projection import Message, Undeliverable
from projections.signature import signed_headers

if TYPE_CHECKING:
    from aiohttp import ClientSession

ATTEMPT_SECONDS: Final = 10.0
"""How long a webhook may take to answer."""
PATIENCE: Final = 20.0
"""Seconds within which the attempts at one message are made."""
FIRST_PAUSE: Final = 0.5
"""Seconds between the first two attempts, at the least; each later pause is twice as long."""
REST: Final = 60.0
"""Seconds for which a webhook is left alone that failed to the end: in its outage the messages of a batch
fail at once, and the function ends in time."""
LONGEST_REST: Final = 3600.0

PASSING: Final = frozenset({408, 425, 429})
"""Answers below 500 that pass with time."""

logger = logging.getLogger(__name__)


class Failure(msgspec.Struct, frozen=True):
    """Why an attempt failed, whether that passes, and in how many seconds at the earliest."""

    why: str
    passes: bool = True
    retry_after: float = 0.0


class Webhooks:
    """Posts messages to every webhook; a message is delivered when all have taken it.

    The addresses are the operator's own, from the settings, and redirects are not followed: no caller and
    no event chooses what the application calls. `session` gives the one HTTP client; `clock` gives
    seconds since the epoch, `jitter` 0 to 1.
    """

    def __init__(
        self,
        urls: Sequence[str],
        secrets: Sequence[bytes],
        session: "Callable[[], ClientSession]",
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._secrets = secrets
        self._session = session
        self._clock = clock
        self._pause = pause
        self._jitter = jitter
        self._resting = dict.fromkeys(urls, 0.0)

    async def post(self, message: Message) -> None:
        """Raises Undeliverable when a webhook did not take it; those that did get it again next time."""
        urls = list(self._resting)
        failures = await asyncio.gather(*(self._deliver(url, message) for url in urls))
        failed = [
            f"{urlsplit(url).hostname} ({failure.why})"
            for url, failure in zip(urls, failures, strict=True)
            if failure
        ]
        if failed:
            logger.warning("Message %s was not taken by %s", message.id, ", ".join(failed))
            raise Undeliverable(f"message {message.id} was not taken by {', '.join(failed)}")

    async def _deliver(self, url: str, message: Message) -> Failure | None:
        """Tries one webhook until it takes the message or nothing more is to be hoped for."""
        if self._clock() < self._resting[url]:
            return Failure("failed a moment ago")
        deadline = self._clock() + PATIENCE
        pause = FIRST_PAUSE
        while True:
            seconds = min(ATTEMPT_SECONDS, deadline - self._clock())
            failure = await self._attempt(url, message, seconds)
            if failure is None or not failure.passes:
                return failure
            wait = max(failure.retry_after, pause * (1 + self._jitter()))
            if self._clock() + wait >= deadline:
                self._rest(url, failure.retry_after)
                return failure
            await self._pause(wait)
            pause *= 2

    def _rest(self, url: str, seconds: float) -> None:
        self._resting[url] = self._clock() + min(max(REST, seconds), LONGEST_REST)

    async def _attempt(self, url: str, message: Message, seconds: float) -> Failure | None:
        from aiohttp import ClientError, ClientTimeout

        try:
            async with self._session().post(
                url,
                data=message.body,
                headers=signed_headers(message, self._secrets, self._clock()),
                timeout=ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                if 200 <= response.status < 300:
                    return None
                passes = response.status >= 500 or response.status in PASSING
                wait = retry_after(response.headers.get("retry-after", ""), self._clock())
                return Failure(f"status {response.status}", passes, wait)
        except (ClientError, TimeoutError, OSError) as error:
            return Failure(type(error).__name__)


def retry_after(text: str, now: float) -> float:
    """The seconds that an answer asks to wait (RFC 9110, 10.2.3); 0 where it asks for nothing readable."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return 0.0
