"""Doors to be unlocked on the stand: strict devices with keys, and people whose codes prove their acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import httpx
import pyotp

from auth.sessions import Actor, Person, Sessions
from bench.stand.stand import GROUP, POLICY, Stand, now_us
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.principals import load_device_principals
from connectors.simulator.device import NativeDevice
from connectors.simulator.driver import Fleet
from core.model import Device, Door, Estate, Site
from operations.device_keys import DeviceKeys
from settings import load_settings
from store.directory import Account, save_account
from store.estate import EstateDocument
from store.policies import apply_policy, current_policy

SITE: Final = "berlin"
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - of people who exist on the stand alone
SECONDS: Final = 1
_PATIENCE_S: Final = 30.0
# The console ends what is idle, which may be just when it is used again.
_EACH_ANEW: Final = httpx.Limits(max_keepalive_connections=0)


def door(number: int) -> str:
    """Name a door of the stand."""
    return f"door-{number:03}"


def doors(count: int) -> EstateDocument:
    """Give an estate of so many doors, each with a device of its own."""
    devices = (
        Device(id=f"panel-{n:03}", site=SITE, family="gatehouse", name=f"Panel {n}") for n in range(count)
    )
    made = (
        Door(id=door(n), site=SITE, device=f"panel-{n:03}", number="1", name=f"Door {n}")
        for n in range(count)
    )
    sites = (Site(id=SITE, name="Berlin", time_zone="Europe/Berlin"),)
    return EstateDocument(sites=sites, devices=tuple(devices), doors=tuple(made))


def issue_keys(stand: Stand) -> None:
    """Give each device a key that our side signs with."""
    keys = DeviceKeys(stand.folder)
    for device in stand.document.devices:
        keys.issue(device.id)


@contextmanager
def obeying(
    stand: Stand, make: Callable[..., NativeDevice] = NativeDevice, port: int | None = None
) -> Iterator[Fleet]:
    """Connect every device of the stand, each obeying its own key."""
    document, keys = stand.document, DeviceKeys(stand.folder)
    estate = Estate.of(document.sites, document.devices, document.doors)
    believed = {device.id: keys.believed(device.id) for device in document.devices}
    credentials = load_device_principals(stand.broker_files.folder, document.devices)
    with Fleet.of(estate, ADDRESS, port or stand.port, credentials, keys=believed, make=make) as fleet:
        fleet.wait_connected(30)
        yield fleet


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with an account, a session and a code a half-minute."""

    actor: Actor
    client: httpx.Client

    def ask(self, name: str, seconds: int = SECONDS) -> httpx.Response:
        """Press: ask for a door to be unlocked."""
        wish = {"action": "unlock", "target": {"door": name}, "reason": "a visitor", "seconds": seconds}
        return self.client.post("/acts", json=wish)

    def prove(self, act: str) -> httpx.Response:
        """Prove an act by the code of this half-minute."""
        return self.client.post(f"/acts/{act}/proof", json={"totp": pyotp.TOTP(SECRET).now()})

    def state(self, act: str) -> dict[str, Any]:
        """Ask how far an act has come."""
        return cast("dict[str, Any]", self.client.get(f"/acts/{act}").json())


def enter(stand: Stand, username: str) -> tuple[str, Actor]:
    """Make an account that proves by code, and begin a session of it; gives its cookie."""
    if current_policy(stand.db).version == 0:
        apply_policy(stand.db, POLICY, now_us(), "stand")
    one = Account(
        username=username, name=username.title(), password_hash="", groups=(GROUP,), totp_secret=SECRET
    )
    save_account(stand.db, one, now_us(), "stand")
    person = Person(subject=one.subject, name=one.name, groups=one.groups)
    sessions = Sessions(stand.db, load_settings(stand.environment()).sessions)
    return sessions.start(person, address=ADDRESS, agent="stand", now=now_us())


@contextmanager
def operators(stand: Stand, count: int, name: str = "guard") -> Iterator[list[Operator]]:
    """Sign in so many people, each at a browser of their own."""
    origin = f"http://localhost:{stand.web_port}"
    made: list[Operator] = []
    try:
        for number in range(count):
            cookie, actor = enter(stand, f"{name}-{number}")
            headers = {"origin": origin, "cookie": f"gatehouse={cookie}"}
            client = httpx.Client(base_url=origin, headers=headers, timeout=_PATIENCE_S, limits=_EACH_ANEW)
            made.append(Operator(actor, client))
        yield made
    finally:
        for one in made:
            one.client.close()
