"""Exports over the interface: to whom they are given, which bytes, and what the log says of it."""

import csv
import hashlib
import io
import json

import pytest

from core.records import Kind
from core.times import DAY_US, MINUTE_US
from operations.exports.keeping import tidy
from store.clock import now_us
from store.exports import exports_of
from store.people import save_people
from store.touch import PartState
from tests.auth.people import POLICY
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import (
    NO_AUDITORS,
    NOBODY_READS,
    ONLY_BERLIN,
    ask,
    ask_now,
    build,
    export,
    fill,
    listed,
    prove,
    put_in_force,
    seal,
    sign_in,
    take,
)
from tests.web.proving import cookie, look


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    """Sign in Cleo, who reads and exports everything, where some people have come in."""
    fill(console)
    return sign_in(console, "cleo")


def test_an_export_is_asked_for_proved_built_and_taken(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    assert [one["state"] for one in listed(console, cleo)] == ["queued"]

    assert build(console) == 1

    (row,) = listed(console, cleo)
    assert (row["state"], row["rows"], row["url"]) == ("ready", 3, f"/exports/{name}")
    answer = take(console, name, cleo)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == row["sha256"]
    assert len(answer.content) == row["bytes"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert [(one["site"], one["person"], one["kind"]) for one in rows] == [
        ("berlin", f"0042-{number}", "access.granted") for number in range(3)
    ]


def test_nothing_is_exported_while_the_log_is_not_sealed(console: Console, cleo: str) -> None:
    name = str(ask(console, cleo).json()["id"])
    seal(console, PartState.DOWN)

    for answer in (ask_now(console, cleo), prove(console, name, cleo, sealed=False)):
        assert (answer.status_code, answer.json()["error"]) == (409, "not_sealed")
    assert told(console.db, Kind.OPERATOR_ACT_NOT_DONE)[-1].reason == "not_sealed"
    assert listed(console, cleo) == []


def test_the_log_tells_of_each_step_of_an_export(console: Console, cleo: str) -> None:
    name = export(console, cleo, "log?person=0042-1&site=berlin")
    build(console)
    body = take(console, name, cleo).content

    steps = (Kind.EXPORT_REQUESTED, Kind.EXPORT_BUILT, Kind.EXPORT_DOWNLOADED)
    asked, built, taken = told(console.db, *steps)
    assert [one.kind for one in (asked, built, taken)] == list(steps)
    assert {one.refs["act"] for one in (asked, built, taken)} == {name}
    assert {one.private["subject"] for one in (asked, built, taken)} == {"local:cleo"}
    assert (asked.refs["filter"], asked.refs["format"], asked.refs["rows"]) == ("log?site=berlin", "csv", 1)
    assert (asked.refs["proof"], asked.refs["roles"]) == ("totp", "auditor@*")
    assert (asked.private["filter"], asked.private["why"]) == ("log?person=0042-1&site=berlin", "an inquiry")
    assert (built.refs["rows"], built.refs["bytes"]) == (1, len(body))
    assert built.refs["sha256"] == taken.refs["sha256"] == hashlib.sha256(body).hexdigest()
    assert (taken.refs["first"], taken.refs["bytes"], taken.refs["of"]) == (0, len(body), len(body))


def test_what_comes_after_an_export_was_asked_for_is_not_in_it(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    fill(console, 5)

    build(console)

    assert take(console, name, cleo).content.count(b"\r\n") == 1 + 3


def test_it_is_given_to_the_session_that_proved_it_and_to_nobody_else(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    others = [cookie(console, "cleo"), sign_in(console, "ada"), cookie(console, "ben")]

    foreign = [take(console, name, who) for who in others]
    absent = take(console, "01nothing", cleo)

    assert {one.status_code for one in (*foreign, absent)} == {404}
    assert {one.json()["message"] for one in foreign} == {absent.json()["message"]}
    assert take(console, name, None).status_code == 401
    assert [listed(console, who) for who in others] == [[], [], []]
    assert told(console.db, Kind.EXPORT_DOWNLOADED) == []


@pytest.mark.parametrize("policy", [NOBODY_READS, ONLY_BERLIN])
def test_a_right_taken_away_before_the_download_leaves_no_byte(
    console: Console, cleo: str, policy: str
) -> None:
    name = export(console, cleo, "log?")
    build(console)
    put_in_force(console, policy)

    answer = take(console, name, cleo)

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert told(console.db, Kind.EXPORT_DOWNLOADED) == []


@pytest.mark.parametrize("policy", [NOBODY_READS, ONLY_BERLIN])
def test_a_right_taken_away_before_it_is_built_leaves_no_file(
    console: Console, cleo: str, policy: str
) -> None:
    name = export(console, cleo, "log?")
    put_in_force(console, policy)

    assert build(console) == 0

    assert [one.reason for one in told(console.db, Kind.EXPORT_FAILED)] == ["no_role"]
    assert take(console, name, cleo).status_code == 404
    assert [one.name for one in (console.db.file.parent / "exports").iterdir()] == []


def test_a_right_taken_away_before_the_proof_leaves_no_export(console: Console, cleo: str) -> None:
    name = ask(console, cleo).json()["id"]
    put_in_force(console, NO_AUDITORS)

    answer = prove(console, name, cleo)

    assert answer.status_code == 404
    assert [one.reason for one in told(console.db, Kind.OPERATOR_ACT_NOT_DONE)] == ["no_role"]
    assert told(console.db, Kind.EXPORT_REQUESTED) == []


def test_who_may_not_export_is_answered_as_where_nothing_is(console: Console, cleo: str, ben: str) -> None:
    assert ask(console, ben).status_code == 404
    answer = console.client.get(
        "/exports/size?filter=log%3F&format=csv", headers={"cookie": f"gatehouse={ben}"}
    )
    assert answer.status_code == 404


def test_a_site_that_is_not_mine_has_nothing_to_export(console: Console, cleo: str) -> None:
    fill(console, 4, site="newyork")
    put_in_force(console, ONLY_BERLIN)

    foreign, absent = (ask(console, cleo, f"log?site={site}") for site in ("newyork", "nowhere"))
    name = export(console, cleo, "log?")
    build(console)

    assert (foreign.status_code, foreign.json()["error"]) == (409, "nothing_fits")
    assert {**foreign.json(), "reference": ""} == {**absent.json(), "reference": ""}
    assert b"newyork" not in take(console, name, cleo).content


def test_two_large_files_that_differ_in_one_byte_are_two_downloads(console: Console, cleo: str) -> None:
    fill(console, 12_000)
    bodies, tags = [], []
    for name in ("Ann", "Anm"):
        save_people(console.db, {"0042-6000": name})
        made = export(console, cleo)
        build(console)
        answer = take(console, made, cleo)
        bodies.append(answer.content)
        tags.append(answer.headers["etag"])

    first, second = bodies
    assert len(first) == len(second) > 2**20
    assert sum(a != b for a, b in zip(first, second, strict=True)) == 1
    assert tags[0] != tags[1]


def test_a_file_comes_in_stretches_that_make_the_whole(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    size = listed(console, cleo)[0]["bytes"]
    digest = listed(console, cleo)[0]["sha256"]

    parts = [
        take(console, name, cleo, range=f"bytes={first}-{first + 99}", if_range=f'"{digest}"')
        for first in range(0, size, 100)
    ]

    assert {one.status_code for one in parts} == {206}
    assert parts[0].headers["content-range"] == f"bytes 0-99/{size}"
    assert hashlib.sha256(b"".join(one.content for one in parts)).hexdigest() == digest
    assert sum(int(one.refs["bytes"]) for one in told(console.db, Kind.EXPORT_DOWNLOADED)) == size


def test_a_range_of_another_file_gives_the_whole_one(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)

    answer = take(console, name, cleo, range="bytes=10-19", if_range='"another"')

    assert answer.status_code == 200
    assert len(answer.content) == listed(console, cleo)[0]["bytes"]


def test_a_range_outside_is_refused_and_uses_nothing_up(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    size = listed(console, cleo)[0]["bytes"]

    answer = take(console, name, cleo, range=f"bytes={size}-")

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert take(console, name, cleo).status_code == 200


def test_head_tells_of_the_file_and_delivers_nothing(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)

    head = console.client.head(f"/exports/{name}", headers={"cookie": f"gatehouse={cleo}"})
    whole = take(console, name, cleo)

    assert (head.status_code, head.content) == (200, b"")
    for header in ("etag", "content-length", "accept-ranges", "repr-digest", "content-disposition"):
        assert head.headers[header] == whole.headers[header]
    assert (whole.headers["x-content-type-options"], whole.headers["cache-control"]) == (
        "nosniff",
        "no-store",
    )
    assert len(told(console.db, Kind.EXPORT_DOWNLOADED)) == 1


def test_the_grant_ends_with_the_last_byte(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    size = listed(console, cleo)[0]["bytes"]

    assert take(console, name, cleo, range="bytes=100-").status_code == 206
    assert take(console, name, cleo, range="bytes=0-99").status_code == 206

    assert take(console, name, cleo).status_code == 404
    assert listed(console, cleo)[0]["state"] == "over"
    assert "url" not in listed(console, cleo)[0]
    assert listed(console, cleo)[0]["delivered"] == size


def test_what_was_cut_at_its_end_is_resumed_for_a_moment_after_it(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    whole = take(console, name, cleo).content

    assert take(console, name, cleo, range="bytes=200-").content == whole[200:]
    assert take(console, name, cleo, range="bytes=0-").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ("log", "csv"),
        ("desk?", "csv"),
        ("log?site=berlin&door=front", "csv"),
        ("log?when=24h", "csv"),
        ("log?site=", "csv"),
        ("log?colour=red", "csv"),
        ("log?kind=nothing", "csv"),
        ("log?", "xlsx"),
    ],
)
def test_what_is_no_export_is_refused_in_words(console: Console, cleo: str, wanted: str, kind: str) -> None:
    answer = ask(console, cleo, wanted, kind)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")


def test_a_file_that_nobody_takes_is_given_up_after_a_day(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    file = console.db.file.parent / "exports" / name

    tidy(console.db, now_us() + DAY_US - MINUTE_US)
    assert file.exists()
    tidy(console.db, now_us() + DAY_US + MINUTE_US)

    assert not file.exists()
    assert listed(console, cleo)[0]["state"] == "over"
    assert take(console, name, cleo).status_code == 404


def test_a_file_that_was_taken_is_given_up_a_moment_later(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    take(console, name, cleo)

    tidy(console.db, now_us() + 2 * MINUTE_US)

    assert list((console.db.file.parent / "exports").iterdir()) == []
    assert take(console, name, cleo, range="bytes=10-").status_code == 404


def test_what_operators_did_is_exported_by_who_may_read_it(console: Console, cleo: str) -> None:
    export(console, cleo)
    name = export(console, cleo, "audit?kind=export.requested", "jsonl")
    build(console)

    (line,) = take(console, name, cleo).text.splitlines()
    put_in_force(console, POLICY.replace('role = "auditor"', 'role = "supervisor"'))

    assert json.loads(line)["detail"]["private"]["why"] == "an inquiry"
    assert ask(console, cleo, "audit?").status_code == 404
    assert ask(console, cleo, "log?").status_code == 201


def test_a_session_has_few_exports_at_once(console: Console, cleo: str) -> None:
    for _ in range(5):
        export(console, cleo)

    answer = ask(console, cleo)

    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_exports")
    actor = console.sessions.look_up(cleo, now_us())
    assert actor is not None
    assert len(exports_of(console.db, actor.session)) == 5


def test_the_size_is_told_first(console: Console, cleo: str) -> None:
    told_size = look(console, "/exports/size?filter=log%3Fsite%3Dberlin%26door%3D&format=csv", cleo)

    assert (told_size["rows"], told_size["exact"]) == (3, True)
    assert told_size["filter"] == "log?site=berlin"
    assert told_size["bytes"] > 0
    assert told_size["upto"] > 0
