"""Evidence packages as exports: built with what proves them, opened by a password that is shown once."""

from pathlib import Path

import pytest
import pyzipper
from httpx import Response

from core.records import Kind
from core.times import MINUTE_US
from operations.evidence_package.checking import check_package
from operations.evidence_package.opening import opened_package
from operations.exports.keeping import fail_lost
from operations.exports.passwords import Passwords, passwords
from store.clock import now_us
from store.rows import next_rows
from tests.auth.people import POLICY
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine
from tests.store.tampering import force
from tests.web.conftest import OURS, Console
from tests.web.exporting import (
    ask,
    build,
    export,
    fill,
    listed,
    put_in_force,
    seal_all,
    sign_in,
    take,
)
from tests.web.proving import cookie, look, send

CLOSED = "package-aes"


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    """Sign in Cleo, who reads and exports everything, where some people have come in."""
    fill(console)
    return sign_in(console, "cleo")


def password_of(console: Console, name: str, who: str) -> Response:
    return send(console, f"/exports/{name}/password", {}, who)


def built(console: Console, who: str, kind: str = "package") -> tuple[str, Path]:
    """Export a package; gives its name and a copy of it."""
    name = export(console, who, "log?site=berlin", kind)
    seal_all(console)
    assert build(console, passwords.of([name])) == 1
    answer = take(console, name, who)
    assert answer.headers["content-type"] == "application/zip"
    file = console.db.file.parent.parent / "taken.zip"
    file.write_bytes(answer.content)
    return name, file


def test_a_package_proves_its_records_and_who_asked_for_it(console: Console, cleo: str) -> None:
    name, file = built(console, cleo)

    with opened_package(file) as files:
        verdict = check_package(files)
        custody = files.open("custody.jsonl").read()

    assert verdict.wrong == []
    assert verdict.manifest is not None
    assert verdict.manifest.counts.records == 3
    asked = verdict.manifest.export
    assert (asked["id"], asked["filter"], asked["why"]) == (name, "log?site=berlin", "an inquiry")
    assert asked["by"] == {"subject": "local:cleo", "name": "Cleo", "roles": "auditor@*"}
    assert b"export.requested" in custody
    assert b"local:cleo" in custody
    assert listed(console, cleo)[0]["rows"] == 3


@pytest.mark.parametrize(("policy", "known"), [(POLICY, True), ("one_site", False)])
def test_documents_of_the_policy_are_in_it_for_who_may_read_the_policy_everywhere(
    console: Console, cleo: str, policy: str, *, known: bool
) -> None:
    only_berlin = POLICY.replace('role = "auditor"\nsites = ["*"]', 'role = "auditor"\nsites = ["berlin"]')
    put_in_force(console, only_berlin if policy == "one_site" else policy)
    export(console, cleo)
    name = export(console, cleo, "audit?kind=export.requested", "package")
    seal_all(console)
    build(console)

    file = console.db.file.parent.parent / "taken.zip"
    file.write_bytes(take(console, name, cleo).content)
    with opened_package(file) as files:
        versions = files.open("policy.json").read()
    assert (b"g-audit" in versions) is known


def test_a_closed_package_is_opened_by_its_password_and_by_nothing_else(console: Console, cleo: str) -> None:
    name = export(console, cleo, "log?site=berlin", CLOSED)
    password = password_of(console, name, cleo).json()["password"]
    seal_all(console)
    build(console, passwords.of([name]))
    file = console.db.file.parent.parent / "taken.zip"
    file.write_bytes(take(console, name, cleo).content)

    with opened_package(file, password) as files:
        assert check_package(files).wrong == []
    with pyzipper.AESZipFile(file) as packed:
        inside = packed.namelist()[0]
        assert all(one.flag_bits & 1 for one in packed.infolist())
        for wrong in (b"", b"gatehouse", password[:-1].encode(), name.encode()):
            packed.setpassword(wrong)
            with pytest.raises(RuntimeError, match=r"[Pp]assword"):
                packed.read(inside)


def test_a_password_is_shown_once_and_to_the_session_that_asked(console: Console, cleo: str) -> None:
    name = export(console, cleo, "log?site=berlin", CLOSED)
    plain = export(console, cleo, "log?site=berlin", "package")
    others = [cookie(console, "cleo"), sign_in(console, "ada"), cookie(console, "ben")]

    foreign = [password_of(console, name, who).status_code for who in others]
    signed_out = console.client.post(f"/exports/{name}/password", json={}, headers=OURS)
    shown = password_of(console, name, cleo)

    assert (foreign, signed_out.status_code) == ([404, 404, 404], 401)
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    assert len(shown.json()["password"]) > 20
    assert password_of(console, name, cleo).status_code == 404
    assert password_of(console, plain, cleo).status_code == 404


def test_a_password_that_nobody_looked_at_for_a_minute_is_not_shown() -> None:
    kept = Passwords()
    kept.draw("one", 0)
    kept.draw("two", 0)

    assert kept.show("one", MINUTE_US - 1) is not None
    assert kept.show("two", MINUTE_US) is None


def test_a_password_is_forgotten_once_it_was_shown_and_its_file_is_begun() -> None:
    kept = Passwords()
    for name in ("waits", "shown", "unseen", "late"):
        kept.draw(name, 0 if name == "late" else MINUTE_US)
    kept.show("shown", MINUTE_US)
    kept.show("waits", MINUTE_US)

    kept.keep(["waits"], MINUTE_US)

    assert set(kept.of(["waits", "shown", "unseen", "late"])) == {"waits", "unseen"}


def test_the_log_says_that_it_was_encrypted_and_never_by_what(console: Console, cleo: str) -> None:
    name = export(console, cleo, "log?site=berlin", CLOSED)
    password = password_of(console, name, cleo).json()["password"]
    seal_all(console)
    build(console, passwords.of([name]))
    take(console, name, cleo)

    records = told(console.db, Kind.EXPORT_REQUESTED, Kind.EXPORT_BUILT, Kind.EXPORT_DOWNLOADED)
    assert [one.refs["format"] for one in records] == [CLOSED] * 3
    with console.db.read() as connection:
        rows = next_rows(connection, 0, 1_000).rows
    assert not [row.id for row in rows if password.encode() in row.leaf + (row.detail or b"")]
    for file in console.db.file.parent.rglob("*"):
        assert not file.is_file() or password.encode() not in file.read_bytes(), file


def test_a_password_that_was_lost_ends_its_export_in_words(console: Console, cleo: str) -> None:
    name = export(console, cleo, "log?site=berlin", CLOSED)

    fail_lost(console.db, passwords, now_us())
    assert listed(console, cleo)[0]["state"] == "queued"
    # Another process, which has drawn nothing.
    fail_lost(console.db, Passwords(), now_us())

    (row,) = listed(console, cleo)
    assert (row["id"], row["state"], row["reason"]) == (name, "failed", "password_lost")
    assert [one.reason for one in told(console.db, Kind.EXPORT_FAILED)] == ["password_lost"]


def test_a_builder_leaves_what_it_has_no_password_for_to_the_next_one(console: Console, cleo: str) -> None:
    closed = export(console, cleo, "log?site=berlin", CLOSED)
    plain = export(console, cleo)
    seal_all(console)

    assert build(console) == 1

    states = {one["id"]: one["state"] for one in listed(console, cleo)}
    assert states == {closed: "queued", plain: "ready"}
    assert build(console, passwords.of([closed])) == 1


def test_more_than_a_package_holds_is_refused_before_anybody_proves_it(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.exports.MOST_RECORDS", 2)

    size = look(console, "/exports/size?filter=log%3Fsite%3Dberlin&format=package", cleo)
    answers = [ask(console, cleo, "log?site=berlin", kind) for kind in ("package", CLOSED)]

    assert (size["rows"], size["most"]) == (3, 2)
    assert [(one.status_code, one.json()["error"]) for one in answers] == [(409, "too_many_records")] * 2
    assert "narrow the filter" in answers[0].json()["message"]
    assert ask(console, cleo, "log?site=berlin", "csv").status_code == 201


def test_a_package_that_waits_for_the_sealer_in_vain_has_failed(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.evidence_package.building._WAIT_US", 0)
    monkeypatch.setattr("operations.evidence_package.asking.time.sleep", lambda _seconds: None)
    seal_all(console)
    export(console, cleo, "log?site=berlin", "package")

    assert build(console) == 0

    assert [one.reason for one in told(console.db, Kind.EXPORT_FAILED)] == ["not_sealed"]
    assert [one.name for one in (console.db.file.parent / "exports").iterdir()] == []


def test_no_package_is_made_of_a_record_that_is_not_what_was_sealed(console: Console, cleo: str) -> None:
    export(console, cleo, "log?site=berlin", "package")
    seal_all(console)
    force(
        console.db,
        "UPDATE leaf SET leaf = CAST(replace(CAST(leaf AS TEXT), 'granted', 'grant3d') AS BLOB)",
    )

    assert build(console) == 0

    assert [one.reason for one in told(console.db, Kind.EXPORT_FAILED)] == ["log_altered"]


def test_what_a_killed_builder_has_put_together_is_deleted(console: Console, cleo: str) -> None:
    left = console.db.file.parent / "exports" / ".package-abc"
    left.mkdir(parents=True)
    (left / "events.jsonl").write_text("somebody", encoding="utf-8")

    build(console)

    assert list(left.parent.iterdir()) == []
