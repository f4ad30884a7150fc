"""After a deployment: whether the app answers, and plainly what it means when it does not.

The host starts without a word when `function_app.py` cannot be imported: it has no functions then, and
answers 404 to everything.
"""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from infra.hooks.tools import HookError, is_private, needed

ATTEMPTS: Final = 30
PAUSE: Final = 10.0
"""Seconds between attempts; a new version takes a while to be there."""

type Ask = Callable[[str], "Answer"]


@dataclass(frozen=True)
class Answer:
    """A status, or none and why nobody answered; and the body."""

    status: int | None
    text: str


def main() -> int:
    try:
        url = f"{needed('APP_URL')}/api/health"
        if is_private():
            print(f"The app is in a private network: ask {url} from a machine within it.")
            return 0
        print(verdict(wait(url, ask, time.sleep)))
    except HookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def wait(url: str, ask: Ask, sleep: Callable[[float], None]) -> Answer:
    """The first answer of a healthy app, or the last of one that does not become so."""
    for _ in range(ATTEMPTS - 1):
        answer = ask(url)
        if answer.status == 200:
            return answer
        sleep(PAUSE)
    return ask(url)


def ask(url: str) -> Answer:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return Answer(response.status, response.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace"))
    except OSError as error:
        return Answer(None, str(error))


def verdict(answer: Answer) -> str:
    """What to tell who deployed. Raises HookError where the app is not up."""
    match answer.status:
        case 200:
            return f"The app is up: {answer.text}"
        case 404:
            raise HookError(
                "The app came up WITHOUT FUNCTIONS: everything answers 404. function_app.py could not be "
                "imported, so a setting or a requirement is wrong. The log has the traceback: "
                "'az webapp log tail', or exceptions in Application Insights."
            )
        case 503:
            raise HookError(f"The app is up, but something that it needs is not: {answer.text}")
        case None:
            raise HookError(f"The app does not answer: {answer.text}")
        case status:
            raise HookError(f"The app answers {status} to its health check: {answer.text}")


if __name__ == "__main__":
    sys.exit(main())
