"""What is said of devices, and how the words of others are made fit to be looked at."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import FAMILIES
from core.records import NOT_BELIEVED_REASONS
from core.times import DAY_US, HOUR_US, SECOND_US
from pages import device_phrases as phrases
from pages.foreign import toml_string, visible
from pages.strangers import snippet
from store.device_details import Stranger
from store.device_views import ClockView, CountView, DeviceView, FloodView, GapCount
from store.estate import parse_estate

CAN = {name: family.capabilities for name, family in FAMILIES.items()}
NOW = 1_790_000_000 * SECOND_US
SITES = '[[sites]]\nid = "berlin"\nname = "Berlin"\ntime_zone = "Europe/Berlin"\n'


def view(**changes: Any) -> DeviceView:
    plain: dict[str, Any] = {
        "id": "d",
        "name": "D",
        "site": "berlin",
        "family": "gatehouse",
        "topic": "",
        "serial": "",
        "heartbeat_s": 30,
        "online": True,
        "silent": False,
        "fault": None,
        "since": NOW,
        "heard": NOW,
        "stale_at": NOW + 90 * SECOND_US,
        "firmware": None,
        "boot": "",
        "clock": None,
        "doors": (),
        "open_gaps": GapCount(),
        "counts": (),
        "floods": (),
        "last": None,
    }
    return DeviceView(**plain | changes)


C = phrases.Condition


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, C.HEARD),
        ({"online": False}, C.OFFLINE),
        ({"online": False, "fault": "boot_went_back"}, C.OFFLINE),
        ({"fault": "boot_went_back"}, C.FAULTY),
        ({"silent": True}, C.SILENT),
        ({"stale_at": NOW}, C.SILENT),
        ({"online": None, "stale_at": NOW}, C.SILENT),
        ({"online": None, "stale_at": NOW, "heartbeat_s": 0}, C.QUIET),
        ({"online": None, "heard": 0, "stale_at": 0}, C.NEVER),
        ({"online": None}, C.HEARD),
    ],
)
def test_a_device_is_what_vouches_for_it(changes: dict[str, Any], expected: phrases.Condition) -> None:
    assert phrases.condition(view(**changes), NOW) is expected


FORGED = CountView(reason="site_mismatch", n=1, last=NOW)


@pytest.mark.parametrize(
    ("changes", "said", "attention"),
    [
        ({}, [], False),
        ({"counts": (FORGED,)}, ["forged 1"], True),
        ({"counts": (CountView(reason="site_mismatch", n=1, last=NOW - DAY_US),)}, ["forged 1"], False),
        (
            {"counts": (CountView(reason="limited", n=9, last=NOW), CountView(reason="nul", n=2, last=NOW))},
            ["2 not understood", "9 over a limit so far"],
            False,
        ),
        ({"counts": (CountView(reason="duplicate", n=14, last=NOW),)}, [], False),
        (
            {"counts": (CountView(reason="sequence_back", n=2, last=NOW),)},
            ["numbering went back 2 times"],
            True,
        ),
        ({"open_gaps": GapCount(gaps=2, missing=14)}, ["2 gaps, 14 missing"], True),
        ({"open_gaps": GapCount(gaps=1, endless=True)}, ["1 gap, length not known"], True),
        ({"open_gaps": GapCount(gaps=2, missing=4, endless=True)}, ["2 gaps, 4 or more missing"], True),
        (
            {"floods": (FloodView(bucket="rate", since=NOW, n=1_234),), "counts": (FORGED,)},
            ["forged 1", "limited since 14:13 +00:00 (1,234 over)"],
            True,
        ),
        ({"clock": ClockView(offset_us=3_200_000, at=NOW, wrong=True)}, ["clock +3.2 s"], True),
        ({"clock": ClockView(offset_us=3_200_000, at=NOW, wrong=False)}, [], False),
    ],
)
def test_what_comes_of_a_device_is_said_in_few_words(
    changes: dict[str, Any], said: list[str], *, attention: bool
) -> None:
    one = view(**changes)

    assert [chip.text for chip in phrases.chips(one, NOW, "UTC")] == said
    assert phrases.needs_attention(one, NOW) is attention


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (0, "+0.0 s"),
        (-1_500_000, "\N{MINUS SIGN}1.5 s"),
        (61 * SECOND_US, "+1 min 01 s"),
        (-2 * HOUR_US, "\N{MINUS SIGN}2 h 00 min"),
    ],
)
def test_an_offset_has_a_sign_and_a_unit(us: int, said: str) -> None:
    assert phrases.offset(us) == said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("door.opened", "recorded: Door opened"),
        ("feed.forged: site_mismatch", "False identity in message: Forged: another site"),
        ("status, door.opened", "read as its status, recorded: Door opened"),
        ("limited", "over a limit, not recorded by itself"),
        ("something new", "something new"),
    ],
)
def test_what_became_of_a_message_is_said_in_words(said: str, expected: str) -> None:
    assert phrases.verdict(said) == expected


def test_every_family_is_described_in_words() -> None:
    for can in CAN.values():
        name, meaning = phrases.trust(can)
        assert name
        assert meaning.endswith(".")
        assert all(text.endswith(".") for _, text in phrases.abilities(can))


# --- words of others ----------------------------------------------------------------------------------


@given(st.text())
def test_nothing_in_a_shown_word_is_invisible(text: str) -> None:
    shown = visible(text)

    assert not {unicodedata.category(one)[0] for one in shown} & {"C"}
    assert not {"\u2028", "\u2029"} & set(shown)


# What ingest makes of a topic is printable, and no other could be in an estate.
TOPICS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="+#/"),
    min_size=1,
    max_size=60,
)


@given(
    family=st.sampled_from(sorted(FAMILIES)),
    name=st.text(st.characters(codec="utf-8"), min_size=1),
    topic=TOPICS,
    title=st.text(st.characters(codec="utf-8"), max_size=60),
)
def test_the_lines_that_claim_a_stranger_are_an_estate_whatever_it_calls_itself(
    family: str, name: str, topic: str, title: str
) -> None:
    name = f"berlin/{name}" if family == "gatehouse" else name
    one = Stranger(family=family, name=name, topic=topic, title=title, text="", n=1, first=0, last=0)
    written = snippet(one, "berlin", CAN)
    document = parse_estate(f"{SITES}\n{written}")

    assert [device.family for device in document.devices] == [family]
    assert all(visible(line) == line for line in written.splitlines())


def test_a_toml_string_reads_the_same() -> None:
    assert toml_string('a"\\\u202e\x7f') == '"a\\"\\\\\\u202E\\u007F"'


@pytest.mark.parametrize("code", sorted(NOT_BELIEVED_REASONS))
def test_each_reason_not_to_understand_a_message_is_explained(code: str) -> None:
    name, meaning = phrases.reason(code)

    assert name
    assert meaning
