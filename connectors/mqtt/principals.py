"""Who may do what at the broker: people never, devices each in their own subtree.

Usernames: `ingest`, `command`, `sealer`, `witness`, `health`, `demo`, and `<site>.<device>` for each device
(neither id can hold a dot). A client's id is its username, whatever it calls itself (docs/decisions/0013),
but the demo's. Passwords are random, 32 bytes, and lie in one file of mode 0600.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors.devices import FAMILIES, command_topics, filters
from connectors.mqtt.files import write_private
from core.errors import StartRefused
from core.model import Device, Estate

INGEST: Final = "ingest"
COMMAND: Final = "command"
SEALER: Final = "sealer"
WITNESS: Final = "witness"
HEALTH: Final = "health"
DEMO: Final = "demo"
CANARY_ROOT: Final = "gatehouse/canary"
CHECKPOINT_TOPIC: Final = "gatehouse/audit/checkpoint"
_PASSWORD_BYTES: Final = 32
_FILE: Final = "principals.json"


@dataclass(frozen=True, slots=True)
class Principal:
    """A name and a password at the broker; the password stays out of every repr."""

    username: str
    password: str = field(repr=False)


def device_username(device: Device) -> str:
    """Name a device's own account."""
    return f"{device.site}.{device.id}"


def load_principals(folder: Path) -> Mapping[str, Principal]:
    """Read every account of the embedded broker; raises StartRefused where there are none."""
    path = folder / _FILE
    try:
        passwords: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StartRefused(
            f"{path.name} can't be read ({type(error).__name__}): start `gatehouse.py run` once, "
            "which writes the embedded broker's accounts"
        ) from error
    return {name: Principal(name, password) for name, password in passwords.items()}


def load_principal(folder: Path, username: str) -> Principal:
    """Read one account; raises StartRefused when the broker knows no such name."""
    known = load_principals(folder)
    if username not in known:
        raise StartRefused(f"the embedded broker has no account '{username}'")
    return known[username]


def load_device_principals(folder: Path, devices: Iterable[Device]) -> Mapping[str, Principal]:
    """Read the accounts of these devices by device id; one the broker does not know is left out."""
    known = load_principals(folder)
    named = {device.id: device_username(device) for device in devices}
    return {device: known[name] for device, name in named.items() if name in known}


def keep_passwords(folder: Path, usernames: Iterable[str]) -> Mapping[str, Principal]:
    """Give each name its password, a new one only where it has none, and forget all other names."""
    try:
        before = load_principals(folder)
    except StartRefused:
        before = {}
    now = {name: before.get(name) or Principal(name, _new_password()) for name in usernames}
    if now != before:
        text = json.dumps({name: one.password for name, one in now.items()}, indent=1)
        write_private(folder / _FILE, text)
    return now


def access_list(estate: Estate, *, demo: bool) -> Mapping[str, tuple[str, ...]]:
    """Write each account's ACL lines, `<what> <topic filter>`; an account without lines may do nothing."""
    families = [family.rights for family in FAMILIES.values()]
    heard = _whole((*filters(estate), *(one for rights in families for one in rights.heard)))
    everybodys = (one for rights in families for one in rights.command)
    asked = (one for rights in families for one in rights.ask)
    own = {device_username(device): _own(device) for device in estate.devices.values()}
    lines = {
        INGEST: (
            *(f"read {one}" for one in heard),
            *(f"write {one}" for one in asked),
            f"readwrite {CANARY_ROOT}/{INGEST}",
        ),
        COMMAND: tuple(f"write {one}" for one in dict.fromkeys((*everybodys, *command_topics(estate)))),
        SEALER: (f"write {CHECKPOINT_TOPIC}",),
        WITNESS: (f"read {CHECKPOINT_TOPIC}",),
        HEALTH: ("read $SYS/#",),
        **own,
    }
    return lines | {DEMO: _demo(heard, own.values())} if demo else lines


def _own(device: Device) -> tuple[str, ...]:
    family = FAMILIES.get(device.family)
    return () if family is None else family.rights.own(device)


def _whole(found: Iterable[str]) -> tuple[str, ...]:
    """Leave out what would be read as another line, or as another topic, than it is."""
    return tuple(one for one in found if one.isprintable() and one == one.strip())


def _demo(heard: Iterable[str], devices: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Speak for every device, as ingest would hear it, and read everything."""
    said = (f"write {one}" for one in heard)
    own = (line for lines in devices for line in lines if not line.startswith("read "))
    return (*dict.fromkeys((*said, *own)), "read #", "read $SYS/#")


def _new_password() -> str:
    return secrets.token_urlsafe(_PASSWORD_BYTES)
