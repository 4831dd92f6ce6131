"""Each kind of file holds each record as the log has it, and names people only where they may be named."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from core.exports import OFFERED, PACKAGES, Format
from core.leaf import Detail, commitment
from core.log_filter import ANYTHING
from core.permissions import Permission, Scope
from core.records import Kind
from core.times import HOUR_US, SECOND_US, parse_iso_us
from operations.exports.columns import COLUMNS, Reader
from operations.exports.files import file_of
from store.database import Database
from store.export_rows import Extract, chunks_of, names_of
from store.log_names import log_names
from store.rows import next_rows
from tests.store.building import NOW, build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store

BOTH = scope("berlin", "paris", permission=Permission.LOG_READ, names=("berlin", "paris"))
# Packages are written by other means.
PLAIN = [one for one in OFFERED if one not in PACKAGES]
BLIND = scope("berlin", "paris", permission=Permission.LOG_READ, names=("berlin",))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    one = new_store(tmp_path)
    build_estate(one)
    name_person(one, "u-1", "=Ann, \N{RIGHT-TO-LEFT OVERRIDE}Berg")
    write(
        one,
        swipe("berlin", "u-1"),
        swipe("paris", "u-2", NOW + SECOND_US),
        draft(Kind.ACCESS_DENIED, "berlin", NOW + 2 * SECOND_US, reason="invalid_pin", outcome="=timeout"),
        draft(Kind.CALL_RINGING, "berlin", NOW + 3 * SECOND_US, refs={"call": "c-1"}, backfilled=True),
        draft(Kind.DOOR_OPENED, "rome", NOW + 4 * SECOND_US),
    )
    yield one
    one.close()


def written(db: Database, kind: Format, within: Scope = BOTH) -> bytes:
    out = io.BytesIO()
    names = log_names(db, within)
    file = file_of(kind, out, Reader(scope=within, names=names, people=lambda some: names_of(db, some)))
    for chunk in chunks_of(db, Extract(scope=within, wanted=ANYTHING, upto=10**9)):
        file.write(chunk)
    # Arrow's writer closes what it writes into only where it has opened it.
    file.close()
    return out.getvalue()


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_csv_is_rfc_4180_in_utf_8_with_a_header(db: Database) -> None:
    data = written(db, Format.CSV)

    assert data.startswith(",".join(COLUMNS).encode() + b"\r\n")
    assert data.endswith(b"\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") == 1 + 4
    assert {len(row) for row in csv.reader(io.StringIO(data.decode(), newline=""))} == {len(COLUMNS)}


def test_csv_tells_what_happened_where_and_by_whom(db: Database) -> None:
    first, _, denied, ring = table(written(db, Format.CSV))

    assert (first["site_name"], first["door"], first["door_name"]) == ("Berlin", "berlin-door-1", "Door 1")
    assert (first["person"], first["credential"]) == ("u-1", "****1234")
    assert first["name"] == "'=Ann, \\u202EBerg"
    assert (denied["kind"], denied["event"], denied["reason"]) == (
        "access.denied",
        "Access denied",
        "invalid_pin",
    )
    assert denied["outcome"] == "'=timeout"
    assert (ring["call"], ring["backfilled"]) == ("c-1", "yes")


@pytest.mark.parametrize("hour", [1, 24 * 37, 24 * 200])
def test_times_are_iso_8601_with_the_sites_offset(db: Database, hour: int) -> None:
    at = NOW + hour * HOUR_US + 123_456
    write(db, swipe("berlin", "u-1", at))

    told = table(written(db, Format.CSV))[-1]

    assert parse_iso_us(told["at"]) == parse_iso_us(told["received"]) == at
    assert told["at"][-6:] in {"+01:00", "+02:00"}
    assert told["at"][10] == "T"


@pytest.mark.parametrize("kind", PLAIN)
def test_nobody_is_named_where_the_scope_names_nobody(db: Database, kind: Format) -> None:
    data = written(db, kind, BLIND)
    shown = str(pq.read_table(io.BytesIO(data)).to_pylist()) if kind is Format.PARQUET else data.decode()

    assert "u-1" in shown
    assert "u-2" not in shown
    assert "rome" not in shown


def test_json_lines_hold_each_leaf_as_it_was_sealed_and_what_opens_it(db: Database) -> None:
    lines = written(db, Format.JSONL).splitlines()

    with db.read() as connection:
        rows = {row.id: row for row in next_rows(connection, 0, 100).rows if row.site in {"berlin", "paris"}}
    assert [json.loads(line)["record"] for line in lines] == list(rows)
    for line, row in zip(lines, rows.values(), strict=True):
        assert b'"leaf":' + row.leaf in line
        told = json.loads(line)
        if row.detail is not None:
            detail = msgspec.convert(told["detail"], Detail)
            for name, value in detail.private.items():
                assert commitment(bytes.fromhex(detail.salts[name]), value) == told["leaf"]["commit"][name]


def test_parquet_has_typed_columns(db: Database) -> None:
    found = pq.read_table(io.BytesIO(written(db, Format.PARQUET)))

    assert found.column_names == list(COLUMNS)
    assert (str(found.schema.field("at").type), str(found.schema.field("record").type)) == (
        "timestamp[us, tz=UTC]",
        "int64",
    )
    first = found.to_pylist()[0]
    assert (first["at"].timestamp(), first["name"]) == (NOW / 1e6, "=Ann, \N{RIGHT-TO-LEFT OVERRIDE}Berg")
    assert first["reason"] is None


@pytest.mark.parametrize("kind", PLAIN)
def test_who_reads_what_operators_did_has_them_named(db: Database, kind: Format) -> None:
    private = {"subject": "local:ada", "name": "Ada", "why": "a visitor"}
    write(db, draft(Kind.UNLOCK_REQUESTED, "berlin", NOW + HOUR_US, refs={"act": "a-1"}, private=private))
    within = scope("berlin", permission=Permission.AUDIT_READ)

    data = written(db, kind, within)

    shown = str(pq.read_table(io.BytesIO(data)).to_pylist()) if kind is Format.PARQUET else data.decode()
    for word in ("local:ada", "Ada", "a visitor", "a-1"):
        assert word in shown
    assert "u-1" not in shown
