"""What a native device is asked: a token signed with the device's own key, void after five seconds. Pure.

The device believes nothing but the token (JWS compact, HS256): neither the broker nor the topic it came by.
"""

from typing import Final

import msgspec
from joserfc import jws
from joserfc.jwk import OctKey

from connectors.devices.ordering import lives_s
from core.commands import Command, Keys, Order, Verb
from core.doors import Mode
from core.errors import CommandImpossible
from core.model import Device, Door, Estate
from core.times import SECOND_US

ALGORITHM: Final = "HS256"
ISSUER: Final = "gatehouse"
KEY_BYTES: Final = 32
MOST_S: Final = 600
UNLOCK: Final = "cmd/unlock"
MODE: Final = "cmd/mode"
_MODES: Final = {Verb.HOLD: Mode.HELD, Verb.LOCK_DOWN: Mode.LOCKED_DOWN, Verb.RESTORE: Mode.NORMAL}


def order(device: Device, door: Door, command: Command, keys: Keys, _estate: Estate) -> Order:
    """Write what asks a device to act at a door; raises CommandImpossible."""
    if len(keys.signing) < KEY_BYTES:
        raise CommandImpossible("no_key", "This device has no key yet: issue one and put it in.")
    root = f"gatehouse/v1/{device.site}/{device.id}"
    lives = lives_s(command)
    issued = command.issued // SECOND_US
    claims = {
        "iss": ISSUER,
        "aud": audience(device, door.number),
        "jti": command.act,
        "iat": issued,
        "exp": issued + lives,
        **_wanted(command),
    }
    return Order(
        topic=f"{root}/{UNLOCK if command.verb is Verb.UNLOCK else MODE}",
        payload=_signed(claims, device, keys.signing),
        expiry_s=lives,
        response=f"{root}/reply/{command.act}",
        correlation=command.act.encode(),
        kid=device.id,
    )


def audience(device: Device, number: str) -> str:
    """Name the one door that a token is for."""
    return f"{device.site}/{device.id}/{number}"


def _wanted(command: Command) -> dict[str, object]:
    if command.verb is Verb.UNLOCK:
        if not 1 <= command.seconds <= MOST_S:
            raise CommandImpossible("unfit_length", f"A door can be released for 1 to {MOST_S} seconds.")
        return {"seconds": command.seconds}
    mode = str(_MODES[command.verb])
    if command.verb is Verb.RESTORE:
        return {"mode": mode}
    if command.until - command.issued < SECOND_US:
        raise CommandImpossible("unfit_length", "A hold or lockdown needs an end that is still to come.")
    return {"mode": mode, "until": command.until // SECOND_US}


def _signed(claims: dict[str, object], device: Device, key: bytes) -> bytes:
    header = {"alg": ALGORITHM, "kid": device.id}
    token = jws.serialize_compact(
        header, msgspec.json.encode(claims), OctKey.import_key(key), algorithms=[ALGORITHM]
    )
    return token.encode("ascii")
