"""Spans: one trace from a request through the change feed and the hub to every projection.

What holds it together is the W3C trace context in the metadata of events. Nothing personal becomes an
attribute, and no exception's text does: it may hold what it failed on. Until somebody listens, no span is
made and trace contexts pass through as they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    TracerProvider,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry import SCOPE

type Attributes = Mapping[str, str | int]

_NOTHING: Final = nullcontext(INVALID_SPAN)
_W3C: Final = TraceContextTextMapPropagator()
_tracer: Tracer | None = None


def listen(provider: TracerProvider | None) -> None:
    """Gives all spans from now on to a provider; None: to nobody."""
    global _tracer
    _tracer = provider.get_tracer(SCOPE) if provider else None


def invocation(
    name: str, trigger: str, traceparent: str | None = None, attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """The span of a function's run, below the host's own span where it handed one over, else below the
    caller's. `trigger` is one of "http", "timer", "datasource" and "pubsub" (semantic conventions for FaaS).

    The host has told of the request already where it has a span: a second one of kind SERVER would be
    counted as a second request.
    """
    if _tracer is None:
        return _NOTHING
    host = trace.get_current_span().get_span_context()
    return _span(
        name,
        SpanKind.INTERNAL if host.is_valid else SpanKind.SERVER,
        {"faas.trigger": trigger, **(attributes or {})},
        parent=None if host.is_valid else _context(traceparent),
    )


def span(
    name: str, attributes: Attributes, kind: SpanKind = SpanKind.INTERNAL
) -> AbstractContextManager[Span]:
    """A part of what is under way."""
    return _NOTHING if _tracer is None else _span(name, kind, attributes)


def traceparent(given: str | None) -> str | None:
    """The trace context of what is under way, as text; what was given, where nobody listens."""
    if _tracer is None:
        return given
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def handling(
    name: str,
    kind: SpanKind,
    attributes: Attributes,
    events: Iterable[tuple[str | None, Attributes]],
) -> Iterator[None]:
    """A batch under way: a span for each event that has a trace, in that trace, linked with the span that
    is current. `events` are trace contexts, each with what tells about its event.
    """
    if _tracer is None:
        yield
        return
    batch = trace.get_current_span()
    with ExitStack() as spans:
        for parent, of_event in events:
            context = _context(parent)
            origin = trace.get_current_span(context).get_span_context()
            if not origin.is_valid:
                continue
            one = _tracer.start_span(
                name, context, kind, {**attributes, **of_event}, [Link(batch.get_span_context())]
            )
            spans.push(_ended(one))
            batch.add_link(origin)
        yield


def failed(span: Span, error: BaseException | str) -> None:
    """Marks a span by the kind of what went wrong."""
    span.set_status(StatusCode.ERROR)
    kind = error if isinstance(error, str) else type(error).__qualname__
    span.set_attribute("error.type", kind)


@contextmanager
def _span(
    name: str, kind: SpanKind, attributes: Attributes, parent: Context | None = None
) -> Iterator[Span]:
    assert _tracer is not None
    with _tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            failed(current, error)
            raise


def _ended(span: Span) -> Any:
    """Ends a span when the context does."""

    def end(kind: Any, error: BaseException | None, traceback: Any) -> None:
        if error is not None:
            failed(span, error)
        span.end()

    return end


def _context(traceparent: str | None) -> Context:
    """The context of a trace elsewhere; an empty one, in which a new trace begins, where there is none."""
    carrier = {"traceparent": traceparent} if traceparent else {}
    return _W3C.extract(carrier, Context())
