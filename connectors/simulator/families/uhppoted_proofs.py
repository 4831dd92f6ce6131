"""How an uhppoted-mqtt gateway tells who asks: HMAC, one-time passwords, nonces and permissions. Pure.

It checks as the gateway's own sources do, in their order, and without what signs our requests. Where no
secret is kept it asks for none, which is how the gateway comes.
"""

import hmac
from collections.abc import Mapping
from random import Random
from typing import Final, TypeAlias

import msgspec

from connectors.simulator.speaking import compact
from core.commands import Keys

POLLER: Final = "facility"
OURS: Final = "gatehouse"
OPEN: Final = "device/door/lock:open"
# How many passwords ahead of the last one the gateway looks (`hotp.range`).
_AHEAD: Final = 8
_SECRET_BYTES: Final = 20
_DIGITS: Final = 6
_Words: TypeAlias = Mapping[str, object]


class _Signed(msgspec.Struct):
    """A message as it came, byte for byte, and the code beside it."""

    message: msgspec.Raw
    hmac: str | None = None


class _Message(msgspec.Struct):
    """What a message holds, where it is not encrypted."""

    request: dict[str, object]


class Proofs:
    """One gateway's secrets, and what its files remember of its clients: a replay is one after a reboot."""

    def __init__(self, known: Keys, random: Random) -> None:
        """Take what it knows us by, with the last number of ours that it has seen; the poller's is drawn."""
        self._mac = known.signing
        self._hotp = {OURS: known.hotp, POLLER: random.randbytes(_SECRET_BYTES)} if known.hotp else {}
        self._next = {OURS: known.counter + 1, POLLER: 1}
        self._nonces = {OURS: known.counter, POLLER: 0}
        self._polled = 0

    def believe(self, payload: bytes, verb: str) -> _Words:
        """Give what is asked; nothing where it can't be read, or who asks has not proved it."""
        try:
            signed = msgspec.json.decode(payload, type=_Signed)
            request = msgspec.json.decode(signed.message, type=_Message).request
        except (msgspec.MsgspecError, RecursionError):
            return {}
        if not self._intact(bytes(signed.message), signed.hmac):
            return {}
        return request if not self._hotp or self._proved(request, verb) else {}

    def wrap(self, message: _Words) -> bytes:
        """Write a message, with its code where the gateway has a key for that."""
        inside = compact(message)
        if not self._mac:
            return b'{"message":%b}' % inside
        code = hmac.digest(self._mac, inside, "sha256").hex().encode()
        return b'{"message":%b,"hmac":"%b"}' % (inside, code)

    def of_the_poller(self) -> dict[str, object]:
        """Prove the next request of the poller."""
        if POLLER not in self._hotp:
            return {}
        self._polled += 1
        return {"hotp": _password(self._hotp[POLLER], self._polled), "nonce": self._polled}

    def _intact(self, message: bytes, code: str | None) -> bool:
        if not self._mac:
            return True
        told = (code or "").encode()
        return hmac.compare_digest(hmac.digest(self._mac, message, "sha256").hex().encode(), told)

    def _proved(self, request: _Words, verb: str) -> bool:
        client, password, nonce = (request.get(name) for name in ("client-id", "hotp", "nonce"))
        if not isinstance(client, str) or client not in self._hotp or not isinstance(password, str):
            return False
        counter = self._next[client]
        found = [n for n in range(counter, counter + _AHEAD) if _password(self._hotp[client], n) == password]
        if not found:
            return False
        self._next[client] = found[0] + 1
        if not isinstance(nonce, int) or nonce <= self._nonces[client]:
            return False
        self._nonces[client] = nonce
        return verb != OPEN or client == OURS


def _password(secret: bytes, counter: int) -> str:
    """Give the password of a number (RFC 4226)."""
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0xF
    value = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return str(value)[-_DIGITS:].zfill(_DIGITS)
