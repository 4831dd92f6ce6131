"""As many files and sockets as a console with very many screens has."""

import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

# The first number that `select()` does not know, and some more.
BEYOND_SELECT: Final = 1_100


@contextmanager
def many_allowed() -> Iterator[None]:
    """Let this process open more than a thousand of them, as far as the system lets anybody."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = before
    if soft < 2 * BEYOND_SELECT:
        wanted = 2 * BEYOND_SELECT if hard == resource.RLIM_INFINITY else min(hard, 2 * BEYOND_SELECT)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def many_open() -> Iterator[None]:
    """Hold so many that whatever is opened meanwhile has a higher number."""
    with many_allowed(), ExitStack() as stack, Path(os.devnull).open("rb") as first:
        number = first.fileno()
        while number < BEYOND_SELECT:
            number = os.dup(first.fileno())
            stack.callback(os.close, number)
        yield
