"""Opens a package that somebody hands in, a ZIP or a folder: what is in it is not believed, only read."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Protocol, cast

import pyzipper

from core.errors import Invalid, ProofWrong

# A package of the largest size takes about 200 MB.
_LARGEST: Final = 4 << 30
_MOST_FILES: Final = 1_000
_ENCRYPTED: Final = 1


class Files(Protocol):
    """The files of a package by their names; what can't be read raises ProofWrong."""

    def names(self) -> frozenset[str]:
        """Give the name of each."""

    def open(self, name: str) -> IO[bytes]:
        """Open one to read it from its beginning."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> frozenset[str]:
        return frozenset(one.name for one in self._folder.iterdir())

    def open(self, name: str) -> IO[bytes]:
        try:
            return (self._folder / name).open("rb")
        except OSError as error:
            raise ProofWrong(f"{name}: can't be read") from error


class _Zip:
    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        entries = [one for one in packed.infolist() if not one.is_dir()]
        if len(entries) > _MOST_FILES or sum(one.file_size for one in entries) > _LARGEST:
            raise ProofWrong("the ZIP holds more than any evidence package")
        self._entries = {PurePosixPath(one.filename).name: one for one in entries}
        folders = {str(PurePosixPath(one.filename).parent) for one in entries}
        if len(self._entries) != len(entries) or len(folders) > 1:
            raise ProofWrong("the ZIP holds more than one folder, or a file twice")

    def names(self) -> frozenset[str]:
        return frozenset(self._entries)

    def open(self, name: str) -> IO[bytes]:
        return self._packed.open(self._entries[name])


@contextmanager
def opened_package(package: Path, password: str = "") -> Iterator[Files]:
    """Open a package.

    Raises Invalid for what is none or where the password is missing, ProofWrong for one that is damaged.
    """
    if package.is_dir():
        yield _Folder(package)
        return
    if not zipfile.is_zipfile(package):
        raise Invalid(f"{package} is no evidence package: name a ZIP, or the folder that was in it")
    try:
        with zipfile.ZipFile(package) as plain:
            closed = any(one.flag_bits & _ENCRYPTED for one in plain.infolist())
            if not closed:
                yield _Zip(plain)
                return
        if not password:
            raise Invalid(f"{package} is encrypted: give its password by --password-file FILE")
        with _decrypting(package, password) as secret:
            yield _Zip(secret)
    except (zipfile.BadZipFile, pyzipper.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ProofWrong(f"the ZIP is damaged: {error}") from error


@contextmanager
def _decrypting(package: Path, password: str) -> Iterator[zipfile.ZipFile]:
    with pyzipper.AESZipFile(package) as secret:
        secret.setpassword(password.encode())
        try:
            first: Any = secret.infolist()[0]
            secret.open(first).close()
        except RuntimeError as error:
            raise Invalid(f"this is not the password of {package}") from error
        # It has the same surface as the standard library's, of which it is a fork, and ships no types.
        yield cast("zipfile.ZipFile", secret)
