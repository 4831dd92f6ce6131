"""A filter of the log is the same after it has been a URL, and a URL that names nothing is refused."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FilterInvalid
from core.log_filter import NO_REASON, PRESETS, AsOf, LogFilter, Preset, Span, of_query, to_query
from core.outcomes import Outcome
from core.records import REASONS, Kind
from core.times import DAY_US, HOUR_US, SECOND_US

IDS = st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True)
MOMENTS = st.integers(0, 4_102_444_800 * SECOND_US)
PERSONS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)


def sets(words: st.SearchStrategy[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(words, max_size=3)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    if draw(st.booleans()):
        return Span(preset=draw(st.sampled_from(Preset)))
    since, until = draw(st.none() | MOMENTS), draw(MOMENTS)
    if since is not None and since >= until:
        return Span(since=since)
    return Span(since=since, until=until)


FILTERS = st.builds(
    LogFilter,
    sites=sets(IDS),
    doors=sets(IDS),
    kinds=st.frozensets(st.sampled_from(Kind), max_size=3),
    outcomes=st.frozensets(st.sampled_from(Outcome), max_size=3),
    reasons=sets(st.sampled_from(sorted(REASONS | {NO_REASON}))),
    device=st.none() | IDS,
    person=st.none() | PERSONS,
    span=st.none() | spans(),
)


@given(FILTERS)
def test_any_combination_is_read_back_from_the_url_it_was_written_to(wanted: LogFilter) -> None:
    url = urlencode(to_query(wanted))

    assert of_query(dict(parse_qsl(url))) == wanted


@given(FILTERS)
def test_a_filter_is_always_written_the_same_way_and_says_only_what_it_asks(wanted: LogFilter) -> None:
    query = to_query(wanted)

    assert to_query(of_query(query)) == query
    assert "" not in query.values()


def test_what_is_no_part_of_the_filter_is_left_alone() -> None:
    query = {"site": "berlin,paris", "before": "7", "record": "9", "kind": ""}

    assert of_query(query) == LogFilter(sites=frozenset({"berlin", "paris"}))
    assert to_query(of_query(query)) == {"site": "berlin,paris"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("site", "Berlin"),
        ("site", "a" * 65),
        ("door", "lobby,<b>"),
        ("kind", "access.grant"),
        ("kind", "access.granted,door"),
        ("outcome", "good"),
        ("reason", "because"),
        ("device", "a,b"),
        ("device", "../x"),
        ("person", "9" * 201),
        ("person", "\ud800"),
        ("when", "8d"),
        ("from", "2026-03-01"),
        ("from", "2026-03-01T08:00:00"),
        ("from", "1969-12-31T23:59:59Z"),
        ("to", "tomorrow"),
        ("to", "99999-01-01T00:00:00Z"),
        ("to", "2200-01-01T00:00:00Z"),
        ("from", "9999-12-31T23:59:59-23:00"),
    ],
)
def test_a_word_that_is_none_is_refused_and_named(name: str, word: str) -> None:
    with pytest.raises(FilterInvalid, match=f"{name}=") as refused:
        of_query({name: word})

    assert refused.value.what == name


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"kind": "door.bang"}, "there is no such event called 'door.bang' (kind= in the address)"),
        ({"kind": "a\x1b[31m"}, "there is no such event (kind= in the address)"),
        ({"from": "noon"}, "the beginning of the time can't be read (from= in the address): choose it anew"),
        (
            {"to": "1969-12-31T23:59:59Z"},
            "the end of the time is before 1970 (to= in the address): choose a later one",
        ),
    ],
)
def test_a_refusal_can_be_read_out_by_who_knows_no_addresses(query: dict[str, str], words: str) -> None:
    with pytest.raises(FilterInvalid) as refused:
        of_query(query)

    assert str(refused.value) == words


def test_the_word_for_no_reason_is_no_reason_of_records() -> None:
    assert NO_REASON not in REASONS


def test_a_refusal_repeats_no_more_than_can_be_read() -> None:
    for word in ("x" * 5_000, "a\x1b[31m"):
        with pytest.raises(FilterInvalid) as refused:
            of_query({"kind": word})
        assert word not in str(refused.value)


@pytest.mark.parametrize(
    "query",
    [
        {"when": "today", "from": "2026-03-01T08:00:00Z"},
        {"when": "7d", "to": "2026-03-01T08:00:00Z"},
        {"from": "2026-03-01T09:00:00Z", "to": "2026-03-01T08:00:00Z"},
        {"from": "2026-03-01T09:00:00+01:00", "to": "2026-03-01T08:00:00Z"},
    ],
)
def test_a_time_that_contradicts_itself_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(FilterInvalid):
        of_query(query)


def test_the_same_moment_in_any_offset_is_the_same_filter() -> None:
    written = [{"from": text} for text in ("2026-03-01T08:00:00+01:00", "2026-03-01T07:00:00Z")]

    assert of_query(written[0]) == of_query(written[1])
    assert to_query(of_query(written[0])) == {"from": "2026-03-01T07:00:00Z"}


@pytest.mark.parametrize(
    ("kinds", "outcomes", "left"),
    [
        ((), (), None),
        ((Kind.CALL_MISSED,), (), {Kind.CALL_MISSED}),
        ((), (Outcome.MISSED,), {Kind.CALL_MISSED}),
        ((Kind.CALL_MISSED, Kind.CALL_ENDED), (Outcome.MISSED, Outcome.ANSWERED), {Kind.CALL_MISSED}),
        ((Kind.CALL_ENDED,), (Outcome.MISSED,), set()),
    ],
)
def test_kinds_and_outcomes_leave_what_is_in_both(
    kinds: tuple[Kind, ...], outcomes: tuple[Outcome, ...], left: set[Kind] | None
) -> None:
    assert LogFilter(kinds=frozenset(kinds), outcomes=frozenset(outcomes)).wanted_kinds == left


def us(year: int, month: int, day: int, hour: int = 0, minute: int = 0, zone: str = "UTC") -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()) * SECOND_US


NOON = us(2026, 7, 14, 12, zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("preset", "since", "until"),
    [
        ("1h", NOON - HOUR_US, None),
        ("24h", NOON - DAY_US, None),
        ("today", us(2026, 7, 14, zone="Europe/Berlin"), None),
        ("yesterday", us(2026, 7, 13, zone="Europe/Berlin"), us(2026, 7, 14, zone="Europe/Berlin")),
        ("7d", NOON - 7 * DAY_US, None),
        ("30d", NOON - 30 * DAY_US, None),
        ("365d", NOON - 365 * DAY_US, None),
    ],
)
def test_a_preset_is_a_time_at_the_site(preset: str, since: int, until: int | None) -> None:
    assert Span(preset=Preset(preset)).bounds(AsOf(NOON, ZoneInfo("Europe/Berlin"))) == (since, until)


def test_each_preset_has_words_for_people() -> None:
    assert set(PRESETS) == set(Preset)
    assert len(set(PRESETS.values())) == len(Preset)


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 30), 23), ((2026, 10, 26), 25)],
)
def test_yesterday_is_as_long_as_that_day_was(day: tuple[int, int, int], hours: int) -> None:
    since, until = Span(preset=Preset.YESTERDAY).bounds(
        AsOf(us(*day, 9, zone="Europe/Berlin"), ZoneInfo("Europe/Berlin"))
    )

    assert until is not None
    assert until - since == hours * HOUR_US


def test_the_day_of_the_site_is_not_the_day_of_utc() -> None:
    late = int(datetime(2026, 7, 14, 22, 30, tzinfo=UTC).timestamp()) * SECOND_US
    begins = [
        Span(preset=Preset.TODAY).bounds(AsOf(late, ZoneInfo(zone)))[0] for zone in ("UTC", "Asia/Singapore")
    ]

    assert begins == [us(2026, 7, 14), us(2026, 7, 15, zone="Asia/Singapore")]


def test_times_that_are_given_are_taken_as_they_are() -> None:
    zone = ZoneInfo("UTC")

    assert Span(since=5, until=9).bounds(AsOf(NOON, zone)) == (5, 9)
    assert Span(since=5).bounds(AsOf(NOON, zone)) == (5, None)
    assert Span(until=9).bounds(AsOf(NOON, zone)) == (0, 9)
