"""What a proof has shown, and the table of it."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

WHOLE: Final = os.environ.get("GATEHOUSE_PROOF") == "full"
_PROPERTY: Final = "claim"
_NAMES: Final = ("claim", "count", "lost", "twice", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One line of the table."""

    claim: str
    count: int
    lost: int
    twice: int
    seconds: float

    def cells(self) -> tuple[str, ...]:
        """Write the line."""
        return (self.claim, f"{self.count:,}", str(self.lost), str(self.twice), f"{self.seconds:.1f}")


def whole_or(reduced: int, whole: int) -> int:
    """Choose a count: the whole one with GATEHOUSE_PROOF=full."""
    return whole if WHOLE else reduced


def noted(claim: Claim) -> tuple[str, object]:
    """Write it as a property of its test: its report brings that to the process that prints the table."""
    return _PROPERTY, asdict(claim)


def claimed(properties: Iterable[tuple[str, Any]]) -> list[Claim]:
    """Read what was noted among the properties of a test."""
    return [Claim(**fields) for name, fields in properties if name == _PROPERTY]


def table(claims: Sequence[Claim]) -> list[str]:
    """Write all claims as a Markdown table."""
    rows = [_NAMES, *(one.cells() for one in claims)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_NAMES))]
    lines = ["| " + " | ".join(_placed(row, widths)) + " |" for row in rows]
    rule = "|" + "|".join(
        "-" * (width + 1) + ("-" if not column else ":") for column, width in enumerate(widths)
    )
    return [lines[0], rule + "|", *lines[1:]]


def _placed(row: tuple[str, ...], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
