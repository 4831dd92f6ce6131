"""Evidence packages over the interface: asked for as any export, sealed, built, taken, and checked."""

import json
import zipfile
from pathlib import Path

import pytest

from auth.evidence_keys import EvidenceKey, certified
from auth.ledger_keys import LedgerKeys
from core.evidence import CUSTODY, EVENTS, MANIFEST, POLICY
from operations import export as asking
from store.clock import now_us
from store.ledger import open_ledger
from store.log import append
from store.sealer import Sealer
from tests.operations.packaging import unpacked, wrong
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import ask, build, export, fill, listed, sign_in, take


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    fill(console)
    return sign_in(console, "cleo")


def seal(console: Console) -> None:
    """Seal all there is, as the ingest process does."""
    data = console.db.file.parent
    keys, ledger = LedgerKeys(data, "https://doors.example.org"), open_ledger(data)
    keys.ensure()
    sealer = Sealer(console.db, ledger, keys, lambda _: None)
    sealer.open(now_us())
    append(console.db, [certified(keys.signer(sealer.key.name), EvidenceKey.of(data), now_us())])
    while sealer.turn(now_us()):
        pass
    sealer.close()
    ledger.close()


def packaged(console: Console, who: str, into: Path, wanted: str = "log?site=berlin") -> Path:
    name = export(console, who, wanted, "package")
    seal(console)
    assert build(console) == 1
    answer = take(console, name, who)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    (into / "package.zip").write_bytes(answer.content)
    return unpacked(into / "package.zip", into / "out")


def test_what_was_taken_can_be_checked_by_a_stranger(console: Console, cleo: str, tmp_path: Path) -> None:
    folder = packaged(console, cleo, tmp_path)

    assert wrong(tmp_path / "package.zip") == []
    assert len((folder / EVENTS).read_bytes().splitlines()) == 3
    told = json.loads((folder / MANIFEST).read_bytes())
    assert (told["export"]["filter"], told["export"]["why"]) == ("log?site=berlin", "an inquiry")
    assert told["export"]["by"]["subject"]
    custody = [json.loads(one) for one in (folder / CUSTODY).read_bytes().splitlines()]
    assert [json.loads(one["leaf"])["kind"] for one in custody][:2] == [
        "evidence.key_created",
        "export.requested",
    ]
    assert [one.name for one in (console.db.file.parent / "exports").iterdir() if one.is_dir()] == []


def test_the_policy_is_in_what_is_taken_of_acts_and_not_in_what_is_taken_of_doors(
    console: Console, cleo: str, tmp_path: Path
) -> None:
    for page in ("log", "audit"):
        (tmp_path / page).mkdir()
        folder = packaged(console, cleo, tmp_path / page, f"{page}?")
        told = json.loads((folder / POLICY).read_bytes())
        assert all(("document" in one and one["document"] is not None) is (page == "audit") for one in told)
        assert wrong(folder) == []


def test_too_many_records_for_a_package_are_refused_before_anything_is_proved(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_RECORDS", 2)

    answer = ask(console, cleo, kind="package")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")
    assert "narrow the filter" in answer.json()["message"]
    assert ask(console, cleo, kind="csv").status_code == 201


def test_a_package_that_can_not_be_built_leaves_nothing_behind(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = export(console, cleo, kind="package")
    seal(console)
    folder = console.db.file.parent / "exports"
    (folder / ".package-of-one-that-was-killed").mkdir(parents=True)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)

    assert build(console) == 0

    assert listed(console, cleo)[0]["state"] == "failed"
    assert list(folder.iterdir()) == []
    assert take(console, name, cleo).status_code == 404
