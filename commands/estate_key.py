"""`gatehouse.py estate key issue|rotate|revoke|list`: what devices know our commands by."""

import base64
import binascii
from argparse import Namespace
from typing import Final

from commands.from_here import need_network
from commands.io import asked, operator
from core.errors import Invalid
from core.model import Device, Estate
from operations.device_keys import DeviceKeys
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.estate import load_estate, note_key
from store.opening import open_database

_OURS: Final = "gatehouse"
_THEIRS: Final = "uhppoted"
_ONCE: Final = "This is shown once and never again: put it into {device} as its {which}."
_THEN: Final = """\
The old key stays in use. Once the device accepts this one too, say `estate key rotate --use {device}`; take
the old one out of the device after that, never before."""


def main(arguments: Namespace, settings: Settings) -> int:
    """Do it with its record; secrets come from standard input and are shown at most once."""
    db = open_database(settings.data)
    keys, estate = DeviceKeys(settings.data), load_estate(db)
    if arguments.deed == "list":
        print("\n".join(f"{one:<24} {keys.standing(one)}" for one in sorted(estate.devices)))
        return 0
    device = _named(estate, arguments.device)
    need_network(db, settings, "estate")
    if arguments.deed == "revoke":
        # Before its record: a full disk must not keep a lost key valid.
        keys.revoke(device.id)
        _note(db, device, "key_revoked")
        print(f"{device.id} is asked for nothing any more; take the key out of the device as well")
        return 0
    need_room(db)
    if arguments.deed == "issue":
        _issue(db, keys, device, arguments)
    else:
        _rotate(db, keys, device, use=arguments.use)
    return 0


def _named(estate: Estate, name: str) -> Device:
    device = estate.devices.get(name)
    if device is None:
        raise Invalid(f"the estate has no device '{name}': import it first, or look at `estate key list`")
    return device


def _note(db: Database, device: Device, action: str) -> None:
    note_key(db, device, action, now=now_us(), by=operator())


def _issue(db: Database, keys: DeviceKeys, device: Device, arguments: Namespace) -> None:
    wanted = [one for one in ("hotp", "hmac", "card") if getattr(arguments, one)]
    if device.family == _THEIRS and wanted:
        _keep(keys, device, wanted)
        _note(db, device, "key_kept")
        print(f"kept for {device.id}: {', '.join(wanted)}")
        return
    if device.family == _THEIRS:
        raise Invalid("say which of --hotp, --hmac and --card to read; the gateway draws them, not we")
    _need_ours(device)
    if wanted:
        raise Invalid(f"{device.id} knows our own keys only: leave --{wanted[0]} out")
    key = keys.issue(device.id)
    _note(db, device, "key_issued")
    _show(device, key, "key")


def _keep(keys: DeviceKeys, device: Device, wanted: list[str]) -> None:
    told = {one: asked(f"{one}: ").strip() for one in wanted}
    if not all(told.values()):
        raise Invalid("standard input ended too early: one line each for --hotp, --hmac and --card")
    card = told.get("card", "")
    if card and not (card.isascii() and card.isdigit()):
        raise Invalid("the number of a card has digits only")
    hotp, signing = _base32(told.get("hotp", "")), told.get("hmac", "").encode()
    keys.put(device.id, hotp=hotp, signing=signing, card=card)


def _base32(text: str) -> bytes:
    plain = text.replace(" ", "").upper().rstrip("=")
    try:
        return base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error:
        raise Invalid("the HOTP secret is no base32: copy it as the gateway's file has it") from None


def _rotate(db: Database, keys: DeviceKeys, device: Device, *, use: bool) -> None:
    _need_ours(device)
    if use:
        keys.use(device.id)
        _note(db, device, "key_rotated")
        print(f"{device.id} is asked with the next key from now on; take the old one out of the device")
        return
    key = keys.prepare(device.id)
    _note(db, device, "key_prepared")
    _show(device, key, "next key")
    print(_THEN.format(device=device.id))


def _need_ours(device: Device) -> None:
    if device.family != _OURS:
        raise Invalid(f"{device.id} is of the family {device.family}, which knows no keys that we draw")


def _show(device: Device, key: bytes, which: str) -> None:
    print(base64.urlsafe_b64encode(key).rstrip(b"=").decode())
    print(_ONCE.format(device=device.id, which=which))
