"""The poison corpus on every topic of the families whose topics are set on the device."""

from itertools import product

import pytest

from connectors.devices import FAMILIES
from connectors.devices.shelly.messages import DISCOVERY
from tests.connectors.devices.wall import Wall, grants, hold
from tests.failing import failing

WALLS = (
    Wall("shelly", "wall/a", ("switch:0.input:1", "input:2-bell", "input:3-exit")),
    Wall("tasmota", "hall", ("POWER.Switch1", "Switch2-bell", "Button1-exit")),
    Wall("zigbee2mqtt", "zigbee2mqtt/lock", ("self",)),
    Wall("zigbee2mqtt", "zigbee2mqtt", ("front_lock.front_contact",)),
    Wall("nuki", "nuki/1", ("lock",)),
)
POISON = {
    "deep list": b"[" * 60_000,
    "deep object": b'{"a":' * 12_000,
    "NaN": b'{"ts":NaN,"contact":true}',
    "past all bounds": b'{"contact":1e999}',
    "lone surrogate": b'{"action":"\\ud800"}',
    "NUL by escape": b'{"action":"\\u0000"}',
    "raw NUL": b"true\0",
    "twin names": b'{"contact":true,"contact":false}',
    "UTF-16": '{"contact":true}'.encode("utf-16"),
    "no UTF-8": b"\xff",
    "endless digits": b"9" * 5_000,
    "endless integer": b'{"last_seen":' + b"9" * 5_000 + b"}",
    "no end": b'{"method":"NotifyStatus","params":{"ts":1',
    "RTL override": "\u202eON".encode(),
    "markup": b"<script>",
    "null": b"null",
    "too large": b" " * 70_000,
    "far future": b'{"Time":"9999-12-31T23:59:59","Switch1":"ON","last_seen":"9999-12-31T23:59:59Z"}',
    "time past all bounds": b'{"method":"NotifyStatus","params":{"ts":1e308,"switch:0":{"output":true}}}',
    "push past all bounds": b'{"method":"NotifyEvent","params":{"events":['
    b'{"component":"input:2","event":"single_push","ts":1e300}]}}',
    "line past all bounds": b'[{"index":99999999999999999999999,"type":"LockAction","action":"Unlock"}]',
}


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: f"{wall.family} {wall.topic}")
def test_poison_raises_nowhere_and_opens_nothing(wall: Wall) -> None:
    heard = [one for one in FAMILIES[wall.family].filters(wall.estate) if one != DISCOVERY]

    def swallow(one: tuple[str, str, bool]) -> None:
        name, filter_, retain = one
        items = wall.hear_at(filter_.replace("+", "RESULT"), POISON[name], retain=retain)
        hold(items)
        assert not grants(items)

    assert heard
    assert failing(swallow, product(POISON, heard, (True, False))) == []
