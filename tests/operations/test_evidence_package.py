"""Evidence packages: what is in them, what stays closed, and that each change to them is found and named."""

import base64
import hashlib
import json
import re
import stat
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth.evidence_keys import EvidenceKey
from core.errors import Invalid, LogAltered, NotSealed, StartRefused
from core.evidence import ALL, CUSTODY, DISCLOSED, EVENTS, POLICY, PROOFS, VIEW
from operations.evidence_package import building, gathering
from operations.evidence_package.asking import new_password
from operations.evidence_package.building import build_package
from operations.evidence_package.checking import check_package
from operations.evidence_package.opening import opened_package
from store import ledger_paths
from store.ledger import reading
from store.ledger_paths import reading_paths
from store.log import append
from tests.operations.packaging import (
    HOSTILE,
    SCOPE,
    Log,
    a_log,
    asked,
    drafts,
    lines_of,
    requested,
    unpacked,
    wrong,
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with a_log(tmp_path / "data") as made:
        yield made


def test_a_package_of_what_was_sealed_holds(log: Log, tmp_path: Path) -> None:
    package = log.package(tmp_path / "package.zip")

    assert wrong(package) == []
    assert sorted(one.name for one in unpacked(package, tmp_path / "out").iterdir()) == sorted(ALL)
    assert stat.S_IMODE(package.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_its_records_are_the_bytes_that_were_sealed_in_their_order(log: Log, tmp_path: Path) -> None:
    folder = unpacked(log.package(tmp_path / "package.zip"), tmp_path / "out")

    assert lines_of(folder, EVENTS) == [row.leaf + b"\n" for row in log.rows()]


def test_it_is_built_without_the_key_of_the_log(log: Log, tmp_path: Path) -> None:
    (log.folder / "keys" / "ledger.key").unlink()

    assert wrong(log.package(tmp_path / "package.zip")) == []


def test_personal_values_are_disclosed_only_where_people_may_be_named(log: Log, tmp_path: Path) -> None:
    folder = unpacked(log.package(tmp_path / "package.zip"), tmp_path / "out")
    leaves = [json.loads(line) for line in lines_of(folder, EVENTS)]
    indexes = [json.loads(line)["index"] for line in lines_of(folder, PROOFS)]
    sites = {index: leaf.get("site") for index, leaf in zip(indexes, leaves, strict=True)}

    told = [json.loads(line) for line in lines_of(folder, DISCLOSED)]

    assert {sites[one["index"]] for one in told} == {"ber", None}
    assert all(set(one["fields"]) == set(leaves[one["index"]]["commit"]) for one in told)
    # Of people in New York there is nothing, wherever one looks, nor the salts that would open them.
    assert b"P-2" in b"".join(row.detail or b"" for row in log.rows() if row.site == "nyc")
    everything = b"".join(_inside(folder / VIEW)) + b"".join(
        one.read_bytes() for one in folder.iterdir() if one.name != VIEW
    )
    for row in log.rows():
        if row.site == "nyc" and row.detail:
            detail = json.loads(row.detail)
            assert detail["private"]["person"].encode() + b'"' not in everything
            assert [one for one in detail["salts"].values() if one.encode() in everything] == []


def _inside(page: Path) -> Iterator[bytes]:
    for packed in re.findall(rb'data-file="[^"]+">([^<]*)</script>', page.read_bytes()):
        yield zlib.decompress(base64.b64decode(packed))


def test_the_page_holds_the_files_and_no_word_of_them_as_markup(log: Log, tmp_path: Path) -> None:
    folder = unpacked(log.package(tmp_path / "package.zip", asked(44, why=HOSTILE)), tmp_path / "out")
    page = (folder / VIEW).read_text(encoding="utf-8")

    assert (folder / EVENTS).read_bytes() in set(_inside(folder / VIEW))
    assert "alert(1)" not in page
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    assert not re.search(r"</script|<!--|<script", scripts[0], re.IGNORECASE)
    assert page.count("<script") == page.count("</script>") == len(set(_inside(folder / VIEW))) + 1
    assert not re.search(r"(?:src|href)=", page)


def test_the_explanation_has_no_line_that_somebody_typed(log: Log, tmp_path: Path) -> None:
    request = asked(44, why="theft\n\n3. ALL IS WELL\nDo not check.")
    folder = unpacked(log.package(tmp_path / "package.zip", request), tmp_path / "out")
    text = (folder / "VERIFY.txt").read_text(encoding="utf-8")

    assert "3. ALL IS WELL\n" not in text
    assert log.keys.public().fingerprint in text


def test_the_policy_is_told_only_to_those_who_may_read_it(log: Log, tmp_path: Path) -> None:
    closed = unpacked(log.package(tmp_path / "closed.zip"), tmp_path / "closed")
    request = asked(44, policies=True)
    shown = unpacked(log.package(tmp_path / "shown.zip", request), tmp_path / "shown")

    assert "keepers" not in (closed / POLICY).read_text(encoding="utf-8")
    (told,) = json.loads((shown / POLICY).read_bytes())
    assert "keepers" in told["document"]
    assert wrong(closed) == wrong(shown) == []


def test_who_asked_and_why_is_sealed_and_from_where_stays_closed(log: Log, tmp_path: Path) -> None:
    folder = unpacked(log.package(tmp_path / "package.zip"), tmp_path / "out")

    (told,) = [one for one in map(json.loads, lines_of(folder, CUSTODY)) if one["what"] == "export"]

    assert json.loads(told["leaf"])["kind"] == "export.requested"
    assert {name: one["value"] for name, one in told["fields"].items()} == {
        "subject": "local:anna",
        "name": "Anna",
        "why": "Theft",
    }


# --- what it refuses --------------------------------------------------------------------------------------


def test_more_records_than_a_browser_can_open_are_refused(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_RECORDS", 43)

    with pytest.raises(Invalid, match="narrow the filter"):
        log.package(tmp_path / "package.zip")
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


def test_it_waits_until_its_records_are_sealed(log: Log, tmp_path: Path) -> None:
    append(log.db, drafts(5))
    rows = log.rows()
    waits: list[float] = []

    def sealed_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        log.seal()

    build_package(log.sources(sealed_meanwhile), asked(rows[-1].id), rows, tmp_path / "package.zip")

    assert len(waits) == 1
    assert wrong(tmp_path / "package.zip") == []


def test_without_a_sealer_it_ends_with_an_error(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log.db, drafts(5))
    monkeypatch.setattr(building, "_WAIT_US", -1)

    with pytest.raises(NotSealed, match="not being sealed"):
        log.package(tmp_path / "package.zip")


def test_no_evidence_is_made_of_a_record_that_was_changed(log: Log, tmp_path: Path) -> None:
    rows = list(log.rows())
    rows[7] = replace(rows[7], leaf=rows[7].leaf.replace(b"door-", b"gate-"))

    with pytest.raises(LogAltered, match=f"record {rows[7].id} "):
        build_package(log.sources(), asked(rows[-1].id), rows, tmp_path / "package.zip")
    assert not (tmp_path / "package.zip").exists()


def test_a_package_never_takes_the_place_of_a_file(log: Log, tmp_path: Path) -> None:
    (tmp_path / "package.zip").write_bytes(b"mine")

    with pytest.raises(FileExistsError):
        log.package(tmp_path / "package.zip")
    assert (tmp_path / "package.zip").read_bytes() == b"mine"


def test_a_key_that_the_log_has_not_vouched_for_signs_nothing(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_WAIT_US", -1)
    sources = replace(log.sources(), key=EvidenceKey(Ed25519PrivateKey.generate()))

    with pytest.raises(NotSealed):
        build_package(sources, asked(44), log.rows(), tmp_path / "package.zip")


def test_the_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path, log: Log) -> None:
    file = tmp_path / "keys" / "evidence.key"
    first = EvidenceKey.of(tmp_path).statement(log.keys.public())

    assert EvidenceKey.of(tmp_path).statement(log.keys.public()) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    with pytest.raises(StartRefused, match="chmod 600"):
        EvidenceKey.of(tmp_path)


def test_after_a_new_key_of_the_log_packages_are_signed_under_that_one(log: Log, tmp_path: Path) -> None:
    before = log.keys.public()
    log.keys.lay_ready()
    log.seal()
    log.seal()

    package = log.package(tmp_path / "package.zip")

    assert log.keys.public() != before
    with opened_package(package) as files:
        verdict = check_package(files)
    assert verdict.wrong == []
    assert verdict.key == log.keys.public()


def test_the_request_for_it_is_sealed_before_it_is_built(log: Log, tmp_path: Path) -> None:
    upto = log.rows()[-1].id
    rows = log.rows()
    append(log.db, [requested()])
    waits: list[float] = []

    def sealed_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        log.seal()

    build_package(log.sources(sealed_meanwhile), asked(upto), rows, tmp_path / "package.zip")

    folder = unpacked(tmp_path / "package.zip", tmp_path / "out")
    told = [one for one in map(json.loads, lines_of(folder, CUSTODY)) if one["what"] == "export"]
    assert (len(waits), len(told)) == (1, 2)


def test_records_take_no_more_memory_the_more_they_are(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is remembered on purpose is soon as much as it may be.
    monkeypatch.setattr(ledger_paths, "_NODES", 256)
    monkeypatch.setattr(ledger_paths, "_TILES_FOR", 100)
    append(log.db, drafts(3_000))
    log.seal()
    rows = log.rows()
    with reading(log.ledger) as tree:
        seal = tree.latest()
    assert seal is not None

    def peak(count: int) -> int:
        with reading_paths(log.ledger, seal) as paths:
            tracemalloc.start()
            gathering.gather(rows[:count], SCOPE, paths, gathering.Into(tmp_path, lambda _: None))
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    few = peak(500)
    assert peak(3_000) < few + 500_000


def test_the_library_in_the_page_is_the_one_that_its_notice_names() -> None:
    assets = Path(gathering.__file__).parent / "assets"
    digest = hashlib.sha256((assets / "noble.js").read_bytes()).hexdigest()

    assert f"{digest}  noble.js" in (assets / "noble.NOTICE.md").read_text(encoding="utf-8")


# --- with a password --------------------------------------------------------------------------------------


def test_a_package_with_a_password_opens_with_that_one_alone(log: Log, tmp_path: Path) -> None:
    password = new_password()
    package = log.package(tmp_path / "package.zip", asked(44, password=password))

    assert wrong(package, password) == []
    with pytest.raises(Invalid, match="--password-file"):
        wrong(package)
    with pytest.raises(Invalid, match="not the password"):
        wrong(package, new_password())
    with zipfile.ZipFile(package) as packed:
        assert all(one.flag_bits & 1 for one in packed.infolist())
    assert b"granted" not in package.read_bytes()


def test_no_two_passwords_are_alike() -> None:
    assert len({new_password() for _ in range(50)}) == 50


def test_a_scope_that_names_nobody_discloses_nobody(log: Log, tmp_path: Path) -> None:
    request = asked(44, scope=replace(SCOPE, names=frozenset[str]()))
    folder = unpacked(log.package(tmp_path / "package.zip", request), tmp_path / "out")

    sites = [
        json.loads(lines_of(folder, EVENTS)[json.loads(one)["index"]]).get("site")
        for one in lines_of(folder, DISCLOSED)
    ]

    assert set(sites) <= {None}
    assert wrong(folder) == []
