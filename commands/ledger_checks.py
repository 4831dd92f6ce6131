"""Checks of the log: its end before the first seal, then all of it beside everything else, again each day."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any, Final

from auth.ledger_keys import FOLDER
from commands.parent import SUPERVISOR
from commands.process import ROOT
from core.errors import StoreError
from core.leaf import Draft, EventKey, Scalar
from core.records import Kind
from core.verifying import TITLES, Finding, What
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.log import append
from store.verifying import Asked, verify

AT_START: Final = 10_000
_FIRST_S: Final = 10.0
_DAY_S: Final = 24 * 3_600.0
_AGAIN_S: Final = 3_600.0
_END_S: Final = 2.0
_log = logging.getLogger("gatehouse.sealer")


class LedgerChecks:
    """What was checked of the log, and what of it is not as it was sealed; one a process."""

    def __init__(self, db: Database, settings: Settings) -> None:
        """Prepare; nothing is checked yet."""
        self._db, self._settings = db, settings
        self._over = Event()
        self._thread = Thread(target=self._run, name="log checks", daemon=True)
        self._child: subprocess.Popen[str] | None = None
        self._info: dict[str, str | int] = {}
        self._damage = ""
        self._begun = False

    @property
    def info(self) -> dict[str, str | int]:
        """Say how far it has come, and what is damaged, for the part `ledger`."""
        return {**self._info, **({"damage": self._damage} if self._damage else {})}

    def begin(self, ledger: Database) -> None:
        """Check the last records, once, then begin with all of them; damage of the past stops nothing."""
        if self._begun:
            return
        self._begun = True
        try:
            verdict = verify(self._db, ledger, self._settings.data / FOLDER, Asked(last=AT_START))
        except StoreError as error:
            self._damage = f"the newest records can't be read: {error}"
        else:
            self._info = {"checked": verdict.counts.records, "of": verdict.size}
            if verdict.size:
                self._judge(verdict.findings)
        self._thread.start()

    def stop(self) -> None:
        """End what runs."""
        self._over.set()
        if self._child is not None:
            self._child.terminate()
        if self._begun:
            self._thread.join(_END_S)

    def _run(self) -> None:
        pause = _FIRST_S
        while not self._over.wait(pause):
            pause = _DAY_S if self._check() else _AGAIN_S

    def _check(self) -> bool:
        """Check all of it in a process behind all others; False where that came to nothing."""
        command = (sys.executable, str(ROOT / "gatehouse.py"), "check-log")
        environment = os.environ | {SUPERVISOR: str(os.getpid()), "GATEHOUSE_DATA": str(self._settings.data)}
        try:
            with subprocess.Popen(  # noqa: S603 - our own program
                command, env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT
            ) as child:
                self._child = child
                found = self._follow(child)
        except (OSError, ValueError) as error:
            _log.warning("the log could not be checked error=%s", error)
            return False
        if found is None and not self._over.is_set():
            _log.warning("the check of the log ended before its time code=%s", child.returncode)
        return found is not None

    def _follow(self, child: "subprocess.Popen[str]") -> Sequence[Finding] | None:
        found: Sequence[Finding] | None = None
        for line in child.stdout or ():
            told: dict[str, Any] = json.loads(line)
            if "findings" in told:
                found = [Finding(**(one | {"what": What(one["what"])})) for one in told["findings"]]
                self._judge(found)
            else:
                self._info = {"checked": int(told["checked"]), "of": int(told["of"])}
        return found

    def _judge(self, findings: Sequence[Finding]) -> None:
        """Tell what is wrong first: by a record, once, and by the part for as long as it is so."""
        first = findings[0] if findings else None
        self._damage = "" if first is None else words_of(first)
        if first is None:
            return
        _log.error("the log is not what was sealed what=%s record=%s", first.what.value, first.record)
        try:
            append(self._db, [_record(first)])
        except StoreError as error:
            _log.warning("damage of the log could not be recorded error=%s", error)


def words_of(one: Finding) -> str:
    """Say in a line what is wrong with which record, and nothing of what stands in it."""
    if one.record is None:
        return one.words
    if one.until is not None and one.until != one.record:
        return f"one of the records {one.record} to {one.until} {TITLES[one.what]}, or more"
    return f"record {one.record} {TITLES[one.what]}"


def _record(one: Finding) -> Draft:
    known: dict[str, Scalar | None] = {"record": one.record, "index": one.index, "until": one.until}
    refs: dict[str, Scalar] = {"what": one.what.value}
    refs |= {name: value for name, value in known.items() if value is not None}
    once = EventKey(stream=f"ledger.damaged.{one.what.value}", number=max(one.record or 0, 0))
    return Draft(kind=Kind.LEDGER_DAMAGED, received=now_us(), refs=refs, event_key=once)
