"""`gatehouse.py verify --log`: whether the log is what was sealed, and what the first wrong record is."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from auth.ledger_keys import FOLDER
from core.errors import ProofWrong, StartRefused
from core.note_files import split_notes
from core.verifying import TITLES, Finding
from settings import Settings
from store.database import FILE_NAME
from store.ledger import open_ledger
from store.opening import open_database
from store.verifying import Asked, Verdict, verify
from store.verifying_keys import Outside, key_given

_EVERY_S: Final = 2.0


def main(arguments: Namespace, settings: Settings) -> int:
    """Verify, and give 0 or 1; raises StartRefused for what can't be read (exit code 2)."""
    if not (settings.data / FILE_NAME).exists():
        raise StartRefused(f"there is no log in {settings.data}: name the data folder by GATEHOUSE_DATA")
    asked = Asked(
        outside=[one for file in arguments.checkpoint for one in _notes(file)],
        key=_key(arguments.key),
        progress=_Progress(),
    )
    began = time.monotonic()
    db, ledger = open_database(settings.data), open_ledger(settings.data)
    try:
        verdict = verify(db, ledger, settings.data / FOLDER, asked)
    finally:
        db.close()
        ledger.close()
    seconds = time.monotonic() - began
    print(
        json.dumps(_told(verdict, seconds), indent=1)
        if arguments.json
        else "\n".join(_text(verdict, seconds))
    )
    return 1 if verdict.findings else 0


def _notes(file: Path) -> Iterator[Outside]:
    try:
        notes = split_notes(file.read_bytes())
    except OSError as error:
        raise StartRefused(f"{file} can't be read: {error.strerror}") from error
    if not notes:
        raise StartRefused(f"{file} holds no checkpoint")
    for number, note in enumerate(notes, start=1):
        yield Outside(str(file) if len(notes) == 1 else f"{file} (note {number})", note)


def _key(text: str) -> Any:
    try:
        return key_given(text) if text else ""
    except ProofWrong as error:
        raise StartRefused(f"--key: {error}, or a fingerprint like SHA256:…") from error


class _Progress:
    """Says on a terminal how far it has come, now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _EVERY_S

    def __call__(self, checked: int, of: int) -> None:
        """Take how many of how many records were looked at."""
        if sys.stderr.isatty() and time.monotonic() > self._next:
            self._next = time.monotonic() + _EVERY_S
            print(f"{checked:,} of {of:,} records", file=sys.stderr)


def _told(verdict: Verdict, seconds: float) -> dict[str, object]:
    return {
        "ok": not verdict.findings,
        "records": verdict.size,
        "waiting": verdict.waiting,
        "details": {"there": verdict.counts.disclosed, "deleted": verdict.counts.deleted},
        "checkpoints": {"kept": verdict.seals, "outside": verdict.outside},
        "keys": [{"vkey": one.text, "fingerprint": one.fingerprint} for one in verdict.keys],
        "first_bad": None if verdict.first is None else _finding(verdict.first),
        "findings": [_finding(one) for one in verdict.findings],
        "remarks": verdict.remarks,
        "seconds": round(seconds, 3),
    }


def _finding(one: Finding) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if value is not None}


def _text(verdict: Verdict, seconds: float) -> Sequence[str]:
    rate = verdict.size / seconds if seconds else 0
    counts = verdict.counts
    lines = [
        f"{verdict.size:,} records are sealed, {verdict.waiting:,} wait; {rate:,.0f} records a second",
        f"details: {counts.disclosed:,} are there, {counts.deleted:,} were deleted by retention or erasure",
        f"checkpoints: {verdict.seals:,} kept here, {verdict.outside:,} from elsewhere",
        *(f"key: {one.fingerprint} ({one.name})" for one in verdict.keys),
        *(f"to know: {one}" for one in verdict.remarks),
    ]
    first = verdict.first
    if first is not None:
        lines.append(f"FIRST BAD RECORD: {_line(first)}")
    lines += [f"also: {_line(one)}" for one in verdict.findings if one is not first]
    lines.append("The log is NOT what was sealed." if verdict.findings else "The log is what was sealed.")
    return lines


def _line(one: Finding) -> str:
    if one.index is None:
        return one.words
    which = f"record {one.record} (index {one.index})"
    if one.until is not None and one.until != one.record:
        which = f"between records {one.record} and {one.until} (from index {one.index} on)"
        return f"{which}: {one.words}"
    return f"{which} {TITLES[one.what]}: {one.words}"
