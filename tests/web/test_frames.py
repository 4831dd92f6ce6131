"""The frames of the live stream: whatever happens where, nobody is sent what their rights do not cover."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.leaf import Detail, canonical
from core.permissions import READS, Permission
from core.records import KINDS, Kind, classes
from store.queries import Wall
from store.rows import Row
from store.tail import Batch
from store.views import GapView, Tile, rec_of
from web.frames import RECORDS_A_FRAME, Beat, Reading, joined, prepare, wall_frames

SITES = ("berlin", "paris", "rome")
LIVE = classes(*READS[Permission.LIVE_VIEW])
PERSON = ("u-7", "Ada Lovelace", "****5538")
site = st.sampled_from(SITES)
sites = st.frozensets(site)
readings = st.builds(Reading, sites, sites)


def row(number: int, kind: Kind, where: str | None) -> Row:
    person, name, credential = PERSON
    detail = Detail({"person": person, "credential": credential}, {"person": "00"})
    leaf = canonical({"v": 1, "kind": kind.value})
    return Row(number, 5, 5, kind, where, f"{where}-door", "dev", leaf, msgspec.json.encode(detail), name)


def tile(where: str, changed: int, *, online: bool | None = True) -> Tile:
    return Tile(
        door=f"{where}-door",
        site=where,
        name="Door",
        device="dev",
        sensor=True,
        position="open",
        lock="unknown",
        mode="normal",
        alarm="none",
        since=5,
        online=online,
        stale_at=9,
        changed=changed,
    )


@st.composite
def batches(draw: st.DrawFn, after: int = 10) -> Batch:
    where = draw(
        st.lists(st.tuples(st.sampled_from(sorted(Kind)), site | st.none()), min_size=1, max_size=12)
    )
    rows = tuple(row(after + number, kind, place) for number, (kind, place) in enumerate(where, start=1))
    doors = tuple(tile(place, after + 1) for place in draw(sites))
    gaps = tuple(
        GapView(id=11 + SITES.index(place), device="dev", site=place, missing=after, opened=5)
        for place in draw(sites)
    )
    return Batch(after=after, head=rows[-1].id, rows=rows, doors=doors, gaps=gaps)


def decoded(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text is not None else {"records": [], "doors": [], "calls": [], "gaps": []}


@given(batch=batches(), reading=readings, sent=st.integers(0, 25))
def test_a_frame_holds_what_its_reader_may_see_and_no_more(batch: Batch, reading: Reading, sent: int) -> None:
    frame = decoded(prepare(batch, frozenset(SITES)).frame(reading, sent))

    expected = [r for r in batch.rows if r.site in reading.sites and r.kind in LIVE and r.id > sent]
    assert [rec["id"] for rec in frame["records"]] == [r.id for r in expected]
    assert {one["site"] for one in frame["doors"]} == {t.site for t in batch.doors} & reading.sites
    assert {one["site"] for one in frame["gaps"]} == {g.site for g in batch.gaps} & reading.sites
    for rec in frame["records"]:
        person = (rec.get("person"), rec.get("name"), rec.get("credential"))
        assert person == (PERSON if rec["site"] in reading.names else (None, None, None))


@given(batch=batches(), reading=readings)
def test_a_foreign_site_is_not_even_named(batch: Batch, reading: Reading) -> None:
    text = prepare(batch, frozenset(SITES)).frame(reading, 0) or ""

    assert not any(foreign in text for foreign in set(SITES) - reading.sites)


@given(batch=batches(), watched=sites, reading=readings)
def test_encoding_only_what_is_watched_changes_no_frame(
    batch: Batch, watched: frozenset[str], reading: Reading
) -> None:
    narrow = Reading(reading.sites & watched, reading.names)

    assert prepare(batch, watched).frame(narrow, 0) == prepare(batch, frozenset(SITES)).frame(narrow, 0)


@given(first=batches(), second=batches(30), reading=readings, sent=st.integers(0, 45))
def test_batches_that_are_joined_show_what_they_show_one_by_one(
    first: Batch, second: Batch, reading: Reading, sent: int
) -> None:
    batches_ = tuple(prepare(batch, frozenset(SITES)) for batch in (first, second))
    apart = [decoded(one.frame(reading, sent)) for one in batches_]
    together = decoded(joined(batches_).frame(reading, sent))

    assert together["records"] == [rec for frame in apart for rec in frame["records"]]
    assert together["doors"] == list({one["door"]: one for frame in apart for one in frame["doors"]}.values())
    assert together["gaps"] == list({one["id"]: one for frame in apart for one in frame["gaps"]}.values())
    assert together["records"] == [] or together["id"] == together["records"][-1]["id"]


def test_a_frame_of_states_alone_ends_where_its_viewer_is() -> None:
    rows = (row(11, Kind.DOOR_OPENED, "paris"), row(12, Kind.DOOR_OPENED, "rome"))
    batch = prepare(Batch(after=10, head=12, rows=rows, doors=(tile("berlin", 9),)), frozenset(SITES))
    frame = decoded(batch.frame(Reading(frozenset({"berlin"}), frozenset()), 10, 7))

    assert (frame["records"], frame["id"]) == ([], 7)


@given(reading=readings)
def test_a_beat_speaks_of_ones_own_doors(reading: Reading) -> None:
    stale = {place: {f"{place}-door": number} for number, place in enumerate(SITES)}
    beat = decoded(Beat(head=7, now=9, stale=stale).frame(reading, 8))

    assert (beat["type"], beat["id"], beat["now"]) == ("beat", 8, 9)
    assert set(beat["heard"]) == {f"{place}-door" for place in reading.sites}


@given(count=st.integers(0, 3 * RECORDS_A_FRAME + 1), beyond=st.integers(0, 3))
def test_a_long_snapshot_is_cut_into_frames_that_end_at_ones_newest_record(count: int, beyond: int) -> None:
    records = tuple(rec_of(row(n, Kind.DOOR_OPENED, "rome"), named=False) for n in range(1, count + 1))
    end = count + beyond
    wall = Wall(
        head=end + 9,
        end=end,
        now=5,
        reset=False,
        sites=(),
        doors=(),
        calls=(),
        gaps=(),
        acts=(),
        alarms=(),
        records=records,
    )

    frames = list(wall_frames(wall))
    bodies = [json.loads(text) for _, text in frames]

    assert [body["type"] for body in bodies] == ["snapshot", *["records"] * (len(bodies) - 1)]
    assert (
        [body["id"] for body in bodies] == [number for number, _ in frames] == sorted({n for n, _ in frames})
    )
    assert [rec["id"] for body in bodies for rec in body["records"]] == list(range(1, count + 1))
    assert frames[-1][0] == wall.end
    assert all(len(body["records"]) <= RECORDS_A_FRAME for body in bodies)


def test_what_is_unknown_is_null_and_what_does_not_apply_is_left_out() -> None:
    batch = Batch(
        after=1, head=2, rows=(row(2, Kind.DOOR_OPENED, "rome"),), doors=(tile("rome", 2, online=None),)
    )
    frame = decoded(prepare(batch, frozenset(SITES)).frame(Reading(frozenset({"rome"}), frozenset()), 0))

    assert frame["doors"][0]["online"] is None
    assert frame["records"][0]["label"] == KINDS[Kind.DOOR_OPENED].label
    assert "reason" not in frame["records"][0]
