"""The clock, and references: what the rooms above the store may not each make for themselves."""

import secrets
import time


def now_us() -> int:
    """Read the clock, µs UTC."""
    return time.time_ns() // 1_000


def new_reference() -> str:
    """Give an id that a person can read out and we can find in the log."""
    return secrets.token_hex(4)
