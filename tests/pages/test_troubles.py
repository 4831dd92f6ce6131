"""What is wrong is said in words for the phone: what it means, since when, and what to do."""

import dataclasses
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from core.times import MINUTE_US
from pages import troubles
from pages.device_phrases import Condition
from store.device_views import CountView, DeviceView, GapCount
from store.touch import SILENT_AFTER_US, Part, PartState
from store.views import SiteView

NOW = 1_790_000_000_000_000
BERLIN = SiteView(id="berlin", name="Berlin", time_zone="Europe/Berlin")
SITES = {"berlin": BERLIN, "rome": SiteView(id="rome", name="Rome", time_zone="Europe/Rome")}
HEARD = DeviceView(
    id="lobby",
    name="Lobby",
    site="berlin",
    family="gatehouse",
    topic="",
    serial="",
    heartbeat_s=30,
    online=True,
    silent=False,
    fault=None,
    since=NOW - 60 * MINUTE_US,
    heard=NOW,
    stale_at=NOW + MINUTE_US,
    firmware=None,
    boot="1",
    clock=None,
    doors=(),
    open_gaps=GapCount(),
    counts=(),
    floods=(),
    last=None,
)
OFFLINE = replace(HEARD, id="gate", name="Gate", online=False, since=NOW - 5 * MINUTE_US)
NEVER = replace(HEARD, id="new", name="New", online=None, heard=0, stale_at=0)


def part(name: str, state: PartState, ago: int = 0, **info: str | int) -> Part:
    return Part(name=name, state=state, at=NOW - ago, since=NOW - 10 * MINUTE_US, info=info)


def of_part(one: Part) -> troubles.Trouble | None:
    return troubles.of_part(one.name, one.name.title(), one, NOW)


# --- parts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["supervisor", "broker", "ingest", "web", "store", "simulator", "new part"])
def test_each_part_that_is_down_is_said_with_what_to_do_and_one_that_runs_is_not(name: str) -> None:
    said = of_part(part(name, PartState.DOWN))

    assert said is not None
    assert said.steps
    assert said.since == NOW - 10 * MINUTE_US
    assert of_part(part(name, PartState.OK)) is None


def test_a_part_that_has_gone_quiet_is_down_since_its_last_word() -> None:
    said = of_part(part("ingest", PartState.OK, ago=SILENT_AFTER_US + 1))

    assert said is not None
    assert (said.title, said.tone, said.since) == (
        "Nothing new is shown or recorded",
        "alarm",
        NOW - SILENT_AFTER_US - 1,
    )


def test_a_part_that_never_reported_is_down_since_nobody_knows_when() -> None:
    said = troubles.of_part("broker", "Message broker", None, NOW)

    assert said is not None
    assert (said.title, said.since) == ("The devices can't reach Gatehouse", 0)


@pytest.mark.parametrize(
    ("info", "title", "tone"),
    [
        ({"waiting": 40, "limited": 1}, "What happens is shown late", "warning"),
        ({"limited": 1}, "A device sends more than it may", "calm"),
        ({"cause": "its process is gone"}, "Ingest does not run well", "warning"),
    ],
)
def test_a_part_that_is_degraded_is_told_by_what_it_says(
    info: Mapping[str, str | int], title: str, tone: str
) -> None:
    said = of_part(dataclasses.replace(part("ingest", PartState.DEGRADED), info=info))

    assert said is not None
    assert (said.title, said.tone) == (title, tone)
    assert str(info.get("cause", "")) in said.meaning


def test_damage_of_the_log_is_an_alarm_that_says_what_was_found() -> None:
    said = of_part(part("ledger", PartState.DEGRADED, damage="record 300 was changed", trouble="x"))

    assert said is not None
    assert (said.title, said.tone) == ("The log is not what was sealed", "alarm")
    assert "record 300 was changed" in said.meaning


def test_a_part_may_take_its_time_to_start_but_not_for_ever() -> None:
    fresh = Part(name="ingest", state=PartState.STARTING, at=NOW, since=NOW - MINUTE_US)

    assert of_part(fresh) is None
    late = of_part(part("ingest", PartState.STARTING))
    assert late is not None
    assert late.title == "Ingest does not get started"


@pytest.mark.parametrize(("level", "tone"), [("low", "warning"), ("critical", "alarm")])
def test_a_disk_that_fills_up_is_worse_the_fuller_it_is(level: str, tone: str) -> None:
    said = of_part(part("store", PartState.DEGRADED, level=level))

    assert said is not None
    assert (said.tone, "free space" in said.meaning) == (tone, True)


# --- devices ------------------------------------------------------------------------------------------


def of_devices(*devices: DeviceView) -> list[troubles.Trouble]:
    return list(troubles.of_devices(devices, SITES, NOW))


def test_devices_that_are_away_are_named_with_the_longest_absence() -> None:
    (said,) = of_devices(HEARD, OFFLINE, replace(OFFLINE, id="yard", name="Yard", since=NOW - MINUTE_US))

    assert (said.title, said.tone, said.site) == ("Berlin: 2 devices are not heard", "alarm", "berlin")
    assert said.since == NOW - 5 * MINUTE_US
    assert said.lines == ("Gate: offline", "Yard: offline")


def test_a_site_of_which_nothing_is_heard_is_asked_for_its_power_and_network_first() -> None:
    (said,) = of_devices(OFFLINE, replace(OFFLINE, id="yard"))

    assert said.title == "Berlin: no device is heard"
    assert "whole site" in said.steps[0]


def test_devices_that_all_is_well_with_are_not_spoken_of() -> None:
    assert of_devices(HEARD, replace(HEARD, id="rome", site="rome")) == []


def test_what_is_missing_is_a_warning_and_what_is_forged_an_alarm() -> None:
    gap = replace(HEARD, open_gaps=GapCount(gaps=1, missing=7))
    (missing,) = of_devices(gap)
    forged = CountView(reason="device_mismatch", n=2, last=NOW - MINUTE_US)
    (worse,) = of_devices(gap, replace(HEARD, id="fake", name="Fake", counts=(forged,)))

    assert (missing.tone, missing.lines) == ("warning", ("Lobby: 1 gap, 7 missing",))
    assert worse.tone == "alarm"
    assert "Call at once" in worse.steps[0]
    assert worse.lines[0].startswith("Fake: ")


def test_what_was_never_there_is_told_calmly() -> None:
    (said,) = of_devices(HEARD, NEVER)

    assert (said.tone, said.lines) == ("calm", ("New",))
    assert troubles.verdict([said]) == "Everything works; there is something to know."


def test_a_disaster_is_named_as_far_as_one_reads_aloud() -> None:
    (said,) = of_devices(HEARD, *(replace(OFFLINE, id=f"d{n}", name=f"D{n}") for n in range(9)))

    assert len(said.lines) == 7
    assert said.lines[-1] == "and 3 others"


def test_a_name_can_not_turn_the_line_that_tells_of_it() -> None:
    (said,) = of_devices(HEARD, replace(OFFLINE, name="a\N{RIGHT-TO-LEFT OVERRIDE}b\nc"))

    assert said.lines == ("a⟨U+202E⟩b↵c: offline",)


# --- all of it ----------------------------------------------------------------------------------------


def test_the_worst_comes_first_and_gatehouse_before_its_sites() -> None:
    found = [
        *of_devices(OFFLINE, HEARD, NEVER),
        *(
            one
            for one in (of_part(part("web", PartState.DOWN)), of_part(part("ingest", PartState.DOWN)))
            if one
        ),
    ]
    ordered = troubles.worst_first(found)

    assert [one.key for one in ordered] == ["part-ingest", "away-berlin", "part-web", "never-berlin"]
    assert troubles.verdict(ordered) == "3 things are wrong."
    assert (troubles.verdict(ordered[:1]), troubles.verdict([])) == ("1 thing is wrong.", "Everything works.")


def test_every_way_to_be_away_is_known_here() -> None:
    calm = {one for one in Condition if one.look.tone == "calm"}

    assert {*troubles._AWAY, Condition.NEVER, *calm} == set(Condition)
