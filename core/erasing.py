"""What of a record's personal fields names somebody who is to be erased."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Who a record is about, in whichever role; of whoever did it, only that is taken away.
_ABOUT: Final = frozenset({"person", "subject"})
_ALL_ABOUT: Final = frozenset({"person", "subject", "second_subject", "by", "about", "sought"})
# What goes with the second person of an act, and what holds both persons of it.
_SECOND: Final = frozenset({"second_subject", "second_name", "bound"})
_WORDS_OF_A_NAME: Final = 2
# A number that is shorter is looked for as a field alone: in free text it may count anything.
_TELLING_CHARACTERS: Final = 4
# What stands for itself in the query of an address (RFC 3986, 2.3).
_PLAIN: Final = frozenset(f"{string.ascii_letters}{string.digits}_.-~".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Whom to erase: a cardholder's number or an operator's subject, and the names they are known by."""

    number: str
    names: frozenset[str] = frozenset()

    @property
    def needles(self) -> tuple[str, ...]:
        """What names them in free text."""
        number = (self.number,) if len(self.number) >= _TELLING_CHARACTERS else ()
        return (*number, *sorted(name for name in self.names if _is_telling(name)))

    @property
    def asked(self) -> str:
        """How the address of a page or an export asks for them."""
        return f"person={_quoted(self.number)}"

    def told_in(self, text: str) -> bool:
        """Whether a text has their number or a whole name in it, as words of their own, or asks for them."""
        return self.asked_in(text) or any(
            re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", text) is not None for needle in self.needles
        )

    def asked_in(self, text: str) -> bool:
        """Whether a filter in a text asks for just them, whatever their number is made of."""
        return re.search(rf"(?<!\w){re.escape(self.asked)}(?![\w.~%+-])", text) is not None

    def is_about(self, private: Mapping[str, str]) -> bool:
        """Whether a record is about them, so that all its personal fields are theirs."""
        if any(private.get(name) == self.number for name in _ABOUT):
            return True
        # A name alone tells who it was only where nothing tells it better: two people may share one.
        return not _ALL_ABOUT & private.keys() and private.get("name") in self.names

    def left_of(self, private: Mapping[str, str]) -> dict[str, str]:
        """Give the personal fields that name somebody else or nobody."""
        if self.is_about(private):
            return {}
        gone = {name for name, value in private.items() if self._names(name, value)}
        if private.get("second_subject") == self.number:
            gone |= _SECOND
        return {name: value for name, value in private.items() if name not in gone}

    def _names(self, field: str, value: str) -> bool:
        if field in _ALL_ABOUT:
            return value == self.number
        # What somebody else is called is theirs, even if it is the same.
        return field not in {"name", "second_name"} and self.told_in(value)


def _is_telling(name: str) -> bool:
    """Whether a name can be looked for in free text: a first name alone is of too many."""
    return len(name.split()) >= _WORDS_OF_A_NAME


def _quoted(text: str) -> str:
    """Write a value as the query of an address has it, a space as `+`."""
    return "".join(
        "+" if one == ord(" ") else chr(one) if one in _PLAIN else f"%{one:02X}" for one in text.encode()
    )
