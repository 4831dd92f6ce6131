"""Unpacks a backup into an empty folder, and judges it: nothing of it counts before all of it is proven."""

import errno
import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from core import age
from core.errors import StoreFull, StoreUnavailable
from operations.backups import contents
from operations.backups.manifest import VERSION, Hashing, Manifest, Member
from operations.backups.sealed_file import BackupDamaged, SealedReader
from store.copies import head_of, is_newer, troubles_of
from store.database import FILE_NAME

_BLOCK: Final = 1 << 20
_MOST_MANIFEST: Final = 64 * _BLOCK
_NOT_OURS: Final = (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, msgspec.DecodeError)


def unpack(source: Path, opener: age.Opener, into: Path) -> Manifest:
    """Unpack a backup into a folder that is there and empty, and prove each file and the store.

    Raises WrongKey, BackupDamaged naming what is wrong, StoreError where there is no room.
    """
    manifest = _unpacked(source, opener, into)
    for name in contents.STORES:
        if (into / name).exists() and (troubles := troubles_of(into / name)):
            raise BackupDamaged(f"{name} in the backup is no whole database: {'; '.join(troubles)}")
    if not (into / FILE_NAME).exists():
        raise BackupDamaged(f"there is no {FILE_NAME} in this backup")
    schema = head_of(into / FILE_NAME).schema
    if is_newer(schema):
        raise BackupDamaged(
            f"the backup is of a later Gatehouse (schema {schema}): install that one, then put it back"
        )
    return manifest


def _unpacked(source: Path, opener: age.Opener, into: Path) -> Manifest:
    found: list[Member] = []
    text = b""
    with _told(source, into), _content(source, opener) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as archive:
            for info in archive:
                file = archive.extractfile(info) if info.isreg() else None
                if file is None or text or not contents.is_safe(info.name):
                    raise BackupDamaged(f"{info.name!r} has no place in a backup")
                if info.name == contents.MANIFEST:
                    text = file.read(_MOST_MANIFEST)
                else:
                    found.append(_write(file, into, info.name))
        # The archive's end is not the file's: what comes after it must be proven to be nothing.
        while rest := packed.read(_BLOCK):
            if rest.strip(b"\0"):
                raise BackupDamaged("there is something behind the end of the archive")
        manifest = msgspec.json.decode(text, type=Manifest)
    _compare(manifest, found)
    return manifest


@contextmanager
def _content(source: Path, opener: age.Opener) -> Iterator[gzip.GzipFile]:
    with source.open("rb") as file:
        reader = io.BufferedReader(SealedReader(file, opener), _BLOCK)
        with gzip.GzipFile(fileobj=reader, mode="rb") as packed:
            yield packed


@contextmanager
def _told(source: Path, into: Path) -> Iterator[None]:
    try:
        yield
    except _NOT_OURS as error:
        raise BackupDamaged(f"what is inside is no backup of Gatehouse ({error})") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFull(f"no room to unpack the backup in {into.parent}") from error
        raise StoreUnavailable(
            f"{source} can't be unpacked in {into.parent}: {error.strerror or error}"
        ) from error


def _write(file: IO[bytes], into: Path, name: str) -> Member:
    path = into / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as written:
        hashing = Hashing(written)
        while data := file.read(_BLOCK):
            hashing.write(data)
        written.flush()
        os.fsync(written.fileno())
    return Member(name=name, size=hashing.size, sha256=hashing.hexdigest())


def _compare(manifest: Manifest, found: list[Member]) -> None:
    if manifest.v != VERSION:
        raise BackupDamaged(f"the backup is of a later Gatehouse (form {manifest.v}): use that one")
    there = {member.name: member for member in found}
    for wanted in manifest.members:
        if wanted.name not in there:
            raise BackupDamaged(f"{wanted.name} is missing in the backup")
        if there.pop(wanted.name) != wanted:
            raise BackupDamaged(f"{wanted.name} is not what was put into the backup")
    if there:
        raise BackupDamaged(f"{min(there)} is in the backup, and was not put into it")
