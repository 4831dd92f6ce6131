"""`gatehouse.py backup create|check|restore`."""

import os
import signal
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from auth.private_files import read_private
from commands import lock
from commands.backup_settings import read_backup
from commands.io import agrees, operator
from core import age
from core.errors import Invalid, StartRefused
from core.leaf import Draft
from core.records import Kind
from core.times import iso_us
from operations.backups.check import Checked, check
from operations.backups.create import Made, Source, create
from operations.backups.manifest import Manifest
from operations.backups.outside import Outside, known_outside
from operations.backups.prepare import redo_erasures, tell_sealer
from operations.backups.restore import Place, restore
from operations.backups.sealed_file import Lock, PassphraseLock, RecipientLock
from settings import Settings, read_secret
from store.clock import now_us
from store.database import FILE_NAME, Database
from store.erasure_register import Register
from store.log import append
from store.opening import open_database

_PASSPHRASE: Final = "--passphrase-file"  # noqa: S105 - the name of an option
_NICE: Final = 10
_MEGABYTE: Final = 1_000_000


def main(arguments: Namespace, settings: Settings) -> int:
    """Make a backup, say whether one is whole, or put one back."""
    signal.signal(signal.SIGTERM, _interrupt)
    match arguments.deed:
        case "create":
            return _create(arguments, settings)
        case "check":
            return _check(arguments, settings)
        case _:
            return _restore(arguments, settings)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Tidy up, as for Ctrl-C: what was unpacked lies in the clear."""
    raise KeyboardInterrupt


def _create(arguments: Namespace, settings: Settings) -> int:
    if not (settings.data / FILE_NAME).exists():
        raise Invalid(f"there is no store in {settings.data}: name its folder in GATEHOUSE_DATA")
    sealed_for = _lock(arguments, settings)
    # What people and doors wait for goes first.
    os.nice(_NICE)
    db = open_database(settings.data)
    # Its key is in every backup, so that whoever is erased later can be known again by it.
    Register(settings.data)
    source = Source(data=settings.data, config=settings.config, now=now_us())
    target = arguments.file.absolute()
    try:
        made = create(source, target, sealed_for, lambda done: _record(db, done))
    finally:
        db.close()
    print(f"{target}: {_contents(made.manifest)}")
    print(f"{made.size / _MEGABYTE:,.1f} MB, SHA-256 {made.sha256}")
    return 0


def _record(db: Database, made: Made) -> None:
    refs: dict[str, str | int | bool] = {
        "bytes": made.size,
        "sha256": made.sha256,
        "newest": made.manifest.record,
        "ledger_size": made.manifest.sealed,
    }
    who = {"subject": operator()}
    append(db, [Draft(kind=Kind.BACKUP_CREATED, received=now_us(), refs=refs, private=who)])


def _check(arguments: Namespace, settings: Settings) -> int:
    found = check(arguments.file, _opener(arguments, settings), settings.data)
    print(f"{arguments.file} is whole: {_contents(found.manifest)}")
    print(_seal(found))
    return 0


def _restore(arguments: Namespace, settings: Settings) -> int:
    opener = _opener(arguments, settings)
    outside = Outside(
        checkpoints=tuple(arguments.checkpoint),
        erasures=tuple(arguments.erasures),
        folder=_checkpoint_folder(settings),
    )
    if not (arguments.apply or agrees(f"Put {arguments.file} in the place of {settings.data}?")):
        print("nothing was changed")
        return 1
    place = Place(data=settings.data, now=now_us(), by=operator())
    with lock.hold(settings.data):
        known = known_outside(settings.data, outside)
        told: list[str] = []

        def prepare(folder: Path, db: Database, manifest: Manifest) -> None:
            erased = redo_erasures(folder, db, known, place)
            word = tell_sealer(folder, manifest, known, place)
            newest = max((one.size for one in word.checkpoints), default=0) if word else 0
            told.extend(_told(erased, newest, manifest))

        done = restore(place, arguments.file, opener, prepare)
    print(f"{settings.data} is as it was backed up: {_contents(done.manifest)}")
    print("\n".join((*told, f"{done.sessions} sessions were ended")))
    if done.before is not None:
        print(f"what was there before is in {done.before}: remove it when nothing of it is needed")
    return 0


def _told(erased: int, newest: int, manifest: Manifest) -> list[str]:
    lines = [f"{erased} persons were erased again"] if erased else []
    if newest > manifest.sealed:
        lines.append(
            f"a checkpoint of {newest} records is known, and {manifest.sealed} were sealed in the backup: "
            "what is missing will be recorded at the next start"
        )
    return lines


def _contents(manifest: Manifest) -> str:
    size = sum(member.size for member in manifest.members) / _MEGABYTE
    return (
        f"{len(manifest.members)} files, {size:,.1f} MB, of {iso_us(manifest.made)}, "
        f"the log up to record {manifest.record}"
    )


def _seal(found: Checked) -> str:
    if found.seal is None:
        return "nothing of it was sealed yet"
    return f"{found.seal.size} records are what was sealed, by the key {found.fingerprint}"


def _lock(arguments: Namespace, settings: Settings) -> Lock:
    if arguments.passphrase_file is not None:
        return PassphraseLock(read_secret(arguments.passphrase_file, _PASSPHRASE))
    recipient = read_backup(settings.tables, settings.data).recipient
    if recipient is None:
        raise StartRefused(
            f'for whom? Write [backup] recipient = "age1..." into {settings.config}, or name a file with a '
            f"passphrase by {_PASSPHRASE}: a backup holds every name and key, and is never in the clear"
        )
    return RecipientLock(recipient)


def _opener(arguments: Namespace, settings: Settings) -> age.Opener:
    if arguments.passphrase_file is not None:
        return age.by_passphrase(read_secret(arguments.passphrase_file, _PASSPHRASE))
    file = arguments.identity_file or read_backup(settings.tables, settings.data).identity_file
    if file is None:
        raise StartRefused(
            f"by what? Name the key's file by --identity-file (or [backup] identity_file), or {_PASSPHRASE}"
        )
    try:
        return age.by_identity(age.identity_of(read_private(file)))
    except Invalid as error:
        raise StartRefused(f"{file}: {error}") from error


def _checkpoint_folder(settings: Settings) -> Path | None:
    table = settings.tables.get("checkpoints")
    folder = table.get("folder") if isinstance(table, Mapping) else None
    return settings.data / folder if isinstance(folder, str) else None
