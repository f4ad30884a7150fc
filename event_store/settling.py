"""Work done side by side, all of it to its end."""

import asyncio
from collections.abc import Awaitable, Iterable


async def settle(failed: str, work: Iterable[Awaitable[None]]) -> None:
    """Waits for all work, whatever becomes of some of it.

    Raises a BaseExceptionGroup named `failed` of all that was raised; work that was cancelled from
    within counts, it did not do what it should.
    """
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    if failures := [outcome for outcome in outcomes if outcome is not None]:
        raise BaseExceptionGroup(failed, failures)
