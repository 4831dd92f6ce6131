"""What a file of the log can be asked for, and what of it was delivered. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from core.evidence import MOST_RECORDS
from core.permissions import Permission, Scope
from core.records import Class
from core.times import DAY_US, MINUTE_US

# How long a file waits to be taken once it is built.
KEPT_US: Final = DAY_US
# How long what is on its way may be taken up again once the last byte has left, from where it was cut off.
RESUMED_US: Final = MINUTE_US
# From so many records on their number is told as an estimate.
EXACT_ROWS: Final = 100_000
# Why a file is gone that nobody has taken: somebody who stands in it was erased from the log.
ERASED: Final = "erased"
# So many of one session that are not over.
MOST_WAITING: Final = 5


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    PACKAGE = "package"
    # The same, encrypted (AES-256) by a password that we draw.
    CLOSED_PACKAGE = "package-aes"


# What can be asked for, and what of it is written record by record and nothing else.
OFFERED: Final = tuple(Format)
PLAIN: Final = (Format.CSV, Format.JSONL, Format.PARQUET)
PACKAGES: Final = frozenset({Format.PACKAGE, Format.CLOSED_PACKAGE})
MEDIA_TYPES: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.JSONL: "application/jsonl",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.PACKAGE: "application/zip",
    Format.CLOSED_PACKAGE: "application/zip",
}
ENDINGS: Final[Mapping[Format, str]] = {
    Format.CSV: "csv",
    Format.JSONL: "jsonl",
    Format.PARQUET: "parquet",
    Format.PACKAGE: "zip",
    Format.CLOSED_PACKAGE: "zip",
}
# Bytes that a record takes, about.
BYTES_A_ROW: Final[Mapping[Format, int]] = {
    Format.CSV: 240,
    Format.JSONL: 440,
    Format.PARQUET: 40,
    Format.PACKAGE: 360,
    Format.CLOSED_PACKAGE: 360,
}


def most_rows(form: Format) -> int:
    """Say how many records a file of this format can hold, 0 for any number."""
    return MOST_RECORDS if form in PACKAGES else 0


class State(StrEnum):
    """How far an export is."""

    QUEUED = "queued"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    OVER = "over"


# --- what may be read -----------------------------------------------------------------------------------

# By which permission a page of the log is read.
READ_BY: Final[Mapping[str, Permission]] = {"log": Permission.LOG_READ, "audit": Permission.AUDIT_READ}


def export_scope(read: Scope, export: Scope) -> Scope:
    """Give what may be taken away of what may be read: only where both are allowed, names too."""
    sites = read.sites & export.sites
    return Scope(
        permission=read.permission,
        sites=sites,
        organisation=read.organisation and export.organisation,
        classes=read.classes,
        names=read.names & sites,
        policy_version=read.policy_version,
    )


class _Written(msgspec.Struct, frozen=True):
    permission: Permission
    sites: tuple[str, ...]
    organisation: bool
    classes: tuple[Class, ...]
    names: tuple[str, ...]
    policy_version: int


_scope_of: Final = msgspec.json.Decoder(_Written).decode


def scope_text(scope: Scope) -> str:
    """Write a scope so that it can be compared with another one later."""
    written = _Written(
        permission=scope.permission,
        sites=tuple(sorted(scope.sites)),
        organisation=scope.organisation,
        classes=tuple(sorted(scope.classes)),
        names=tuple(sorted(scope.names)),
        policy_version=scope.policy_version,
    )
    return msgspec.json.encode(written).decode()


def scope_read(text: str) -> Scope:
    """Read what `scope_text` wrote."""
    found = _scope_of(text)
    return Scope(
        permission=found.permission,
        sites=frozenset(found.sites),
        organisation=found.organisation,
        classes=frozenset(found.classes),
        names=frozenset(found.names),
        policy_version=found.policy_version,
    )


def covers(now: Scope, then: Scope) -> bool:
    """Whether all that a file was built from may still be read."""
    return (
        now.permission is then.permission
        and now.sites >= then.sites
        and now.names >= then.names
        and now.classes >= then.classes
        and (now.organisation or not then.organisation)
    )


# --- what was delivered ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivered:
    """Which bytes of a file have left, as stretches that do not touch: first and the one after the last."""

    stretches: tuple[tuple[int, int], ...] = ()

    @staticmethod
    def read(text: str) -> "Delivered":
        """Read what `text` wrote."""
        pairs = (one.partition("-") for one in text.split(",") if one)
        return Delivered(tuple((int(first), int(end)) for first, _, end in pairs))

    @property
    def text(self) -> str:
        """Write it as the store keeps it."""
        return ",".join(f"{first}-{end}" for first, end in self.stretches)

    def add(self, first: int, end: int) -> "Delivered":
        """Take it that these bytes have left too."""
        if first >= end:
            return self
        apart = [one for one in self.stretches if one[1] < first or one[0] > end]
        met = [one for one in self.stretches if one not in apart]
        joined = (min([first, *(one[0] for one in met)]), max([end, *(one[1] for one in met)]))
        return Delivered(tuple(sorted([*apart, joined])))

    def whole(self, size: int) -> bool:
        """Whether each byte has left."""
        return size == 0 or self.stretches == ((0, size),)


NOTHING: Final = Delivered()
