"""What of a foreign message may be kept to look at: its beginning, without secrets and numbers."""

import re
from collections.abc import Mapping
from typing import Final

KEPT_BYTES: Final = 1024
KEPT_TOPIC: Final = 256
_DIGITS: Final = re.compile(r"\d{4,}")
# The name of a secret, what parts it from its value, and the value: a string (also a cut one), a word, or
# for a list or object all that follows. An escaped name could be any name, so it counts as a secret's.
# Possessive, because the text is an attacker's: nothing here may be tried twice.
_SECRET: Final = re.compile(
    r"""(?<![\w.\\-])(?=[\w.\\-]*?(?:pin|pass|code|token|secret|\\u))"""
    r"""(?P<name>[\w.\\-]++["']?+\s*+[:=]\s*+)"""
    r"""(?:"(?:[^"\\]|\\.)*+"?+|'[^']*+'?+|[\[{].*+|[^\s,}\]]++)""",
    re.DOTALL | re.IGNORECASE,
)
# Control characters; soft hyphens, marks without width and those that turn the direction of what follows,
# which show one name as another; ends of lines that are none to us; and halves of pairs.
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"
_MASK: Final = "***"


def masked_text(topic: str, payload: bytes) -> str:
    """Show the topic and the first KiB of a payload with numbers of 4 digits or more and secrets masked."""
    head = payload[:KEPT_BYTES].decode("utf-8", "replace")
    return f"{_clean(topic[:KEPT_TOPIC])}: {_clean(_SECRET.sub(_hidden, head))}"


def masked_word(word: str, limit: int = 200) -> str:
    """Show a device's own word, cut and with numbers of 4 digits or more masked."""
    return _clean(word[:limit])


def printable(text: str, limit: int) -> str:
    """Show a name as it is, cut, with nothing that could change how a screen shows what stands around it."""
    cut = text[:limit]
    return cut if cut.isprintable() else "".join(one if one.isprintable() else _REPLACED for one in cut)


def plain_words(told: Mapping[str, str]) -> Mapping[str, str]:
    """Show words of a device as they are, but for what could change how a screen shows what stands around."""
    if all(map(str.isprintable, told.values())):
        return told
    return {name: printable(word, len(word)) for name, word in told.items()}


def last_four(number: str) -> str:
    """Keep at most the last four digits of a credential, whatever the device has sent."""
    left = sum(map(str.isdigit, number)) - 4
    if left <= 0:
        return _UNPRINTABLE.sub(_REPLACED, number)
    kept: list[str] = []
    for character in number:
        hide = character.isdigit() and left > 0
        left -= character.isdigit()
        kept.append("*" if hide else character)
    return _UNPRINTABLE.sub(_REPLACED, "".join(kept))


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(_REPLACED, _DIGITS.sub(lambda run: "*" * len(run[0]), text))


def _hidden(secret: re.Match[str]) -> str:
    return secret["name"] + _MASK
