"""Evidence packages over the interface: asked for as any export, sealed, built, taken, and checked."""

import json
import zipfile
from pathlib import Path

import pytest

from core.evidence import CUSTODY, EVENTS, MANIFEST
from tests.operations.packaging import unpacked, wrong
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import build, export, fill, listed, seal_all, sign_in, take


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    fill(console)
    return sign_in(console, "cleo")


def packaged(console: Console, who: str, into: Path, wanted: str = "log?site=berlin") -> Path:
    name = export(console, who, wanted, "package")
    seal_all(console)
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


def test_a_package_that_can_not_be_built_leaves_nothing_behind(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = export(console, cleo, kind="package")
    seal_all(console)
    folder = console.db.file.parent / "exports"
    (folder / ".package-of-one-that-was-killed").mkdir(parents=True)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)

    assert build(console) == 0

    assert listed(console, cleo)[0]["state"] == "failed"
    assert list(folder.iterdir()) == []
    assert take(console, name, cleo).status_code == 404
