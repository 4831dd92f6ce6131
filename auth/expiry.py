"""Until when what we prove ourselves by holds: a secret by the settings, a certificate by what it says."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509

from auth.providers import Provider
from core.times import DAY_US, since_epoch_us

ENDS_SOON_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What we prove ourselves to a provider by, and when it ends (µs UTC; None: nobody knows).

    `problem` says why a certificate can't be read.
    """

    kind: Literal["secret", "certificate"]
    ends: int | None = None
    problem: str = ""

    def days_left(self, now: int) -> int | None:
        """Count the whole days that are left: 0 on the last one, less when it has ended."""
        return None if self.ends is None else (self.ends - now) // DAY_US

    def ended(self, now: int) -> bool:
        """Whether it is of no use any more."""
        return self.ends is not None and self.ends <= now

    def ends_soon(self, now: int) -> bool:
        """Whether it has ended, or ends within 30 days."""
        left = self.days_left(now)
        return left is not None and left <= ENDS_SOON_DAYS


def credential_of(provider: Provider) -> Credential:
    """Say what we prove ourselves by, and until when: the earlier of what the settings and its file say."""
    written = None if provider.secret_expires is None else _end_of(provider.secret_expires)
    if provider.certificate_file is None or provider.private_key_file is None:
        return Credential(kind="secret", ends=written)
    try:
        said = since_epoch_us(read_certificate(provider.certificate_file).not_valid_after_utc)
    except ValueError as error:
        return Credential(kind="certificate", ends=written, problem=str(error))
    return Credential(kind="certificate", ends=said if written is None else min(said, written))


def read_certificate(file: Path) -> x509.Certificate:
    """Read the first certificate of a PEM file, which is ours where others follow; raises ValueError."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())[0]
    except (OSError, ValueError) as error:
        message = f"{file} holds no certificate in PEM"
        raise ValueError(message) from error


def _end_of(day: date) -> int:
    """Give the end of a day, which is the last one: nobody writes down the hour."""
    return since_epoch_us(datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC))
