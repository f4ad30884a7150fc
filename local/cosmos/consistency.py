"""How consistent a read must be: the account's level, what a request relaxes it to, its session."""

import re
from dataclasses import dataclass
from typing import Final

from local.cosmos.account import CONSISTENCY_LEVELS, stronger
from local.cosmos.errors import bad_request
from local.cosmos.wire import SESSION, Request

_TOKEN_LSN: Final = re.compile(r"#(\d+)")
_TWO_REPLICAS: Final = ("BoundedStaleness", "Strong")


@dataclass(frozen=True)
class ReadConsistency:
    """The level that holds for one request, and the last transaction that its session has seen."""

    level: str
    seen: int

    @property
    def factor(self) -> float:
        """What a read costs, in multiples: two replicas answer the strong levels."""
        return 2.0 if self.level in _TWO_REPLICAS else 1.0

    @property
    def may_be_stale(self) -> bool:
        return self.level not in _TWO_REPLICAS


def read_consistency(request: Request, default: str) -> ReadConsistency:
    """The consistency of a request; raises 400 when it asks for more than the account gives."""
    level = request.headers.get("x-ms-consistency-level") or default
    if level not in CONSISTENCY_LEVELS or stronger(level, default):
        raise bad_request(
            f"ConsistencyLevel {level} specified in the request is invalid when service is "
            f"configured with consistency level {default}."
        )
    numbers = _TOKEN_LSN.findall(request.headers.get(SESSION, ""))
    return ReadConsistency(level, max(map(int, numbers), default=0))


def session_token(lsn: int) -> str:
    """The token of the one partition range: `0:-1#<transaction>`."""
    return f"0:-1#{lsn}"
