"""One-time codes for tests that prove several acts: none counts twice, nor one older than one that did."""

import pyotp

from auth.one_time_codes import WINDOW, step_at
from store.clock import now_us
from tests.waiting import until


class Codes:
    """The codes of one account, each given once."""

    def __init__(self, secret: str) -> None:
        """Give codes of this secret."""
        self._generator = pyotp.TOTP(secret)
        self._last = 0

    def fresh(self) -> str:
        """Give one that nobody has had: the next one where need be, as a clock may be a step ahead."""
        soonest = self._last + 1
        until(lambda: soonest <= step_at(now_us()) + WINDOW, seconds=40)
        self._last = max(soonest, step_at(now_us()))
        return self._generator.generate_otp(self._last)
