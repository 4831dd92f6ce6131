"""How strictly a native device obeys: what it believes, and how its relay and mode end by themselves. Pure.

It checks tokens by RFC 7515 itself, without the library that signs them; times are µs UTC, those in tokens
whole seconds.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeGuard

from connectors.simulator.relays import Happen, Relays
from core.commands import Result
from core.doors import Lock, Mode
from core.records import Kind
from core.times import SECOND_US

TOLERANCE_S: Final = 2
LONGEST_S: Final = 5
MOST_S: Final = 600
_ID_CHARACTERS: Final = frozenset("0123456789abcdefghjkmnpqrstvwxyz-")
_MODES: Final = {Mode.NORMAL: Lock.LOCKED, Mode.HELD: Lock.UNLOCKED, Mode.LOCKED_DOWN: Lock.LOCKED}
Claims: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the device answers, and to which act."""

    act: str
    result: Result
    reason: str = ""


class Obedience(Relays):
    """The relays and modes of one device; its loop's own, but for the growing list `released`.

    What it remembers outlives a loss of power, as in flash: a replay is one after a reboot as well.
    """

    def __init__(
        self,
        name: tuple[str, str],
        keys: Sequence[bytes],
        words: Callable[[str], Mapping[str, str]],
        happen: Happen,
    ) -> None:
        """Take (site, device), each key that is valid, and how to read and change the doors."""
        super().__init__(words, happen)
        self._site, self._device = name
        self._keys = tuple(keys)
        self._seen: dict[str, int] = {}

    def obey(self, verb: str, payload: bytes, doors: Sequence[str], now: int) -> Verdict | None:
        """Do as a token says, if it is to be believed; None where it does not even name an act."""
        parts = payload.split(b".")
        claims = _object(parts[1]) if len(parts) == len(("head", "body", "signature")) else {}
        act = claims.get("jti")
        if not isinstance(act, str) or not act or not _ID_CHARACTERS.issuperset(act):
            return None
        if not self._signed(parts):
            return Verdict(act, Result.BAD_SIGNATURE)
        return self._doubt(claims, now) or self._do(verb, claims, doors, now)

    def _signed(self, parts: Sequence[bytes]) -> bool:
        head = _object(parts[0])
        if head.get("alg") != "HS256" or head.get("kid") != self._device or "crit" in head:
            return False
        told, signed = _raw(parts[2]), parts[0] + b"." + parts[1]
        return any(hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), told) for key in self._keys)

    def _doubt(self, claims: Claims, now: int) -> Verdict | None:
        act: str = claims["jti"]
        issued, ends = claims.get("iat"), claims.get("exp")
        if claims.get("iss") != "gatehouse" or not _whole(issued) or not _whole(ends):
            return Verdict(act, Result.REFUSED, "unreadable")
        if ends - issued > LONGEST_S or issued * SECOND_US > now + TOLERANCE_S * SECOND_US:
            return Verdict(act, Result.REFUSED, "bad_time")
        if now > (ends + TOLERANCE_S) * SECOND_US:
            return Verdict(act, Result.EXPIRED)
        self._seen = {one: end for one, end in self._seen.items() if now <= (end + TOLERANCE_S) * SECOND_US}
        return Verdict(act, Result.DUPLICATE) if act in self._seen else None

    def _do(self, verb: str, claims: Claims, doors: Sequence[str], now: int) -> Verdict:
        act: str = claims["jti"]
        door = {f"{self._site}/{self._device}/{one}": one for one in doors}.get(str(claims.get("aud")))
        if door is None:
            return Verdict(act, Result.REFUSED, "wrong_audience")
        self._seen[act] = claims["exp"]
        done = self._unlock(door, claims, now) if verb == "unlock" else self._mode(door, claims, now)
        return Verdict(act, Result.ACCEPTED) if done else Verdict(act, Result.REFUSED, "unreadable")

    def _unlock(self, door: str, claims: Claims, now: int) -> bool:
        seconds = claims.get("seconds")
        if not _whole(seconds) or not 1 <= seconds <= MOST_S:
            return False
        self.release(door, claims["jti"], seconds, now)
        return True

    def _mode(self, door: str, claims: Claims, now: int) -> bool:
        mode, until = claims.get("mode"), claims.get("until")
        if mode not in set(_MODES):
            return False
        ends = 0
        if mode != Mode.NORMAL:
            if not _whole(until) or until * SECOND_US <= now:
                return False
            ends = until * SECOND_US
        self._change(door, Mode(mode), now)
        self.later(door, "mode", ends, lambda at: self._change(door, Mode.NORMAL, at))
        return True

    def _change(self, door: str, mode: Mode, at: int) -> None:
        self._happen(Kind.DOOR_MODE_CHANGED, at, door, mode=str(mode))
        self.move(door, _MODES[mode], at)


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40


def _raw(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _object(part: bytes) -> Claims:
    try:
        value = json.loads(_raw(part))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
