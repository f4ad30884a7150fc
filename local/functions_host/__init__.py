"""The local Functions host: runs a Python function app as the real host was seen to run it."""

from local.functions_host.errors import HostStartError
from local.functions_host.host import FunctionsHost

__all__ = ["FunctionsHost", "HostStartError"]
