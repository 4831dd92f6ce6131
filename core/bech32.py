"""Bech32 (BIP 173) without its limit of length, as keys of the age format are written."""

from collections.abc import Iterable
from typing import Final

_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SUM_LENGTH: Final = 6


def encode(prefix: str, data: bytes) -> str:
    """Write bytes under a lower-case prefix."""
    values = _regrouped(data, 8, 5)
    pad = (len(data) * 8) % 5
    if pad:
        values.append((data[-1] << (5 - pad)) & 31)
    total = _polymod([*_expanded(prefix), *values, *([0] * _SUM_LENGTH)]) ^ 1
    checksum = [(total >> 5 * (5 - place)) & 31 for place in range(_SUM_LENGTH)]
    return f"{prefix}1" + "".join(_LETTERS[value] for value in (*values, *checksum))


def decode(text: str, prefix: str) -> bytes:
    """Read what was written under a prefix; raises ValueError for all else."""
    if text not in {text.lower(), text.upper()}:
        raise ValueError("letters of both cases")
    before, _, after = text.lower().rpartition("1")
    if before != prefix.lower() or len(after) < _SUM_LENGTH:
        raise ValueError(f"does not begin with {prefix}1")
    values = [_LETTERS.index(letter) for letter in after]
    if _polymod([*_expanded(before), *values]) != 1:
        raise ValueError("wrong checksum")
    data = values[:-_SUM_LENGTH]
    rest = len(data) * 5 % 8
    if rest >= 5 or (data[-1:] and data[-1] & ((1 << rest) - 1)):  # noqa: PLR2004 - a whole letter too many
        raise ValueError("wrong padding")
    return bytes(_regrouped(data, 5, 8))


def _regrouped(values: Iterable[int], have: int, want: int) -> list[int]:
    """Give the whole groups of `want` bits."""
    held, bits, groups = 0, 0, []
    for value in values:
        held, bits = ((held << have) | value) & 0xFFFF, bits + have
        while bits >= want:
            bits -= want
            groups.append((held >> bits) & ((1 << want) - 1))
    return groups


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(values: Iterable[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            if top >> place & 1:
                total ^= generator
    return total
