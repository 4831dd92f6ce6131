"""What our side proves itself with to each device: keys in private files, and a counter that never goes back.

A device's own identity at the broker is another matter: these keys sign what we ask of it.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from auth.private_files import read_private
from connectors.mqtt.files import private_folder, write_private
from core.commands import Keys
from core.errors import CommandImpossible, Invalid, StartRefused
from core.model import ID_PATTERN, Device

KEY_BYTES: Final = 32
_FOLDER: Final = "keys"
_DEVICES: Final = "devices"
_LOCK: Final = ".lock"


class Standing(StrEnum):
    """Whether a device can be asked for anything."""

    NONE = "none"
    IN_USE = "in use"
    NEXT_WAITS = "in use, the next one waits"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    signing: bytes = field(default=b"", repr=False)
    coming: bytes = field(default=b"", repr=False)
    hotp: bytes = field(default=b"", repr=False)
    card: str = field(default="", repr=False)
    revoked: bool = False

    @property
    def standing(self) -> Standing:
        if self.revoked:
            return Standing.REVOKED
        if self.coming:
            return Standing.NEXT_WAITS
        return Standing.IN_USE if self.signing or self.hotp or self.card else Standing.NONE


class DeviceKeys:
    """The keys of a data folder; any thread and any process may use it at any time."""

    def __init__(self, data: Path) -> None:
        """Take the data folder; nothing is read or made before it is needed."""
        self._folder = data / _FOLDER / _DEVICES

    def take(self, device: Device) -> Keys:
        """Give what a command is sent with; its counter is on disk as used before this returns.

        Devices that share a topic share a counter, as the gateway behind it has one for us. Raises
        CommandImpossible for a device whose keys are revoked, StartRefused for files that can't be trusted.
        """
        with self._locked():
            keys = self._in_use(device)
            return replace(keys, counter=self._count(device))

    def look(self, device: Device) -> Keys:
        """Give the same without a counter, to try a command by, or to write one that counts nothing."""
        with self._locked():
            return self._in_use(device)

    def _in_use(self, device: Device) -> Keys:
        kept = self._kept(device.id)
        if kept.revoked:
            raise CommandImpossible("key_revoked", "The keys of this device are revoked.")
        return Keys(signing=kept.signing, hotp=kept.hotp, card=kept.card)

    def standing(self, device: str) -> Standing:
        """Say how it stands with a device's keys."""
        with self._locked():
            return self._kept(device).standing

    def believed(self, device: str) -> tuple[bytes, ...]:
        """Give each key that a simulated device holds: the one in use, and the next one."""
        with self._locked():
            kept = self._kept(device)
        return tuple(one for one in (kept.signing, kept.coming) if one)

    def known(self, device: Device) -> Keys:
        """Give what a simulated gateway knows us by, and the last number that we used; revoked, nothing."""
        with self._locked():
            kept = self._kept(device.id)
            counter = self._counted(self._counter(device))
        return Keys(signing=kept.signing, hotp=kept.hotp, card=kept.card, counter=counter)

    def issue(self, device: str) -> bytes:
        """Make a first key, or a new one after a revocation; raises Invalid where one is in use."""
        with self._locked():
            kept = self._kept(device)
            if kept.signing and not kept.revoked:
                raise Invalid(f"{device} has a key already: say `estate key rotate {device}`")
            key = secrets.token_bytes(KEY_BYTES)
            self._keep(device, _Kept(signing=key))
        return key

    def prepare(self, device: str) -> bytes:
        """Make the next key, which signs nothing before `use`; raises Invalid for a device without a key."""
        with self._locked():
            kept = self._needed(device)
            key = secrets.token_bytes(KEY_BYTES)
            self._keep(device, replace(kept, coming=key))
        return key

    def use(self, device: str) -> None:
        """Sign with the next key from now on; raises Invalid where none waits."""
        with self._locked():
            kept = self._needed(device)
            if not kept.coming:
                raise Invalid(f"no next key waits for {device}: say `estate key rotate {device}` first")
            self._keep(device, replace(kept, signing=kept.coming, coming=b""))

    def revoke(self, device: str) -> None:
        """Forget every secret of a device and refuse all further commands to it, at once."""
        with self._locked():
            self._keep(device, _Kept(revoked=True))

    def put(self, device: str, *, hotp: bytes = b"", signing: bytes = b"", card: str = "") -> None:
        """Keep what another maker's controller knows us by; what is empty stays as it was."""
        with self._locked():
            before = self._kept(device)
            kept = _Kept() if before.revoked else before
            self._keep(
                device,
                replace(
                    kept, hotp=hotp or kept.hotp, signing=signing or kept.signing, card=card or kept.card
                ),
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        private_folder(self._folder.parent)
        private_folder(self._folder)
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _file(self, device: str) -> Path:
        if not ID_PATTERN.fullmatch(device):
            raise Invalid(f"'{device}' is no id of a device")
        return self._folder / f"{device}.json"

    def _kept(self, device: str) -> _Kept:
        file = self._file(device)
        if not file.exists():
            return _Kept()
        try:
            return msgspec.json.decode(read_private(file), type=_Kept)
        except msgspec.MsgspecError:
            # Without the cause, whose words could hold a piece of the file.
            raise StartRefused(f"{file.name} holds no keys: revoke the device's and issue new ones") from None

    def _needed(self, device: str) -> _Kept:
        kept = self._kept(device)
        if kept.revoked or not kept.signing:
            raise Invalid(f"{device} has no key in use: say `estate key issue {device}`")
        return kept

    def _keep(self, device: str, kept: _Kept) -> None:
        self._write(self._file(device), msgspec.json.encode(kept).decode())

    def _count(self, device: Device) -> int:
        file = self._counter(device)
        number = self._counted(file) + 1
        self._write(file, str(number))
        return number

    def _counter(self, device: Device) -> Path:
        shared = f"{device.family} {device.topic or device.id}"
        return self._folder / f"{hashlib.sha256(shared.encode()).hexdigest()[:32]}.counter"

    def _counted(self, file: Path) -> int:
        text = read_private(file) if file.exists() else "0"
        if not (text.isascii() and text.isdigit()):
            raise StartRefused(f"{file.name} holds no counter: write one into it that was never used")
        return int(text)

    def _write(self, file: Path, text: str) -> None:
        """Write in one step that outlives a power cut: the name as well as the bytes."""
        write_private(file, text)
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
