"""Runs a module for as long as its parent lives: `python -m local.lifeline MODULE [arguments]`.

The parent holds the other end of standard input. However it ends, kill -9 included, that end closes,
and the child is gone at once: no orphan keeps a port or a data folder.
"""

import os
import runpy
import sys
import threading


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
