"""What `run` and `demo` say on the terminal: short lines, one a change."""

import contextlib
import sys
from typing import Final

from commands.process import Child, Stage

_WIDTH: Final = 10


class Console:
    """Prints at once, also into a pipe."""

    def say(self, line: str) -> None:
        """Print one line of the supervisor's own."""
        _print(f"gatehouse  {line}")

    def block(self, text: str) -> None:
        """Print a table apart from the lines."""
        _print(f"\n{text}\n")

    def child(self, child: Child) -> None:
        """Print how a child is now."""
        _print(f"{child.name:<{_WIDTH}} {_words(child)}")


def _print(line: str) -> None:
    # A terminal that was closed is no reason to let the doors' console go down.
    with contextlib.suppress(OSError):
        print(line, file=sys.stdout, flush=True)


def _words(child: Child) -> str:
    match child.stage:
        case Stage.DOWN:
            said = f', its last line: "{child.last_words}"' if child.last_words else ""
            return f"down: {child.cause}, again in {child.seconds_to_restart:.1f} s{said}"
        case Stage.STARTING:
            return f"starting (process {child.pid})"
        case Stage.OK:
            return f"ok (process {child.pid})"
        case Stage.WAITING:
            return "waiting"
