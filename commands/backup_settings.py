"""The table `[backup]` of gatehouse.toml: for whom backups are encrypted, and by what they are opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from core import age
from core.errors import Invalid, StartRefused

_NAMES: Final = ("recipient", "identity_file")
_HOW: Final = "`age-keygen -o FILE` makes a key and prints its recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Both may be left out: then a passphrase is named on each command line, by its file."""

    recipient: X25519PublicKey | None = None
    identity_file: Path | None = None


def read_backup(tables: Mapping[str, object], data: Path) -> BackupSettings:
    """Read and check the table; files start in the data folder; raises StartRefused naming what to write."""
    table = tables.get("backup", {})
    if not isinstance(table, Mapping):
        raise StartRefused('backup: write a table such as [backup] with recipient = "age1..."')
    for name, value in table.items():
        if name not in _NAMES:
            near = get_close_matches(str(name), _NAMES, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"the names are {', '.join(_NAMES)}"
            raise StartRefused(f"backup.{name}: there is no such setting; {hint}")
        if not isinstance(value, str) or not value:
            raise StartRefused(f"backup.{name} must be a text, not {value!r}")
    given = cast("Mapping[str, str]", table)
    file = given.get("identity_file")
    return BackupSettings(
        recipient=_recipient(given["recipient"]) if "recipient" in given else None,
        identity_file=data / file if file else None,
    )


def _recipient(text: str) -> X25519PublicKey:
    if text.strip().upper().startswith("AGE-SECRET-KEY-"):
        # It is not repeated: it opens every backup.
        raise StartRefused(f"backup.recipient is a secret key; write its recipient, age1... ({_HOW})")
    try:
        return age.recipient_of(text)
    except Invalid as error:
        raise StartRefused(f"backup.recipient: {error}; {_HOW}") from error
