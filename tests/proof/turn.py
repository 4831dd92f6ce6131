"""The turn in which commands are sent, held by somebody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.mqtt.turns import taken
from tests.proof.house import House

_PATIENCE_S = 5.0


@contextmanager
def turn_taken(one: House) -> Iterator[None]:
    """Let no other command go out meanwhile: as if another one was being sent."""
    with taken(one.stand.folder / "commands.lock", time.monotonic() + _PATIENCE_S, first=True):
        yield
