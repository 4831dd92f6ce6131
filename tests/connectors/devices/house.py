"""A house with a device of every family, named as the makers' documents name theirs."""

from typing import Final

from core.model import Device, Door, Estate, Site

_SITE: Final = Site(id="berlin", name="Berlin", time_zone="Europe/Berlin")
# id: family, topic, serial, the zone of its clock where that is not the site's, its doors' numbers
_DEVICES: Final[dict[str, tuple[str, str, str, str, tuple[str, ...]]]] = {
    "controller": (
        "axis",
        "axis/ACCC8E012345",
        "ACCC8E012345",
        "",
        ("886283000.954262000.port:1.port:2-bell.port:3-exit.relay:4", "887000000.port:5-closed"),
    ),
    "intercom": ("axis", "axis/B8A44F0B1CF0", "", "", ("1",)),
    "vto": ("dahua", "DahuaVTO", "Device Serial Number", "", ("1", "2")),
    "station": ("doorbird", "doorbird/DEADBEEFFADE", "", "", ("front",)),
    "reader": ("esprfid", "rfid", "your esp-rfid hostname", "", ("1", "2")),
    "cellar-reader": ("esprfid", "rfid", "cellar", "", ()),
    "reader-alone": ("esprfid", "rfid/a1b2c3", "", "", ("1", "2")),
    "recorder": ("frigate", "frigate", "", "", ()),
    "add-on": ("hikvision", "hmd", "Front-door", "", ("1", "2")),
    "bell": ("homeassistant", "home/doorbell", "", "", ("state-bell",)),
    "lock": (
        "homeassistant",
        "home-assistant",
        "",
        "",
        ("frontdoor:state-lock.contact::open-open.frontdoor:set-command",),
    ),
    "smart-lock": ("nuki", "nuki/2BB28570", "", "", ("lock",)),
    "hub": ("nuki", "nukihub", "", "", ("lock",)),
    "mini": ("shelly", "wall/mini", "shelly1minig3-54320464a1d0", "", ("switch:0.input:1", "input:2-bell")),
    "plus": ("shelly", "wall/plus", "shellyplus1-08b61fd90730", "", ("switch:0",)),
    "switch": ("tasmota", "tasmota_switch", "", "", ("POWER.Switch1", "Button1-exit")),
    "plug": ("tasmota", "tasmota", "DVES_3D5E26", "", ("POWER",)),
    "board": ("uhppoted", "uhppoted/gateway", "405419896", "America/Los_Angeles", ("1", "2", "3", "4")),
    "second": ("uhppoted", "uhppoted/gateway", "303986753", "America/Los_Angeles", ()),
    "far": ("uhppoted", "elsewhere/gateway", "201020304", "America/Los_Angeles", ()),
    "access": ("unifi", "unifi/access/74ACB9D55B9C", "", "", ("main", "sidedoor")),
    "console": ("unifi", "unifi/access/0011223344FF", "", "", ()),
    "zigbee-lock": ("zigbee2mqtt", "zigbee2mqtt/FRIENDLY_NAME", "", "", ("self",)),
    "zigbee-contact": ("zigbee2mqtt", "zigbee2mqtt/hall/contact", "", "", ("self",)),
}
# Which doors a camera watches.
_CAMERAS: Final = {"vto/1": "front_cam", "add-on/1": "driveway"}


def _device(name: str) -> Device:
    family, topic, serial, zone, _ = _DEVICES[name]
    return Device(
        id=name, site="berlin", family=family, topic=topic, serial=serial, time_zone=zone, heartbeat_s=0
    )


def _door(device: str, number: str) -> Door:
    name = f"{device}/{number.partition('.')[0]}"
    return Door(
        id=name, site="berlin", device=device, number=number, name=name, camera=_CAMERAS.get(name, "")
    )


HOUSE: Final = Estate.of(
    [_SITE],
    [_device(name) for name in _DEVICES],
    [_door(name, number) for name, told in _DEVICES.items() for number in told[4]],
)
