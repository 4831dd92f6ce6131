"""Stops a console of another process between two of its transactions, with no help of its own."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic

from core.unlocks import Stage
from store.folding.flights import decode

_LONGEST_S = 20.0


def between(file: Path, act: str, wanted: Stage, strike: Callable[[], None]) -> bool:
    """Strike while an act stands at a stage in the log and nothing can be written; False: it went on before.

    Whoever commits is seen at once, and the write lock is then ours as often as not.
    """
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as look:
        seen, deadline = -1, monotonic() + _LONGEST_S
        while monotonic() < deadline:
            (version,) = look.execute("PRAGMA data_version").fetchone()
            if version == seen:
                continue
            seen = version
            with suppress(sqlite3.OperationalError):
                look.execute("BEGIN IMMEDIATE")
                stage = _stage(look, act)
                if stage is wanted:
                    strike()
                look.execute("ROLLBACK")
                if stage is not None:
                    return stage is wanted
    raise AssertionError(f"act {act} did not come to {wanted} within {_LONGEST_S} s")


def _stage(look: sqlite3.Connection, act: str) -> Stage | None:
    row = look.execute("SELECT state FROM flight WHERE act = ?", (act,)).fetchone()
    return None if row is None else decode(row[0]).stage
