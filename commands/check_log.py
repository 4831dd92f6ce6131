"""`gatehouse.py check-log`: verifies the whole log behind everything else, and tells how far it is."""

import json
import os
import time
from argparse import Namespace
from dataclasses import asdict
from typing import Final

from auth.ledger_keys import FOLDER
from commands import parent
from settings import Settings
from store.ledger import open_ledger
from store.opening import open_database
from store.verifying import Asked, verify

_EVERY_S: Final = 0.5
_BEHIND_ALL: Final = 19


def main(_arguments: Namespace, settings: Settings) -> int:
    """Write a line of JSON now and then, and one of what was found at the end."""
    parent.follow()
    os.nice(_BEHIND_ALL)
    progress = _Progress()
    db, ledger = open_database(settings.data), open_ledger(settings.data)
    verdict = verify(db, ledger, settings.data / FOLDER, Asked(progress=progress))
    _say({"checked": verdict.counts.records, "of": verdict.size})
    _say({"findings": [asdict(one) for one in verdict.findings]})
    return 0


class _Progress:
    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, checked: int, of: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_S
            _say({"checked": checked, "of": of})


def _say(told: object) -> None:
    print(json.dumps(told), flush=True)
