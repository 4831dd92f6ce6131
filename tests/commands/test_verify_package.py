"""`gatehouse.py verify PACKAGE`: what it says, and its exit codes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatehouse import main
from operations.evidence_package.asking import new_password
from tests.operations.packaging import Log, a_log, asked, flipped, unpacked

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "elsewhere"))
    with a_log(tmp_path / "data") as made:
        yield made


@pytest.fixture
def package(log: Log, tmp_path: Path) -> Path:
    return log.package(tmp_path / "package.zip")


def test_a_package_that_holds_is_fine_and_its_fingerprint_is_to_be_compared(
    log: Log, package: Path, capsys: Capture
) -> None:
    assert main(["verify", str(package)]) == 0

    told = capsys.readouterr().out
    assert f"fingerprint  {log.keys.public().fingerprint}" in told
    assert "by another way" in told


@pytest.mark.parametrize(
    "key", [lambda log: log.keys.public().fingerprint, lambda log: log.keys.public().text]
)
def test_with_the_key_of_the_log_it_is_what_that_log_held(
    log: Log, package: Path, capsys: Capture, key: Callable[[Log], str]
) -> None:
    assert main(["verify", str(package), "--key", key(log)]) == 0
    assert "the package is what that log held" in capsys.readouterr().out


def test_a_package_of_another_log_is_refused(package: Path, tmp_path: Path, capsys: Capture) -> None:
    with a_log(tmp_path / "theirs") as theirs:
        key = theirs.keys.public().fingerprint

    assert main(["verify", str(package), "--key", key]) == 1
    assert f"vkey: is another key than {key}" in capsys.readouterr().out


def test_the_first_bad_record_is_named_and_the_answer_is_no(
    package: Path, tmp_path: Path, capsys: Capture
) -> None:
    folder = unpacked(package, tmp_path / "out")
    flipped(folder / "events.jsonl", 10)

    assert main(["verify", str(folder)]) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("not as it was signed")]
    assert said[0] == (
        "not as it was signed: record 0 (events.jsonl, line 1): does not lead to the root of the checkpoint"
    )


def test_a_bit_of_the_zip_itself_is_found(package: Path, capsys: Capture) -> None:
    flipped(package, 3_000)

    assert main(["verify", str(package)]) == 1
    assert "the ZIP is damaged" in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, "no ZIP"])
def test_what_is_no_package_is_wrong_use(tmp_path: Path, capsys: Capture, log: Log, text: str | None) -> None:
    if text is not None:
        (tmp_path / "some.zip").write_text(text, encoding="utf-8")

    assert main(["verify", str(tmp_path / "some.zip")]) == 2
    assert "is no evidence package" in capsys.readouterr().err


def test_an_encrypted_package_is_opened_by_its_password_in_a_file(
    log: Log, tmp_path: Path, capsys: Capture
) -> None:
    password = new_password()
    package = log.package(tmp_path / "package.zip", asked(44, password=password))
    secret = tmp_path / "password"
    secret.write_text(password, encoding="utf-8")
    secret.chmod(0o600)

    assert main(["verify", str(package)]) == 2
    assert "--password-file" in capsys.readouterr().err
    assert main(["verify", str(package), "--password-file", str(secret)]) == 0


def test_what_a_stranger_wrote_steers_no_terminal(log: Log, tmp_path: Path, capsys: Capture) -> None:
    package = log.package(tmp_path / "package.zip")
    folder = unpacked(package, tmp_path / "out")
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8").replace('"requested": "', '"requested": "\\u001b[2J')
    manifest.write_text(text, encoding="utf-8")
    (folder / "\x1b[2Jmore").write_bytes(b"")

    assert main(["verify", str(folder)]) == 1
    assert "\x1b" not in capsys.readouterr().out
