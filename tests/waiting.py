"""Waits for a thing to be so, never for a time to pass."""

import threading
import time
from collections.abc import Callable


def until(predicate: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Return as soon as the predicate holds; fails the test when it does not in time.

    Waiting longer costs only what fails: it is long enough for a loaded machine, and no limit of the product.
    """
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < deadline, f"not so within {seconds} s: {predicate}"
        pause.wait(0.005)
