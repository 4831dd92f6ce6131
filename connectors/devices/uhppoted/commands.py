"""What a UHPPOTE controller is asked through uhppoted-mqtt, and how we prove ourselves to the gateway."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.devices.ordering import grantable_topic, need, published, written
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

CLIENT: Final = "gatehouse"
METHOD: Final = "open-door"
_REQUEST: Final = "requests/device/door/lock:open"
_DOOR: Final = re.compile(r"[1-4]\Z", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9]\d{0,9}\Z", re.ASCII)
_WORD: Final = 2**32 - 1
_DIGITS: Final = 6


def order(device: Device, door: Door, command: Command, keys: Keys, _estate: Estate) -> Order:
    """Write `open-door` with the act for a request-id; the controller's door delay ends it."""
    need(command, "A controller keeps the mode of a door until somebody changes it.", Verb.LOCK_DOWN)
    if command.verb is Verb.LOCK_DOWN:
        # A door that is "normally closed" turns away cards and exit buttons alike (its reasons 11 and 31).
        raise CommandImpossible("touches_egress", "Its lockdown would turn off the exit button as well.")
    root = grantable_topic(device)
    serial = _number(device.serial, "no_relay", "The estate does not name the controller's serial number.")
    card = _number(keys.card, "no_key", "This controller opens for a service card, and none is kept.")
    if not _DOOR.match(door.number):
        raise CommandImpossible("no_relay", "The number of this door is none of a controller's: 1 to 4.")
    reply_to = f"{root}/replies/{CLIENT}-{serial}"
    request: dict[str, object] = {
        "client-id": CLIENT,
        "request-id": command.act,
        "reply-to": reply_to,
        "device-id": serial,
        "door": int(door.number),
        "card-number": card,
        **_proofs(keys),
    }
    payload = _signed({"request": request}, keys)
    asked = published(f"{root}/{_REQUEST}", payload, command, response=reply_to)
    return replace(asked, kid=device.id if keys.signing else "")


def _number(text: str, reason: str, why: str) -> int:
    if not _NUMBER.match(text) or int(text) > _WORD:
        raise CommandImpossible(reason, why)
    return int(text)


def _proofs(keys: Keys) -> dict[str, object]:
    """Give what changes with each request: the password of its number, and the number itself."""
    if keys.counter < 1:
        if keys.hotp or keys.signing:
            raise CommandImpossible(
                "no_key", "A request that is proved needs a number used for nothing before."
            )
        return {}
    password = {"hotp": hotp(keys.hotp, keys.counter)} if keys.hotp else {}
    return {**password, "nonce": keys.counter}


def _signed(message: Mapping[str, object], keys: Keys) -> bytes:
    """Put the code of a message beside it, made of the very bytes that are sent."""
    inside = written(message)
    if not keys.signing:
        return b'{"message":%b}' % inside
    code = hmac.digest(keys.signing, inside, "sha256").hex().encode()
    return b'{"message":%b,"hmac":"%b"}' % (inside, code)


def hotp(secret: bytes, counter: int) -> str:
    """Give the one-time password of six digits (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0xF
    value = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{value % 10**_DIGITS:0{_DIGITS}d}"
