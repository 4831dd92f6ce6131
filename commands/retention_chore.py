"""Has what is kept no longer deleted every hour, by a process of its own that is in nobody's way."""

import logging
import os
import subprocess
import sys
import threading
from typing import Final

from commands.process import ROOT
from settings import Settings

_EVERY_S: Final = 3_600.0
# The first time not while everything starts.
_FIRST_S: Final = 120.0
_RUN: Final = ("retention", "run", "--hourly")
logger = logging.getLogger(__name__)


class RetentionChore:
    """A thread that starts the process and waits for it."""

    def __init__(self, settings: Settings) -> None:
        """Prepare, and start nothing yet."""
        self._environment = {**os.environ, "GATEHOUSE_DATA": str(settings.data)}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go, name="retention", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Start no further process."""
        self._stopped.set()

    def _go(self) -> None:
        wait = _FIRST_S
        while not self._stopped.wait(wait):
            run_once(self._environment)
            wait = _EVERY_S


def run_once(environment: dict[str, str]) -> int:
    """Run it to its end and give the exit code."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command line, no shell
            (sys.executable, str(ROOT / "gatehouse.py"), *_RUN),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        logger.warning("retention could not be run error=%s", error)
        return 1
    if done.returncode:
        logger.warning("retention was not finished code=%d", done.returncode)
    return done.returncode
