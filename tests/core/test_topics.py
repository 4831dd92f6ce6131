"""Who speaks under a topic, and what it costs to find out."""

from dataclasses import dataclass, field, replace

import pytest

from core.model import Device, Estate


def device(name: str, topic: str, family: str = "axis") -> Device:
    return Device(id=name, site="berlin", family=family, topic=topic)


ESTATE = Estate.of(
    [],
    [
        device("prefix", "axis"),
        device("deep", "axis/a/b"),
        device("twin", "axis/a/b"),
        device("slash", "home/"),
        device("mute", ""),
        device("other", "axis/a/b/c/d/e", "shelly"),
    ],
    [],
)


@pytest.mark.parametrize(
    ("topic", "names", "rest"),
    [
        ("axis", ["prefix"], ""),
        ("axis/x", ["prefix"], "x"),
        ("axis/a", ["prefix"], "a"),
        ("axis/a/bc", ["prefix"], "a/bc"),
        ("axis/a/b", ["deep", "twin"], ""),
        ("axis/a/b/c/d", ["deep", "twin"], "c/d"),
        ("axis/a/b//c/", ["deep", "twin"], "/c/"),
        ("axis/", ["prefix"], ""),
        ("home/", ["slash"], ""),
        ("home//state", ["slash"], "state"),
        ("home/state", [], "home/state"),
        ("/axis", [], "/axis"),
        ("", [], ""),
        ("kitchen/toaster", [], "kitchen/toaster"),
    ],
)
def test_the_longest_fitting_topic_says_who_speaks(topic: str, names: list[str], rest: str) -> None:
    found, left = ESTATE.under("axis", topic)

    assert ([one.id for one in found], left) == (names, rest)


@dataclass
class Counted(dict[tuple[str, str], tuple[Device, ...]]):
    """Look-ups by topic that are counted."""

    asked: list[int] = field(default_factory=list)

    def get(self, key: tuple[str, str], default: object = None) -> object:  # type: ignore[override]  # all we need
        self.asked.append(len(key[1]))
        return super().get(key, default)


@pytest.mark.parametrize("start", ["", "axis/", "axis/a/b/", "axis/a/"])
def test_a_topic_of_thirty_thousand_levels_costs_no_more_look_ups_than_the_estate_has_levels(
    start: str,
) -> None:
    counted = Counted()
    counted.update(ESTATE.by_topic)
    estate = replace(ESTATE, by_topic=counted)

    found, rest = estate.under("axis", start + "x/" * 30_000)

    assert (not found) == (start == "")
    assert rest.endswith("x/")
    assert len(counted.asked) <= estate.depths["axis"] == 3
    assert sum(counted.asked) < 1_000


def test_a_family_without_a_device_costs_no_look_up() -> None:
    counted = Counted()

    assert replace(ESTATE, by_topic=counted).under("nuki", "a/b/c") == ((), "a/b/c")
    assert not counted.asked
