"""Microsoft's Python worker library, `azure-functions-runtime`, driven without gRPC.

The library keeps the app in module globals: one app a process at a time. `Worker.close` undoes
what a start did, so that one process can run apps one after another (tests do).
"""

import importlib
import json
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import azure_functions_runtime as runtime
from azure_functions_runtime import handle_event
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.native_invocation import invocation_request_native

from local.functions_host.errors import AppError
from local.functions_host.functions import Function
from local.functions_host.protos import PROTOS
from local.functions_host.retry import ExponentialBackoff, FixedDelay, RetryPolicy

ENTRY_FILE = "function_app.py"

__all__ = ["Datum", "Worker"]


class Worker:
    """The worker of this process, with one app loaded."""

    _loaded: "Worker | None" = None

    def __init__(self, app: Path, settings: Mapping[str, str]) -> None:
        self.functions: tuple[Function, ...] = ()
        self._app = app
        self._settings = settings
        self._surroundings = _Surroundings()

    async def open(self) -> Self:
        """Import the app and index it. Raises AppError with the traceback when that fails."""
        if Worker._loaded is not None:
            raise AppError("a function app is loaded in this process already: close its host first")
        if not (self._app / ENTRY_FILE).is_file():
            raise AppError(f"{self._app}: no {ENTRY_FILE} in it")
        Worker._loaded = self
        try:
            self._surroundings.enter(self._app, self._settings)
            self.functions = await self._index()
        except BaseException:
            self.close()
            raise
        return self

    async def invoke(
        self,
        invocation_id: str,
        function: Function,
        datum: Datum,
        metadata: Mapping[str, Datum],
        retry_count: int = 0,
    ) -> tuple[bool, Datum | None, str | None]:
        """Call the function once: whether it returned, what it returned, its traceback if not.

        `asyncio.CancelledError` and `SystemExit` that a handler lets escape come through.
        """
        most = function.retry.max_retries if function.retry else 0
        ok, value, _outputs, _error, trace = await invocation_request_native(
            invocation_id,
            function.id,
            [(function.parameter, datum)],
            metadata,
            retry_count=retry_count,
            max_retry_count=-1 if most is None else most,
        )
        return ok, value, trace

    def close(self) -> None:
        """Unload the app: its modules, settings, folder and threads."""
        Worker._loaded = None
        runtime.stop_threadpool_executor()
        handle_event._functions._functions.clear()
        self._surroundings.leave()

    async def _index(self) -> tuple[Function, ...]:
        runtime.start_threadpool_executor()
        init = SimpleNamespace(capabilities={}, function_app_directory=str(self._app))
        response = await runtime.worker_init_request(
            SimpleNamespace(
                request=SimpleNamespace(worker_init_request=init),
                properties={"protos": PROTOS, "host": "127.0.0.1"},
            )
        )
        if response.result.status != PROTOS.StatusResult.Success:
            error = response.result.exception
            raise AppError(f"{self._app / ENTRY_FILE}: {error.message}\n{error.stack_trace}")
        found = await runtime.functions_metadata_request(SimpleNamespace(request=None))
        return tuple(_function(one) for one in found.function_metadata_results or ())


class _Surroundings:
    """What a function app finds in its process: environment, folder, import path, modules."""

    def __init__(self) -> None:
        self._undo: tuple[dict[str, str], str, list[str], set[str], Path] | None = None

    def enter(self, app: Path, settings: Mapping[str, str]) -> None:
        modules = set(sys.modules) - {Path(ENTRY_FILE).stem}
        self._undo = (dict(os.environ), os.getcwd(), list(sys.path), modules, app)
        os.environ.update(settings)
        os.chdir(app)
        sys.path.insert(0, str(app))
        sys.modules.pop(Path(ENTRY_FILE).stem, None)
        importlib.invalidate_caches()
        logging.getLogger("azure.functions").addFilter(_is_not_a_failed_invocation)

    def leave(self) -> None:
        if self._undo is None:
            return
        environment, folder, path, modules, app = self._undo
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.path[:] = path
        for name in _modules_under(app, set(sys.modules) - modules):
            del sys.modules[name]
        logging.getLogger("azure.functions").removeFilter(_is_not_a_failed_invocation)
        self._undo = None


def _modules_under(app: Path, names: Iterable[str]) -> list[str]:
    return [name for name in names if _is_under(app, sys.modules[name])]


def _is_under(app: Path, module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    if file is None:
        return False
    return Path(file).is_relative_to(app) and "site-packages" not in file


def _is_not_a_failed_invocation(record: logging.LogRecord) -> bool:
    """The library logs a failure without the function's name; the host's own line has it."""
    return record.msg != "Native invocation failed"


def _function(metadata: Any) -> Function:
    bindings = tuple(json.loads(text) for text in metadata.raw_bindings)
    trigger = next(one for one in bindings if one["type"].lower().endswith("trigger"))
    return Function(
        metadata.name, metadata.function_id, trigger, bindings, _retry(metadata.retry_options)
    )


def _retry(options: Any) -> RetryPolicy | None:
    if options is None:
        return None
    most = None if options.max_retry_count == -1 else options.max_retry_count
    if options.retry_strategy == "fixed_delay":
        return FixedDelay(most, options.delay_interval.total_seconds())
    return ExponentialBackoff(
        most, options.minimum_interval.total_seconds(), options.maximum_interval.total_seconds()
    )
