"""Words of devices, made fit to be looked at: nothing in them turns, hides or breaks a line."""

import json
import unicodedata
from typing import Final

# Controls, formats (with those that turn the direction of text), halves of characters, private ones and
# breaks of lines.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHOWN: Final = {"\n": "↵", "\t": "⇥"}
_LAST_OF_FOUR_DIGITS: Final = 0xFFFF


def visible(text: str) -> str:
    """Show what would be invisible, or would change how the rest reads, as its code point."""
    if text.isascii() and text.isprintable():
        # Nearly all are so, and a page may name thousands.
        return text
    return "".join(_shown(one) if _hides(one) else one for one in text)


def toml_string(text: str) -> str:
    """Write text as a TOML string that reads the same and holds nothing invisible."""
    return "".join(_escaped(one) if _hides(one) else one for one in json.dumps(text, ensure_ascii=False))


def _shown(one: str) -> str:
    return _SHOWN.get(one) or f"⟨U+{ord(one):04X}⟩"


def _hides(one: str) -> bool:
    return unicodedata.category(one) in _HIDDEN


def _escaped(one: str) -> str:
    number = ord(one)
    return f"\\u{number:04X}" if number <= _LAST_OF_FOUR_DIGITS else f"\\U{number:08X}"
