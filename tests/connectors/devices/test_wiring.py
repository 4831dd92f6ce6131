"""The numbers of doors that relays and inputs make."""

import pytest

from connectors.devices.wiring import Wire, parts, wired, wires
from tests.connectors.devices.wall import Wall


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("switch:0", (Wire("switch:0"),)),
        ("switch:0.input:1-open", (Wire("switch:0"), Wire("input:1", "open"))),
        ("POWER1-holds.Button1-exit", (Wire("POWER1", "holds"), Wire("Button1", "exit"))),
        ("front-lock.yard-bell", (Wire("front-lock"), Wire("yard", "bell"))),
        ("-bell", (Wire("-bell"),)),
        ("1", (Wire("1"),)),
    ],
)
def test_a_number_lists_parts_and_their_roles(number: str, expected: tuple[Wire, ...]) -> None:
    assert wires(number) == expected


def test_a_part_may_serve_several_doors_in_several_roles() -> None:
    estate = Wall("shelly", "t", ("switch:0.input:0", "switch:1.input:0-open")).estate

    assert [(door.id, role) for door, role in wired(estate, "dev", "input:0")] == [
        ("switch:0.input:0", ""),
        ("switch:1.input:0-open", "open"),
    ]
    assert parts(estate, "dev") == ("switch:0", "input:0", "switch:1")
    assert wired(estate, "other", "input:0") == ()
