"""Makes a backup beside running processes: copies, packs, compresses and encrypts in one pass."""

import errno
import fcntl
import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from core.errors import DiskNearlyFull, Invalid, StoreFull, StoreUnavailable
from core.times import SECOND_US
from operations.backups import contents
from operations.backups.manifest import VERSION, Hashing, Manifest, Member
from operations.backups.sealed_file import Lock, SealedWriter, Sink
from store.copies import open_copy
from store.database import FILE_NAME
from store.disk import read_room

# Packing harder takes three times as long for a fortieth of the size.
_EFFORT: Final = 1
_SEALERS_KEY: Final = "keys/ledger.vkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is backed up when (µs UTC): a data folder, and the configuration, which may lie elsewhere."""

    data: Path
    config: Path
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup as it lies on the disk: bytes, hash of the whole file, and what is in it."""

    size: int
    sha256: str
    manifest: Manifest


def create(source: Source, target: Path, lock: Lock, record: Callable[[Made], None]) -> Made:
    """Write a backup, and record it before it gets its name.

    The name never stands for anything but a whole backup, and never for another file than before: where there
    is one, Invalid is raised. Raises StoreError where there is no room, or no access.
    """
    _refuse_place(source.data, target)
    with _told(target.parent), _unfinished(target) as (beside, file):
        try:
            sink = Hashing(file)
            manifest = _write(source, sink, lock)
            file.flush()
            os.fsync(file.fileno())
            done = Made(size=sink.size, sha256=sink.hexdigest(), manifest=manifest)
            record(done)
            _name(beside, target)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(target.parent)
    return done


def _refuse_place(data: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise Invalid(f"{target} is there already: name another file; a backup is never overwritten")
    if not target.parent.is_dir():
        raise Invalid(f"{target.parent} is no folder: make it, or name a file elsewhere")
    if target.resolve().is_relative_to(data.resolve()):
        raise Invalid(f"{target} lies in the data folder, and would be lost with it: name a file elsewhere")


@contextmanager
def _unfinished(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Give a file beside the target that is nobody else's; what a killed process left of it is used again."""
    beside = target.with_name(f".{target.name}.unfinished")
    handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Invalid(f"another process is writing {target} just now") from error
        file.truncate()
        yield beside, file


def _name(beside: Path, target: Path) -> None:
    try:
        target.hardlink_to(beside)
    except FileExistsError as error:
        raise Invalid(f"{target} has come to be meanwhile: it was left as it is") from error
    except OSError:
        # Disks such as FAT know no second name; there is then a moment in which another could take it.
        if target.exists():
            raise Invalid(f"{target} has come to be meanwhile: it was left as it is") from None
        beside.rename(target)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFull(f"no room for a backup in {folder}: nothing was left there") from error
        raise StoreUnavailable(f"the backup can't be made in {folder}: {error.strerror or error}") from error


def _write(source: Source, file: Sink, lock: Lock) -> Manifest:
    sealed = SealedWriter(file, lock)
    with (
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=_EFFORT, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        packing = _Packing(archive, source.now)
        packing.add_all(source)
        packing.close()
    sealed.finish()
    return packing.manifest


class _Packing:
    """Adds files to an archive, and at the end what they were."""

    def __init__(self, archive: tarfile.TarFile, made: int) -> None:
        self._archive = archive
        self.manifest = Manifest(v=VERSION, made=made, record=0, sealed=0, members=())

    def add_all(self, source: Source) -> None:
        ledger, log = contents.STORES
        self._add_store(source.data, ledger)
        for name in contents.plain_files(source.data):
            # What has gone since it was seen was not there to stay.
            with suppress(FileNotFoundError):
                self._add_file(name, source.data / name)
        if source.config.is_file():
            self._add_file(contents.CONFIG, source.config)
        self._add_store(source.data, log)
        self._need_one_key(source.data)

    def close(self) -> None:
        """Add the manifest."""
        text = msgspec.json.format(msgspec.json.encode(self.manifest))
        self._add(contents.MANIFEST, io.BytesIO(text), len(text))

    def _need_one_key(self, data: Path) -> None:
        """Refuse a log that says of a key which was copied before it that another one follows."""
        file = data / _SEALERS_KEY
        now = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None
        then = next((one.sha256 for one in self.manifest.members if one.name == _SEALERS_KEY), None)
        if now != then:
            raise StoreUnavailable("the ledger's key was changed while this backup was made: make it again")

    def _add_store(self, data: Path, name: str) -> None:
        if not (data / name).exists():
            return
        _need_room(data, (data / name).stat().st_size)
        with open_copy(data / name, data) as copy:
            self._add_member(name, copy.file, copy.size)
        field = "record" if name == FILE_NAME else "sealed"
        self.manifest = msgspec.structs.replace(self.manifest, **{field: copy.newest})

    def _add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._add_member(name, file, os.fstat(file.fileno()).st_size)

    def _add_member(self, name: str, file: BinaryIO, size: int) -> None:
        member = Member(name=name, size=size, sha256=self._add(name, file, size))
        self.manifest = msgspec.structs.replace(self.manifest, members=(*self.manifest.members, member))

    def _add(self, name: str, file: BinaryIO, size: int) -> str:
        """Copy as many bytes as the file has now; what is appended meanwhile is for the next backup."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self.manifest.made // SECOND_US
        hashing = Hashing(file)
        self._archive.addfile(info, cast("BinaryIO", hashing))
        return hashing.hexdigest()


def _need_room(data: Path, size: int) -> None:
    room = read_room(data)
    if room.free - size < room.critical:
        raise DiskNearlyFull(
            f"the disk of {data} has too little room for the copy that a backup is made from: "
            f"it takes {size // 1_000_000} MB for a while, beside what is kept free for records"
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
