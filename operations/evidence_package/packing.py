"""Packs the files of a package into a ZIP, encrypted (AES-256, as WinZip does it) if there is a password."""

import zipfile
from pathlib import Path
from typing import Final

import pyzipper

from core.evidence import ALL

# The smallest year that a ZIP can tell: when it was built stands in the manifest, where it is signed.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_FILE_MODE: Final = 0o644
_CHUNK: Final = 1 << 20


def pack(folder: Path, target: Path, inside: str, password: str) -> None:
    """Write the files of a folder into a ZIP, under one folder of that name."""
    if password:
        _pack_closed(folder, target, inside, password)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(ALL):
            entry = zipfile.ZipInfo(f"{inside}/{name}", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _FILE_MODE << 16
            with (folder / name).open("rb") as source, packed.open(entry, "w") as written:
                while some := source.read(_CHUNK):
                    written.write(some)


def _pack_closed(folder: Path, target: Path, inside: str, password: str) -> None:
    how = {"compression": pyzipper.ZIP_DEFLATED, "encryption": pyzipper.WZ_AES}
    with pyzipper.AESZipFile(target, "w", **how) as packed:
        packed.setpassword(password.encode())
        for name in sorted(ALL):
            packed.write(folder / name, f"{inside}/{name}")
