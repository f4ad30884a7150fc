"""Stand-ins for `az`, `azd` and `sqlcmd`: they note what they are asked, and answer what a test has prepared."""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec

PROGRAM: Final = """#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
asked = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with (here / "asked").open("a") as log:
    log.write(json.dumps(asked) + "\\n")
line = " ".join(asked)
if "--file" in asked:
    file = pathlib.Path(asked[asked.index("--file") + 1])
    handed = [oct(file.stat().st_mode & 0o777), file.read_text(), str(file)]
    (here / "handed").write_text(json.dumps(handed))
answers = json.loads((here / "answers").read_text())
found = [answer for beginning, answer in answers.items() if line.startswith(beginning)]
answer = found[-1] if found else {{}}
if isinstance(answer, list):
    answer, *rest = answer
    answers[[beginning for beginning in answers if line.startswith(beginning)][-1]] = rest or [answer]
    (here / "answers").write_text(json.dumps(answers))
print(answer.get("says", ""))
print(answer.get("complains", ""), file=sys.stderr)
sys.exit(answer.get("code", 0))
"""


class Programs:
    """The folder of the stand-ins, to be put on the path."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bin"
        self.path.mkdir()
        self._folder = folder
        self.answer({})
        for name in ("az", "azd", "sqlcmd"):
            program = self.path / name
            program.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
            program.chmod(0o755)

    def answer(self, answers: dict[str, Any]) -> None:
        """By the beginning of a command line: what is said, or a list of it for one call after another."""
        (self._folder / "answers").write_bytes(msgspec.json.encode(answers))

    def handed(self) -> tuple[str, str, str]:
        """The last file that a program was handed: its mode, what was in it, and where it was."""
        content = (self._folder / "handed").read_bytes()
        return msgspec.json.decode(content, type=tuple[str, str, str])

    def asked(self, beginning: str = "") -> list[str]:
        """The command lines that began like this, in order."""
        log = self._folder / "asked"
        lines = log.read_bytes().splitlines() if log.exists() else []
        calls = [" ".join(msgspec.json.decode(line, type=list[str])) for line in lines]
        return [call for call in calls if call.startswith(beginning)]


def says(value: Any) -> dict[str, Any]:
    """An answer in JSON."""
    return {"says": msgspec.json.encode(value).decode()}
