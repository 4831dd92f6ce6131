"""Evidence packages under tools that others made: each agrees, and finds a changed bit of what it checks."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core.evidence import SUMMED
from operations.evidence_package.asking import new_password
from tests.operations.packaging import a_log, asked, flipped, unpacked

pytestmark = pytest.mark.slow

CHECK = Path(__file__).parent.parent.parent / "docs" / "evidence" / "check.go"
SSH = (
    "ssh-keygen -Y verify -f allowed_signers -I gatehouse-evidence -n gatehouse-evidence"
    " -s SHA256SUMS.sig < SHA256SUMS"
)
OPENSSL = "openssl pkeyutl -verify -pubin -inkey {key} -rawin -in {text} -sigfile {signature}"
# Which key says what by which signature.
SIGNED = [
    ("pub.pem", "checkpoint.body", "checkpoint.sig"),
    ("pub.pem", "evidence.body", "evidence.sig"),
    ("evidence.pem", "SHA256SUMS", "SHA256SUMS.ed25519"),
    ("evidence.pem", "manifest.json", "manifest.ed25519"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    with a_log(place / "data", 300) as log:
        return unpacked(log.package(place / "package.zip"), place / "out")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the program of the documentation from Debian's packages alone."""
    place = tmp_path_factory.mktemp("go")
    where = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(place / "cache"),
        "GOFLAGS": "",
    }
    subprocess.run(["go", "build", "-o", str(place / "check"), str(CHECK)], env=where, check=True)
    return f"{place / 'check'} ."


def holds(folder: Path, command: str) -> bool:
    """Run a command as VERIFY.txt has it, in the folder of the package."""
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False, text=True)
    return done.returncode == 0


def commands() -> list[str]:
    told = [OPENSSL.format(key=key, text=text, signature=signature) for key, text, signature in SIGNED]
    return ["sha256sum -c SHA256SUMS", SSH, *told]


@pytest.mark.parametrize("command", commands())
def test_tools_that_others_made_agree(folder: Path, command: str) -> None:
    assert holds(folder, command)


def test_the_packages_of_go_open_the_notes_and_find_each_record_in_the_tree(
    folder: Path, program: str
) -> None:
    assert holds(folder, program)


def test_the_explanation_has_these_very_commands(made: Path) -> None:
    text = (made / "VERIFY.txt").read_text(encoding="utf-8")

    assert [one for one in commands() if one not in text] == []


def test_each_pair_of_lines_in_the_explanation_is_of_one_key(made: Path) -> None:
    text = (made / "VERIFY.txt").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if "tail -c 32" in line]

    told = [subprocess.check_output(["sh", "-c", line], cwd=made) for line in lines]

    assert len(told) == 4
    assert told[0] == told[1] != told[2] == told[3]
    assert holds(made, 'test "$(grep -cF "$(cat key.ssh.pub)" allowed_signers)" = 1')


def test_ssh_prints_the_fingerprint_that_is_to_be_compared(made: Path) -> None:
    told = subprocess.check_output(["ssh-keygen", "-l", "-f", "key.ssh.pub"], cwd=made, text=True)

    assert told.split()[1] in (made / "VERIFY.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SUMMED)
@pytest.mark.parametrize("at", [0, -1])
def test_sha256sum_finds_a_bit_of_any_file(folder: Path, name: str, at: int) -> None:
    flipped(folder / name, at)

    assert not holds(folder, "sha256sum -c SHA256SUMS")


@pytest.mark.parametrize("at", [0, 64, 500, -1])
def test_ssh_finds_a_bit_of_the_list(folder: Path, at: int) -> None:
    flipped(folder / "SHA256SUMS", at)

    assert not holds(folder, SSH)


# The magic, the certified key, its certificate's signature, and the signature itself.
@pytest.mark.parametrize("at", [31, 140, 420, 660])
def test_ssh_finds_a_bit_of_the_signature(folder: Path, at: int) -> None:
    flipped(folder / "SHA256SUMS.sig", at)

    assert not holds(folder, SSH)


def test_ssh_believes_no_certificate_of_another_log(folder: Path, tmp_path: Path) -> None:
    with a_log(tmp_path / "theirs") as log:
        theirs = unpacked(log.package(tmp_path / "theirs.zip"), tmp_path / "out")
    for name in ("SHA256SUMS", "SHA256SUMS.sig"):
        shutil.copy2(theirs / name, folder / name)

    assert holds(theirs, SSH)
    assert not holds(folder, SSH)


@pytest.mark.parametrize(("key", "text", "signature"), SIGNED)
@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("at", [-5, -30])
def test_openssl_finds_a_bit_of_text_signature_and_key(
    folder: Path, key: str, text: str, signature: str, which: int, at: int
) -> None:
    # The last letters of a PEM are its frame.
    changed = (text, signature, key)[which]
    flipped(folder / changed, at - 30 if changed == key else at)

    assert not holds(folder, OPENSSL.format(key=key, text=text, signature=signature))


@pytest.mark.parametrize("name", ["events.jsonl", "proofs.jsonl", "checkpoint", "evidence.note", "vkey"])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_the_packages_of_go_find_a_bit_of_what_they_check(
    folder: Path, program: str, name: str, place: float
) -> None:
    flipped(folder / name, int(place * (folder / name).stat().st_size))

    assert not holds(folder, program)


@pytest.mark.parametrize("line", [0, 1, -1])
@pytest.mark.parametrize("part", [b'"leaf":"', b'"path":["'])
def test_the_packages_of_go_find_a_bit_of_a_record_about_the_package(
    folder: Path, program: str, line: int, part: bytes
) -> None:
    raw = (folder / "custody.jsonl").read_bytes()
    starts = [0, *(at + 1 for at, one in enumerate(raw) if one == ord("\n"))][:-1]
    flipped(folder / "custody.jsonl", raw.index(part, starts[line]) + len(part) + 12)

    assert not holds(folder, program)


@pytest.mark.parametrize(
    "command", ["7z x -bd -y -p{password} {package}", "bsdtar -x --passphrase {password} -f {package}"]
)
def test_other_tools_open_an_encrypted_package_with_its_password_alone(tmp_path: Path, command: str) -> None:
    password = new_password()
    with a_log(tmp_path / "data") as log:
        package = log.package(tmp_path / "package.zip", asked(44, password=password))
    for name, tried in (("closed", new_password()), ("open", password)):
        (tmp_path / name).mkdir()
        opened = holds(tmp_path / name, command.format(password=tried, package=package))
        assert opened is (tried == password)

    (folder,) = (tmp_path / "open").iterdir()
    assert holds(folder, "sha256sum -c SHA256SUMS")
    listed = subprocess.check_output(["7z", "l", "-slt", str(package)], text=True)
    assert listed.count("Method = AES-256") == len(list(folder.iterdir()))
