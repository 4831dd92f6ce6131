"""Evidence packages signed again by who holds the key of evidence: nothing sealed can be told otherwise."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.operations.insiders import ATTEMPTS, sign_again
from tests.operations.packaging import Log, a_log, asked, unpacked, wrong


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with a_log(tmp_path_factory.mktemp("log")) as made:
        yield made


@pytest.fixture(scope="module")
def made(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    package = log.package(place / "package.zip", asked(44, policies=True))
    return unpacked(package, place / "out")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_to_sign_the_same_again_changes_nothing(folder: Path, log: Log) -> None:
    sign_again(folder, log)

    assert wrong(folder) == []


@pytest.mark.parametrize(("attempt", "sentence"), ATTEMPTS)
def test_who_holds_the_key_of_evidence_can_not_tell_it_otherwise(
    folder: Path, log: Log, attempt: Callable[[Path, Log], None], sentence: str
) -> None:
    attempt(folder, log)

    assert [one for one in wrong(folder) if sentence in one] != []
