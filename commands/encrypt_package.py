"""`gatehouse.py encrypt PACKAGE FILE`: the same package in a ZIP that opens by a password, shown once."""

import os
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from core.errors import Invalid
from core.evidence import ALL
from operations.evidence_package.asking import new_password
from operations.evidence_package.opening import Files, opened_package
from operations.evidence_package.packing import pack
from settings import Settings

_CHUNK: Final = 1 << 20
_FILE_MODE: Final = 0o600


def main(arguments: Namespace, _settings: Settings) -> int:
    """Write the encrypted package and show its password; raises Invalid, ProofWrong."""
    target: Path = arguments.target
    if target.exists():
        raise Invalid(f"{target} is there already: name a file that is not")
    password = new_password()
    with (
        opened_package(arguments.package) as files,
        TemporaryDirectory(dir=target.absolute().parent, prefix=".package-") as name,
    ):
        folder = Path(name)
        _copy(files, folder)
        closed = folder / "package.zip"
        pack(folder, closed, target.stem, password)
        closed.chmod(_FILE_MODE)
        os.link(closed, target)
    print(f"{target} opens by this password, which is kept nowhere: give it by another way than the file")
    print(f"    {password}")
    return 0


def _copy(files: Files, folder: Path) -> None:
    missing = sorted(set(ALL) - files.names())
    if missing:
        raise Invalid(f"this is no evidence package: it has no {missing[0]}")
    for name in ALL:
        with files.open(name) as source, (folder / name).open("wb") as written:
            _pour(source, written)


def _pour(source: IO[bytes], written: IO[bytes]) -> None:
    while some := source.read(_CHUNK):
        written.write(some)
