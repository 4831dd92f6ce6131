"""Files of many signed notes: each as it was signed, and an empty line after it. Pure.

A note has one empty line of its own, before its signatures, so one after a signature ends it.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

_GAP: Final = b"\n\n"
_SIGNATURE: Final = "\u2014 ".encode()


def join_notes(notes: Iterable[bytes]) -> bytes:
    """Write notes one after the other."""
    return b"".join(one + b"\n" for one in notes)


def split_notes(raw: bytes) -> tuple[bytes, ...]:
    """Give each note of a file, unlooked at; what was cut off at the end is left out.

    A file of one note alone is read too.
    """
    ends = [0, *_ends(raw)]
    found = [raw[before : end - 1] for before, end in pairwise(ends)]
    rest = raw[ends[-1] :]
    return (*found, rest) if rest.endswith(b"\n") and _is_signed(rest, len(rest) - 1) else tuple(found)


def whole_length(raw: bytes) -> int:
    """Say how many bytes there are up to the end of the last note: after it one was cut off in writing."""
    return max(_ends(raw), default=0)


def _ends(raw: bytes) -> Iterator[int]:
    at = 0
    while (gap := raw.find(_GAP, at)) >= 0:
        at = gap + len(_GAP)
        if _is_signed(raw, gap):
            yield at


def _is_signed(raw: bytes, end: int) -> bool:
    """Whether the line that ends there is a signature."""
    return raw.startswith(_SIGNATURE, raw.rfind(b"\n", 0, end) + 1, end)
