"""One child process: started, watched, restarted with back-off, ended."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Thread
from typing import IO, Final, cast

from commands import backoff, logfile
from commands.parent import SUPERVISOR
from core.errors import StoreError

logger: Final = logging.getLogger(__name__)
_LAST_WORDS_S: Final = 0.2
ROOT: Final = Path(__file__).parent.parent


class Stage(StrEnum):
    """Where a child is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    OK = "ok"
    DOWN = "down"


def always(_pid: int) -> bool:
    """Count a child as ready as soon as it runs."""
    return True


def never() -> bool:
    """Leave a running child as it is."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run as a child; `ready(pid)` is asked until True, `after` names who must be ready before.

    `refresh()` is asked now and then whether the running child must read its configuration again (SIGHUP).
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[int], bool] = always
    refresh: Callable[[], bool] = never
    after: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A program's process and what became of those before it; used by the supervisor's thread alone."""

    def __init__(self, program: Program, logs: Path, tell: Callable[["Child"], None]) -> None:
        """Keep the program; `tell` is called at each change of the stage."""
        self.program = program
        self.stage = Stage.WAITING
        self.restarts = 0
        self.last_words = ""
        self.cause = ""
        self._tell = tell
        self._log = logs / f"{program.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._drain: Thread | None = None
        self._started = 0.0
        self._delay: float | None = None
        self._due = 0.0
        self._asked_in_vain = False

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        return self._process.pid if self._process else None

    @property
    def seconds_to_restart(self) -> float:
        """How long until the next try, when it is down."""
        return max(0.0, self._due - time.monotonic())

    def step(self, *, may_start: bool) -> None:
        """Move on by what is true now: ended, ready, due for a start."""
        if self._process is not None and self._process.poll() is not None:
            self._ended(_cause(self._process.returncode))
        elif self._process is None and may_start and time.monotonic() >= self._due:
            self._start()
        elif self.stage is Stage.STARTING and self._process and self._ready(self._process.pid):
            self._enter(Stage.OK)

    def _ready(self, pid: int) -> bool:
        try:
            return self.program.ready(pid)
        except (StoreError, OSError) as error:
            # Busy while everything starts, it may answer in a moment; said once a start.
            if not self._asked_in_vain:
                logger.warning("event=readiness_unknown child=%s error=%s", self.name, error)
            self._asked_in_vain = True
            return False

    def refresh(self) -> None:
        """Have a running process read its configuration again, if that has changed."""
        if self.stage is Stage.OK and self.program.refresh():
            self._send(signal.SIGHUP)

    def terminate(self) -> None:
        """Ask the process to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and its group at once."""
        self._send(signal.SIGKILL)

    def gone(self) -> bool:
        """Tell whether there is no process (any more)."""
        return self._process is None or self._process.poll() is not None

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _start(self) -> None:
        self._started = time.monotonic()
        self._asked_in_vain = False
        try:
            self._process = self._popen()
        except OSError as error:
            # No memory or no process to be had now is no reason to give up on all the others.
            logger.exception("event=not_started child=%s", self.name)
            self._ended(f"not started: {error.strerror}")
            return
        self._drain = logfile.drain(cast("IO[bytes]", self._process.stdout), self._log, self._note)
        self._enter(Stage.STARTING)

    def _popen(self) -> subprocess.Popen[bytes]:
        # A group of its own: Ctrl-C at the terminal is the supervisor's to pass on, in order.
        return subprocess.Popen(  # noqa: S603 - our own command lines, no shell
            self.program.command,
            cwd=ROOT,
            env={**os.environ, **self.program.environment, SUPERVISOR: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def _note(self, line: str) -> None:
        self.last_words = line

    def _ended(self, cause: str) -> None:
        if self._drain is not None:
            # Its last line says why; a grandchild may hold the pipe open for longer than we can wait.
            self._drain.join(_LAST_WORDS_S)
        self._delay = backoff.next_delay(self._delay, time.monotonic() - self._started)
        self._due = time.monotonic() + self._delay
        self._process = None
        self.restarts += 1
        self.cause = cause
        self._enter(Stage.DOWN)

    def _enter(self, stage: Stage) -> None:
        self.stage = stage
        self._tell(self)


def _cause(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
