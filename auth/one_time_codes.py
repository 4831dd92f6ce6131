"""One-time codes of an authenticator (RFC 6238): six digits every 30 s, right a step early or late.

That none counts twice is the store's to see to (`store.directory.take_code`).
"""

import base64
import secrets
from typing import Final

import pyotp

from core.times import SECOND_US

SECRET_BYTES: Final = 20
DIGITS: Final = 6
PERIOD_S: Final = 30
# Clocks differ, and people are slow: RFC 6238 recommends one step, section 5.2.
WINDOW: Final = 1
_ISSUER: Final = "Gatehouse"


def new_secret() -> str:
    """Draw a secret of 160 bits, in base 32 as authenticators want it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def enrolment_uri(secret: str, username: str) -> str:
    """Write a secret as the address by which an authenticator takes it, often from a QR code."""
    return _generator(secret).provisioning_uri(name=username, issuer_name=_ISSUER)


def step_at(now: int) -> int:
    """Give the number of the 30 s that a moment (µs UTC) lies in."""
    return now // (PERIOD_S * SECOND_US)


def step_of(secret: str, code: str, now: int) -> int | None:
    """Give the newest step near a moment (µs UTC) whose code this is, or None; as long for each answer.

    A secret that is none has no codes.
    """
    typed = "".join(code.split())
    if not (len(typed) == DIGITS and typed.isascii() and typed.isdigit()):
        typed = ""
    try:
        generator = _generator(secret)
    except ValueError:
        return None
    near = range(step_at(now) - WINDOW, step_at(now) + WINDOW + 1)
    right = [step for step in near if secrets.compare_digest(generator.generate_otp(step), typed)]
    return max(right, default=None)


def _generator(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret, digits=DIGITS, interval=PERIOD_S)
