"""A clock that a test sets: seconds, or a moment in UTC."""

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)


class FakeClock:
    """Begins at a thousand seconds."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.seconds)
