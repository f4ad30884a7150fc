"""Log records as the running application makes them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from telemetry.correlation import label_logs


@contextmanager
def labels() -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    label_logs()
    try:
        yield
    finally:
        logging.setLogRecordFactory(factory)
