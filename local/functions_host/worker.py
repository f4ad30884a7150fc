"""Microsoft's Python worker library, `azure-functions-runtime`, driven without gRPC.

The library keeps the app in module globals: one app a process at a time. `Worker.close` undoes
what a start did, so that one process can run apps one after another (tests do): the modules of
the app that the start imported are forgotten; those that were imported before stay as they are.
"""

import contextlib
import importlib
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
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

ENTRY_MODULE = "function_app"
ENTRY_FILE = f"{ENTRY_MODULE}.py"

__all__ = ["Datum", "Worker"]


class Worker:
    """The worker of this process, with one app loaded."""

    _loaded: "Worker | None" = None

    def __init__(self, app: Path, settings: Mapping[str, str]) -> None:
        self.functions: tuple[Function, ...] = ()
        self._app = app
        self._settings = settings
        self._undo = contextlib.ExitStack()

    async def open(self) -> Self:
        """Import the app and index it. Raises AppError with the traceback when that fails."""
        if Worker._loaded is not None:
            raise AppError("a function app is loaded in this process already: close its host first")
        if not (self._app / ENTRY_FILE).is_file():
            raise AppError(f"{self._app}: no {ENTRY_FILE} in it")
        Worker._loaded = self
        try:
            self.functions = await self._load()
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
        self._undo.close()

    async def _load(self) -> tuple[Function, ...]:
        for surroundings in (_environment(self._settings), _folder(self._app), _quiet_log()):
            self._undo.enter_context(surroundings)
        before = set(sys.modules)
        try:
            return await self._index()
        finally:
            self._undo.callback(_forget, self._app, set(sys.modules) - before)

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


@contextlib.contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _folder(app: Path) -> Iterator[None]:
    """The app's folder is the working one, and the first on the import path."""
    path = list(sys.path)
    with contextlib.chdir(app):
        sys.path.insert(0, str(app))
        sys.modules.pop(ENTRY_MODULE, None)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path[:] = path


@contextlib.contextmanager
def _quiet_log() -> Iterator[None]:
    log = logging.getLogger("azure.functions")
    log.addFilter(_is_not_a_failed_invocation)
    try:
        yield
    finally:
        log.removeFilter(_is_not_a_failed_invocation)


def _forget(app: Path, imported: set[str]) -> None:
    for name in imported & set(sys.modules):
        if _is_under(app, sys.modules[name]):
            del sys.modules[name]


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
