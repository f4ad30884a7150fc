"""What the service refuses, with the status, sub-status and words that it uses."""

from typing import Final

_CODES: Final = {
    304: "NotModified",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    424: "FailedDependency",
    429: "TooManyRequests",
    500: "InternalServerError",
}

PARTITION_KEY_MISMATCH: Final = 1001
PARTITION_RANGE_GONE: Final = 1002
OWNER_NOT_FOUND: Final = 1003
CROSS_PARTITION_NOT_SERVABLE: Final = 1004
THROTTLED: Final = 3200


class FolderInUse(RuntimeError):
    """Another process has this folder's database open."""


class ServiceError(Exception):
    """An answer that is an error: an HTTP status, the service's sub-status and a message."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        substatus: int = 0,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.substatus = substatus
        self.headers = headers or {}

    @property
    def code(self) -> str:
        """The name that the service gives to the status."""
        return _CODES.get(self.status, str(self.status))


def bad_request(message: str, substatus: int = 0) -> ServiceError:
    return ServiceError(400, message, substatus=substatus)


def not_found() -> ServiceError:
    return ServiceError(404, "Entity with the specified id does not exist in the system.")


def owner_not_found() -> ServiceError:
    return ServiceError(404, "Owner resource does not exist", substatus=OWNER_NOT_FOUND)


def conflict(message: str) -> ServiceError:
    return ServiceError(409, message)


def already_exists() -> ServiceError:
    return conflict("Entity with the specified id already exists in the system.")


def precondition_failed() -> ServiceError:
    return ServiceError(
        412, "Operation cannot be performed because one of the specified precondition is not met"
    )


def too_large() -> ServiceError:
    return ServiceError(413, "Request size is too large")
