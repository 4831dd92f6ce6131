"""Text as a cell of a CSV file that a spreadsheet opens: it computes nothing, hides nothing, turns nothing.

RFC 4180 for the form; what a spreadsheet takes for a formula is kept from it by an apostrophe in front, and
what can't be seen, or would turn the direction of what follows, is written as its code point.
"""

import re
import unicodedata
from typing import Final

# What begins a formula; wide, small and raised forms of these are the same to some programs.
_BEGINS: Final = frozenset("=+-@\N{MINUS SIGN}")
_DOUBTFUL: Final = _BEGINS | {" "}
_INNER: Final = frozenset('";')
# Controls, formats (with those that turn the direction of text), halves of characters and breaks of lines.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LAST_OF_FOUR_DIGITS: Final = 0xFFFF
_GUARD: Final = "'"
# Where a semicolon parts cells, as in much of Europe, one begins after each, whatever is quoted here.
_APART: Final = re.compile(r';(?=[\s"]*([^\s"]))')


def cell(text: str) -> str:
    """Write text as one cell, quoted; nothing as nothing."""
    if not text:
        return ""
    if text.isascii() and text.isprintable() and text[0] not in _DOUBTFUL and not _INNER & set(text):
        # Nearly all are so, and a file has millions.
        return f'"{text}"'
    safe = guarded(text)
    return '"' + safe.replace('"', '""') + '"'


def guarded(text: str) -> str:
    """Show what is hidden in text, and keep spreadsheets from computing it."""
    shown = _APART.sub(_guarded_apart, visible(text))
    return _GUARD + shown if _computes(text) else shown


def visible(text: str) -> str:
    r"""Write what can't be seen, or turns text round, as `\u202E`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(one) if unicodedata.category(one) in _HIDDEN else one for one in text)


def _computes(text: str) -> bool:
    """Whether some program would take it for a formula; what is hidden or blank in front is skipped."""
    first = next((one for one in text if not _blank(one)), "")
    if unicodedata.normalize("NFKC", first)[:1] in _BEGINS:
        return first != ""
    return text[0] in "\t\r\n"


def _guarded_apart(found: re.Match[str]) -> str:
    begins = unicodedata.normalize("NFKC", found[1])[:1] in _BEGINS
    return f"{found[0]}{_GUARD}" if begins else found[0]


def _blank(one: str) -> bool:
    return one.isspace() or unicodedata.category(one) in _HIDDEN


def _escaped(one: str) -> str:
    number = ord(one)
    return f"\\u{number:04X}" if number <= _LAST_OF_FOUR_DIGITS else f"\\U{number:08X}"
