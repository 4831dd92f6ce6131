"""Keeps a builder of exports running while there is something to build, and gives up files in time."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from core.exports import State
from core.times import SECOND_US
from operations.exports.keeping import fail_lost, tidy
from operations.exports.passwords import passwords
from store.database import Database
from store.exports import in_state, waiting

_PROGRAM: Final = Path(__file__).parent.parent / "gatehouse.py"
_VERB: Final = "build-exports"
# By which a process of ours ends with the one that started it (commands/parent.py).
_SUPERVISOR: Final = "GATEHOUSE_SUPERVISOR"
# After a builder that has failed as a whole.
_AGAIN_US: Final = 5 * SECOND_US


class ExportBuilder:
    """One thread's own: its `round` is a chore."""

    def __init__(self, db: Database) -> None:
        """Build for this store."""
        self._db = db
        self._child: subprocess.Popen[bytes] | None = None
        self._due = 0

    def round(self, now: int) -> None:
        """Start the builder where there is work and none runs, and tidy up."""
        if self._child is not None and self._child.poll() is not None:
            self._due = now + (_AGAIN_US if self._child.returncode else 0)
            self._child = None
        tidy(self._db, now)
        fail_lost(self._db, passwords, now)
        if self._child is None and now >= self._due and waiting(self._db):
            self._child = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a builder, and tell it the passwords of what waits: by a pipe, which nobody else can read."""
        told = {"GATEHOUSE_DATA": str(self._db.file.parent), _SUPERVISOR: str(os.getpid())}
        known = passwords.of([one.id for one in in_state(self._db, State.QUEUED)])
        child = subprocess.Popen(  # noqa: S603 - our own program, no shell
            (sys.executable, str(_PROGRAM), _VERB),
            cwd=_PROGRAM.parent,
            env={**os.environ, **told},
            stdin=subprocess.PIPE,
        )
        if child.stdin is not None:
            # A builder that ended before it has read them is started again.
            with suppress(BrokenPipeError), child.stdin:
                child.stdin.write(msgspec.json.encode(known))
        return child
