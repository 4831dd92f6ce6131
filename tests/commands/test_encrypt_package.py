"""`gatehouse.py encrypt PACKAGE FILE`: it opens by the password that was shown, and by no other."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Invalid
from gatehouse import main
from operations.evidence_package.asking import new_password
from tests.operations.packaging import a_log, wrong

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "elsewhere"))
    with a_log(tmp_path / "data") as log:
        yield log.package(tmp_path / "package.zip")


def test_it_opens_by_the_password_that_was_shown_and_by_no_other(
    package: Path, tmp_path: Path, capsys: Capture
) -> None:
    target = tmp_path / "closed.zip"

    assert main(["encrypt", str(package), str(target)]) == 0

    password = capsys.readouterr().out.split()[-1]
    assert wrong(target, password) == []
    with pytest.raises(Invalid, match="not the password"):
        wrong(target, new_password())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["closed.zip", "data", "package.zip"]


def test_it_never_takes_the_place_of_a_file_and_wraps_no_other_zip(
    package: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["encrypt", str(package), str(package)]) == 1
    assert "is there already" in capsys.readouterr().err
    (tmp_path / "folder").mkdir()
    assert main(["encrypt", str(tmp_path / "folder"), str(tmp_path / "closed.zip")]) == 1
    assert "no evidence package" in capsys.readouterr().err
    assert not (tmp_path / "closed.zip").exists()
