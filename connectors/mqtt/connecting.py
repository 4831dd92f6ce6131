"""One try to reach the broker, in a thread of its own.

Resolvers, black holes and handshakes block, each with a patience of its own; ingest has a lease to renew and
a signal to obey. Whoever waits may give up at any time: the thread ends by itself and does no harm.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from connectors.mqtt.readiness import ready


class Attempt:
    """Runs `connect` at once; its thread touches nothing of the caller's once `wait` has returned."""

    def __init__(self, connect: Callable[[], object]) -> None:
        self._connect = connect
        self._error: Exception | None = None
        self._bell, self._ringer = socket.socketpair()
        threading.Thread(target=self._run, name="broker-connect", daemon=True).start()

    def _run(self) -> None:
        try:
            self._connect()
        except Exception as error:  # noqa: BLE001 - a thread's boundary: the caller raises it
            self._error = error
        finally:
            # Nobody listens where the caller has given up.
            with self._ringer, suppress(OSError):
                self._ringer.send(b"x")

    def wait(self, seconds: float, wake: socket.socket | None = None) -> None:
        """Return when connected; raises `connect`'s error, TimeoutError, or for `wake` InterruptedError."""
        with self._bell:
            reading = [self._bell] if wake is None else [self._bell, wake]
            readable, _ = ready(reading, [], seconds)
            if self._bell in readable:
                if self._error is not None:
                    raise self._error
            elif readable:
                raise InterruptedError
            else:
                raise TimeoutError(f"no connection within {seconds:g} s")
