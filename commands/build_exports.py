"""`gatehouse.py build-exports`: builds the exports that wait, and ends; the web process starts it."""

import fcntl
import os
import sys
from argparse import Namespace
from typing import Final

import msgspec

from auth.identity_settings import read_identity
from auth.sessions import Sessions
from commands import logs, parent
from operations.exports.build import Builder
from operations.exports.keeping import Places
from settings import Settings
from store.opening import open_database

_NICE: Final = 10
_LOCK: Final = ".lock"


def main(_arguments: Namespace, settings: Settings) -> int:
    """Build what waits, unless somebody else does so already."""
    parent.follow()
    logs.set_up("exports")
    os.nice(_NICE)
    passwords = _passwords()
    with (Places.of(settings.data).folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        db = open_database(settings.data)
        strong = read_identity(settings.tables, settings.data).strong
        Builder(db, Sessions(db, settings.sessions, strong), passwords=passwords).run()
        db.close()
    return 0


def _passwords() -> dict[str, str]:
    """Read the passwords of closed packages, by export, as the web process hands them on."""
    told = b"" if sys.stdin.isatty() else sys.stdin.buffer.read()
    return msgspec.json.decode(told, type=dict[str, str]) if told else {}
