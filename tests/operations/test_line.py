"""The way to the devices: what is only tried uses nothing up."""

from pathlib import Path

import pytest

from connectors.mqtt.client import Broker
from core.commands import LIVES_US, Command, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate
from operations.device_keys import DeviceKeys
from operations.line import BrokerLine
from tests.auth.people import NOW

BOARD = Device(id="board", site="hq", family="uhppoted", topic="uhppoted/gateway", serial="405419896")
NATIVE = Device(id="native", site="hq", family="gatehouse")
ESTATE = Estate.of([], [BOARD, NATIVE], [])


def command(verb: Verb = Verb.UNLOCK) -> Command:
    return Command(act="0" * 26, verb=verb, issued=NOW, expires=NOW + LIVES_US, seconds=5, until=2 * NOW)


def door(device: Device) -> Door:
    return Door(id=f"door-{device.id}", site="hq", device=device.id, number="1", name="Door")


def line(data: Path) -> BrokerLine:
    return BrokerLine(lambda: Broker(host="127.0.0.1", port=1), data)


def test_a_command_that_is_tried_or_refused_uses_up_no_number_of_its_device(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    keys.put("board", hotp=b"12345678901234567890", card="1")
    for _ in range(12):
        with pytest.raises(CommandImpossible):
            line(tmp_path).order(BOARD, door(BOARD), command(Verb.LOCK_DOWN), estate=ESTATE)
        line(tmp_path).order(BOARD, door(BOARD), command(), estate=ESTATE)
    written = line(tmp_path).order(BOARD, door(BOARD), command(), estate=ESTATE)

    assert written.anew is not None
    sent = [written.anew().payload, written.anew().payload]
    assert [b'"nonce":%d' % number in one for number, one in zip((1, 2), sent, strict=True)] == [True, True]


def test_a_command_to_a_device_that_counts_nothing_is_sent_as_it_was_written(tmp_path: Path) -> None:
    DeviceKeys(tmp_path).issue("native")
    written = line(tmp_path).order(NATIVE, door(NATIVE), command(), estate=ESTATE)

    assert written.anew is None
    assert (written.expires, written.first) == (NOW + LIVES_US, True)
    assert not line(tmp_path).order(NATIVE, door(NATIVE), command(Verb.HOLD), estate=ESTATE).first


def test_a_device_whose_keys_are_revoked_meanwhile_is_sent_nothing(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    keys.put("board", hotp=b"12345678901234567890", card="1")
    written = line(tmp_path).order(BOARD, door(BOARD), command(), estate=ESTATE)
    keys.revoke("board")

    assert written.anew is not None
    with pytest.raises(CommandImpossible):
        written.anew()
