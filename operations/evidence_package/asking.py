"""What a package is asked for with, what it is made from, and what comes of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from auth.evidence_keys import EvidenceKey
from auth.readable_secrets import readable_secret
from core.notes import VerifierKey
from core.permissions import Scope
from store.database import Database


def _ignore(_done: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """Who wants which records why; `filter` is the text that the act was bound to, times are µs UTC.

    `by` says who it is in words (subject, name, roles). With `policies` the documents of the policy are in
    it: for those who may read them. With a `password` (of `new_password`) the ZIP is encrypted.
    """

    export: str
    filter: str
    by: Mapping[str, str]
    why: str
    requested: int
    upto: int
    scope: Scope
    policies: bool = False
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The log, its tree, the public key that seals it, and the key that signs packages.

    `tell` hears how many records are done; `pause` waits (seconds) for the sealer.
    """

    db: Database
    ledger: Database
    log_key: Callable[[], VerifierKey]
    key: EvidenceKey
    tell: Callable[[int], None] = field(default=_ignore)
    pause: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: how many records, and how many bytes."""

    records: int
    size: int


def new_password() -> str:
    """Draw a password for a package (120 bits), to be shown once and kept nowhere."""
    return readable_secret()
