"""Starts the processes of one machine, keeps them alive, shows how they are and ends them in order."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from commands.console import Console
from commands.process import Child, Program, Stage
from commands.signals import STOPS, Signals
from core.errors import StoreError
from store.clock import now_us
from store.database import Database
from store.disk import PART
from store.touch import Part, PartState, forget_part, parts, report_part

logger: Final = logging.getLogger(__name__)
END_WITHIN_S: Final = 4.0
# A second Ctrl-C means "at once"; one that comes with the first is the same key, sent to the whole group.
HURRY_AFTER_S: Final = 1.0
CHORES_EVERY_S: Final = 3.0
_BUSY_S: Final = 0.05
_QUIET_S: Final = 0.5
_STATES: Final = {
    Stage.WAITING: PartState.STARTING,
    Stage.STARTING: PartState.STARTING,
    Stage.OK: PartState.OK,
    Stage.DOWN: PartState.DOWN,
}


class Supervisor:
    """Owns the children; every method runs in the main thread."""

    def __init__(self, programs: Sequence[Program], logs: Path, db: Database, console: Console) -> None:
        """Take the programs in the order of their start; nothing runs yet."""
        logs.mkdir(mode=0o700, exist_ok=True)
        self._children = [Child(program, logs, self._changed) for program in programs]
        self._db = db
        self._console = console
        self._next_chores = 0.0

    def run(self, served_by: str, when_served: Callable[[], None]) -> None:
        """Start everything, call `when_served` once `served_by` is up, stay until told to stop."""
        with Signals() as signals:
            try:
                self._watch(signals, served_by, when_served)
            finally:
                self._end(signals)

    def _watch(self, signals: Signals, served_by: str, when_served: Callable[[], None]) -> None:
        told = False
        while True:
            for child in self._children:
                with _enduring("step_not_done"):
                    child.step(may_start=self._may_start(child))
            if not told and self._stage(served_by) is Stage.OK:
                with _enduring("not_told"):
                    when_served()
                    told = True
            self._chores_when_due()
            if signals.wait(self._patience()) & STOPS:
                return

    def _stage(self, name: str) -> Stage:
        return next(child.stage for child in self._children if child.name == name)

    def _may_start(self, child: Child) -> bool:
        # A restart does not wait for the others: its process copes with their absence as it did before.
        return child.restarts > 0 or all(self._stage(name) is Stage.OK for name in child.program.after)

    def _patience(self) -> float:
        settled = all(child.stage is Stage.OK for child in self._children)
        return _QUIET_S if settled else _BUSY_S

    # --- Showing --------------------------------------------------------------------------------------

    def _changed(self, child: Child) -> None:
        self._console.child(child)
        self._next_chores = 0.0

    def _chores_when_due(self) -> None:
        if time.monotonic() < self._next_chores:
            return
        self._next_chores = time.monotonic() + CHORES_EVERY_S
        with _enduring("parts_not_reported"):
            self._report()
        for child in self._children:
            with _enduring("not_refreshed"):
                child.refresh()

    def _report(self) -> None:
        now = now_us()
        speaking = {part.name: part for part in parts(self._db)}
        for child in self._children:
            if not _speaks_itself(child, speaking.get(child.name)):
                report_part(self._db, _part(child, now))
        report_part(self._db, self._own_part(now))

    def _own_part(self, now: int) -> Part:
        down = [child.name for child in self._children if child.stage is not Stage.OK]
        state = PartState.DEGRADED if down else PartState.OK
        restarts = {f"restarts.{child.name}": child.restarts for child in self._children}
        return Part(name="supervisor", state=state, at=now, pid=os.getpid(), info={**restarts})

    def _forget(self) -> None:
        with _enduring("parts_not_forgotten"):
            for name in (*(child.name for child in self._children), "supervisor", PART):
                forget_part(self._db, name)

    # --- Ending ---------------------------------------------------------------------------------------

    def _end(self, signals: Signals) -> None:
        self._console.say("stopping")
        began = time.monotonic()
        asked: set[str] = set()
        while not all(child.gone() for child in self._children):
            self._ask_next(asked)
            again = bool(signals.wait(_BUSY_S) & STOPS)
            lasted = time.monotonic() - began
            if lasted >= END_WITHIN_S or (again and lasted >= HURRY_AFTER_S):
                self._kill_rest()
        self._forget()
        self._console.say("stopped")

    def _ask_next(self, asked: set[str]) -> None:
        """Ask those that nobody alive stands on: the simulator and the web first, the broker last."""
        alive = [child for child in self._children if not child.gone()]
        needed = {name for child in alive for name in child.program.after}
        for child in alive:
            if child.name not in needed | asked:
                asked.add(child.name)
                child.terminate()

    def _kill_rest(self) -> None:
        for child in self._children:
            if not child.gone():
                self._console.say(f"{child.name} did not end in time and is killed")
                child.kill()


@contextmanager
def _enduring(event: str) -> Iterator[None]:
    """Go on without what a store or a disk that is full or locked did not let us do.

    It shows by the parts' age; the processes need us all the same.
    """
    try:
        yield
    except (StoreError, OSError):
        logger.exception("event=%s", event)


def _speaks_itself(child: Child, last: Part | None) -> bool:
    """Tell whether the living process reports its own part, which knows more than we do."""
    return child.stage is Stage.OK and last is not None and last.pid == child.pid and "by" not in last.info


def _part(child: Child, now: int) -> Part:
    info: dict[str, str | int] = {"by": "supervisor", "restarts": child.restarts}
    if child.stage is Stage.DOWN:
        info["cause"] = child.cause
    return Part(name=child.name, state=_STATES[child.stage], at=now, pid=child.pid, info=info)
