"""Work done side by side, all of it to its end."""

import asyncio
from collections.abc import Awaitable, Iterable


class Interrupted(Exception):
    """Work that was cancelled from within: it did not do what it should."""


async def settle(failed: str, work: Iterable[Awaitable[None]]) -> None:
    """Waits for all work, whatever becomes of some of it.

    Raises an ExceptionGroup named `failed` of all that was raised. What the Functions worker would not
    catch is in it as Interrupted: an invocation must end as failed, not vanish.
    """
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    failures = [outcome for outcome in outcomes if outcome is not None]
    if failures:
        raise ExceptionGroup(failed, [_exception(failure) for failure in failures])


def _exception(failure: BaseException) -> Exception:
    return failure if isinstance(failure, Exception) else Interrupted(repr(failure))
