"""A thread for one destination of checkpoints: it keeps the newest, and is held up by nobody but its own."""

import logging
import time
from threading import Condition, Thread
from typing import Final

from connectors.checkpoints.destination import Destination
from core.delivery import Delivery, Turn
from core.errors import Contradicted, Undelivered
from store.clock import new_reference, now_us
from store.deliveries import Delivered
from store.ledger import Seal

_log = logging.getLogger("gatehouse.checkpoints")
_AGAIN_S: Final = 30.0


class Courier:
    """Delivers to one destination from `start` to `stop`; whatever else is called returns at once."""

    def __init__(self, destination: Destination, before: Delivered | None = None) -> None:
        """Prepare, from what was last told of this destination; nothing runs yet."""
        self.name = destination.name
        self._destination = destination
        self._size = before.size if before else 0
        self._at = before.at if before else 0
        self._state = Delivery(lost=before.lost if before else False)
        self._newest: Seal | None = None
        self._contradiction: Contradicted | None = None
        self._leaves = False
        self._over = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name=f"checkpoints-{self.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Try what waits once more, and wait for that no longer than told."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(seconds)

    def offer(self, seal: Seal) -> None:
        """Let this one be delivered, instead of any that still waits."""
        with self._changed:
            self._newest = seal
            self._state = self._state.offer(_clock())
            self._changed.notify()

    def judge(self) -> Turn | None:
        """Say what is to be recorded; each turn is said once."""
        with self._changed:
            self._state, turn = self._state.judge(_clock())
        return turn

    def contradiction(self) -> Contradicted | None:
        """Say what was found that contradicts the log; each time it is said once."""
        with self._changed:
            found, self._contradiction = self._contradiction, None
        return found

    def told(self) -> Delivered:
        """Say how far it has got."""
        with self._changed:
            state = self._state
            since = now_us() - (_clock() - state.since) if state.waits and state.trouble else 0
            return Delivered(
                name=self.name,
                where=self._destination.where,
                leaves=self._leaves,
                size=self._size,
                at=self._at,
                since=since,
                lost=state.lost,
                trouble=state.trouble,
            )

    def _run(self) -> None:
        while (todo := self._next()) is not None:
            seal, number, last = todo
            trouble = self._try(seal)
            with self._changed:
                if trouble:
                    self._state = self._state.fail(trouble, _clock())
                else:
                    self._size, self._at = seal.size, seal.at
                    self._state = self._state.succeed(number, _clock())
            if last:
                break
        self._destination.close()

    def _next(self) -> tuple[Seal, int, bool] | None:
        """Wait for what is to be tried; None when it is over and nothing waits."""
        with self._changed:
            while not self._over and not self._state.ready(_clock()):
                left = max(0.0, (self._state.due - _clock()) / 1_000_000) if self._state.waits else _AGAIN_S
                self._changed.wait(left)
            if self._newest is None or not self._state.waits:
                return None
            return self._newest, self._state.offered, self._over

    def _try(self, seal: Seal) -> str:
        """Deliver; answers what went wrong."""
        try:
            # Asked here, since a folder that hangs would hang whoever asks.
            self._leaves = self._destination.leaves()
            self._destination.deliver(seal)
        except Contradicted as error:
            with self._changed:
                self._contradiction = error
            return str(error)
        except Undelivered as error:
            _log.debug("destination=%s trouble=%s", self.name, error)
            return str(error)
        except Exception:  # noqa: BLE001 - the boundary of this thread
            reference = new_reference()
            _log.exception("destination=%s reference=%s", self.name, reference)
            return f"see reference {reference}"
        return ""


def _clock() -> int:
    return time.monotonic_ns() // 1_000
