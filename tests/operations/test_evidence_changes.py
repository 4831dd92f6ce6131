"""Evidence packages that somebody changed: each change is found, and the first bad record or file named."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Invalid
from core.evidence import ALL, DISCLOSED, EVENTS, MANIFEST, POLICY, PROOFS
from operations.evidence_package.checking import check_package
from operations.evidence_package.opening import opened_package
from tests.operations.packaging import a_log, asked, flipped, lines_of, put_lines, unpacked, wrong


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one package for all tests that change a copy of it."""
    place = tmp_path_factory.mktemp("package")
    with a_log(place / "data") as log:
        return unpacked(log.package(place / "package.zip"), place / "out")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_one_bit_of_any_file_is_found_and_the_file_named(folder: Path, name: str, place: float) -> None:
    size = (folder / name).stat().st_size
    flipped(folder / name, int(place * (size - 1)))

    assert [one for one in wrong(folder) if name in one] != []


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    assert f"{name}: is missing" in wrong(folder)


def test_a_file_too_many_is_named(folder: Path) -> None:
    (folder / "more.jsonl").write_bytes(b"{}\n")

    assert wrong(folder) == ["more.jsonl: does not belong to an evidence package"]


def edited(lines: list[bytes]) -> None:
    lines[9] = lines[9].replace(b'"v":1', b'"v":2')


def removed(lines: list[bytes]) -> None:
    del lines[9]


def added(lines: list[bytes]) -> None:
    lines.insert(9, lines[8])


def swapped(lines: list[bytes]) -> None:
    lines[9], lines[20] = lines[20], lines[9]


@pytest.mark.parametrize("change", [edited, removed, added, swapped])
def test_the_first_bad_record_is_named_first(folder: Path, change: Callable[[list[bytes]], None]) -> None:
    lines = lines_of(folder, EVENTS)
    change(lines)
    put_lines(folder, EVENTS, lines)
    index = json.loads(lines_of(folder, PROOFS)[9])["index"]

    assert wrong(folder)[0] == (
        f"record {index} (events.jsonl, line 10): does not lead to the root of the checkpoint"
    )


@pytest.mark.parametrize("names", [(EVENTS, PROOFS), (EVENTS,)])
def test_a_tail_that_was_cut_off_is_named(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        put_lines(folder, name, lines_of(folder, name)[:-1])

    found = wrong(folder)

    assert "events.jsonl: holds 43 records, and the manifest says 44" in found


def test_records_out_of_their_order_are_named_with_their_paths_in_place(folder: Path) -> None:
    for name in (EVENTS, PROOFS):
        lines = lines_of(folder, name)
        swapped(lines)
        put_lines(folder, name, lines)

    assert "is out of order" in wrong(folder)[0]


@pytest.mark.parametrize("what", ["value", "salt"])
def test_a_disclosed_value_that_was_changed_is_named(folder: Path, what: str) -> None:
    lines = [json.loads(line) for line in lines_of(folder, DISCLOSED)]
    told = lines[3]["fields"]["person"]
    told[what] = told[what][:-1] + ("1" if told[what][-1] == "0" else "0")
    put_lines(folder, DISCLOSED, [json.dumps(one).encode() + b"\n" for one in lines])

    assert wrong(folder)[0] == (
        f"record {lines[3]['index']} (disclosed.jsonl, line 4): 'person' is not what the record commits to"
    )


def test_a_value_added_to_a_record_that_has_none_is_named(folder: Path) -> None:
    lines = [json.loads(line) for line in lines_of(folder, DISCLOSED)]
    lines[3]["fields"]["extra"] = lines[3]["fields"]["person"]
    put_lines(folder, DISCLOSED, [json.dumps(one).encode() + b"\n" for one in lines])

    assert "'extra' is not what the record commits to" in wrong(folder)[0]


def test_a_policy_in_other_words_is_named(tmp_path: Path) -> None:
    with a_log(tmp_path / "data") as log:
        package = log.package(tmp_path / "package.zip", asked(44, policies=True))
    folder = unpacked(package, tmp_path / "out")
    text = (folder / POLICY).read_text(encoding="utf-8").replace("keepers", "thieves")
    (folder / POLICY).write_text(text, encoding="utf-8")

    assert "policy.json: version 1 is not what was sealed" in wrong(folder)


def test_a_package_signed_anew_by_a_stranger_is_of_another_key(made: Path, tmp_path: Path) -> None:
    with a_log(tmp_path / "theirs") as theirs:
        forged = theirs.package(tmp_path / "forged.zip")

    with opened_package(forged) as files, opened_package(made) as genuine:
        assert check_package(files).key != check_package(genuine).key


def test_what_the_manifest_says_can_not_be_said_by_another(folder: Path) -> None:
    text = (folder / MANIFEST).read_text(encoding="utf-8").replace("Theft in the cellar", "Routine")
    (folder / MANIFEST).write_text(text, encoding="utf-8")

    assert "manifest.ed25519: is no signature of manifest.json by the key of evidence" in wrong(folder)


def test_a_damaged_zip_and_one_of_two_folders_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as packed:
        packed.writestr("one/vkey", "a")
        packed.writestr("two/vkey", "b")
    (tmp_path / "text.zip").write_text("no ZIP", encoding="utf-8")

    with pytest.raises(Exception, match="more than one folder"):
        wrong(tmp_path / "odd.zip")
    with pytest.raises(Invalid, match="no evidence package"):
        wrong(tmp_path / "text.zip")
