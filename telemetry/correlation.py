"""The correlation id of what is under way, and log records that say it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from opentelemetry import trace

_correlation_id: Final[ContextVar[str | None]] = ContextVar("correlation_id", default=None)
LABELS: Final = ("correlation_id", "trace_id")


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """What is logged within, also by tasks that begin there, carries the id; None leaves it as it is."""
    token = _correlation_id.set(correlation_id or _correlation_id.get())
    try:
        yield
    finally:
        _correlation_id.reset(token)


class LabelledRecord(logging.LogRecord):
    """A log record with `correlation_id` and `trace_id`, where there are any: as attributes for exporters,
    and as `name=value` behind its message for everybody else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if correlation_id := _correlation_id.get():
            self.correlation_id = correlation_id
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            self.trace_id = trace.format_trace_id(context.trace_id)

    def getMessage(self) -> str:  # noqa: N802  # logging's own
        labels = ((name, getattr(self, name, None)) for name in LABELS)
        said = (f" {name}={value}" for name, value in labels if value)
        return super().getMessage() + "".join(said)


def label_logs() -> None:
    """Labels every record of this process from now on."""
    logging.setLogRecordFactory(LabelledRecord)
