"""What stops a start of the Functions host: one root, a class for each kind of fault.

HostStartError
├── AppError           the app does not import, or its functions do not index
├── DataFolderInUse    another host has the data folder open
├── HostJsonError      host.json can't be read
├── PortTaken
├── RouteError         what the real host drops, or goes down for, without a word
├── SettingsError      local.settings.json can't be read
└── TriggerError       a binding that no trigger can run with
"""


class HostStartError(Exception):
    """The host can't start; the message says what is wrong, where, and what is expected."""


class AppError(HostStartError):
    """The app does not import or index. The real host runs on with no function at all."""


class DataFolderInUse(HostStartError):
    """Leases and checkpoints have one owner: a second host may not open the folder."""


class HostJsonError(HostStartError):
    """host.json is not JSON, or a value in it is of the wrong kind."""


class PortTaken(HostStartError):
    """Another process listens on the port."""


class RouteError(HostStartError):
    """A route that the real host drops, or that takes the real host down."""


class SettingsError(HostStartError):
    """local.settings.json is not JSON, or values in it are not strings."""


class TriggerError(HostStartError):
    """A trigger's arguments are wrong; the real host leaves its listener stopped."""


class MissingSetting(Exception):
    """A setting that one function needs is not there: that function alone is disabled."""
