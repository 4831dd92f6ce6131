"""The one stretch of a file that a request asks for (RFC 9110, sections 13 and 14). Pure."""

import re
from dataclasses import dataclass
from typing import Final

from core.errors import Invalid

# More digits than any size here has: what is longer is past the end of everything.
_ONE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes from `first` until just before `end`; `part`: they were asked for, and are answered with 206."""

    first: int
    end: int
    part: bool

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.first


def stretch_of(asked: str | None, condition: str | None, *, tag: str, size: int) -> Stretch:
    """Say what of a file with this strong entity tag and size is to be sent.

    A condition (If-Range) that is not exactly the tag gives the whole file, and so does what is no range,
    or is more than one. Raises Invalid for a range that lies outside.
    """
    whole = Stretch(0, size, part=False)
    if asked is None or (condition is not None and condition.strip() != tag):
        return whole
    found = _ONE.fullmatch(asked.strip())
    if found is None or found.groups() == ("", ""):
        return whole
    first, last = found.groups()
    if first == "":
        return _last(int(last), size)
    begin = int(first)
    if last and int(last) < begin:
        return whole
    if begin >= size:
        raise Invalid("this range begins after the end of the file")
    return Stretch(begin, min(int(last) + 1, size) if last else size, part=True)


def _last(count: int, size: int) -> Stretch:
    if count == 0 or size == 0:
        raise Invalid("this range holds no byte of the file")
    return Stretch(max(0, size - count), size, part=True)


def none_match(asked: str | None, *, tag: str) -> bool:
    """Whether somebody has the file already (If-None-Match): a weak tag of it will do."""
    if asked is None:
        return False
    return any(one.strip().removeprefix("W/") in {tag, "*"} for one in asked.split(","))
