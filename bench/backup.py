"""(n) A backup of the kept log: how fast it is made and checked, and what memory that takes.

Run with `.venv/bin/python -m bench backup`; the log is `bench/kept/` (built by `python -m bench.kept`), the
largest that is there, or a small one made for this.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench.kept import FOLDER, build
from bench.stand.processes import ROOT
from core import age
from store.database import FILE_NAME

_SMALL: Final = 100_000
_MEGABYTE: Final = 1_000_000
_CODE: Final = """
import resource, sys
import commands.backup, gatehouse, store.migrations
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
code = gatehouse.main(sys.argv[1:])
print("grown", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One command: its content a second, and how far memory grew beyond what was imported."""

    mb_per_second: float
    grown_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """A backup of so much content, made and checked, and its size as a share of it."""

    content_mb: float
    share: float
    create: Run
    check: Run


def run() -> Result:
    """Make one and check it, each in a process of its own."""
    with tempfile.TemporaryDirectory(dir=ROOT / "bench") as name:
        folder = Path(name)
        data = folder / "data"
        _copied(_log(), data)
        key = X25519PrivateKey.generate()
        (folder / "key").write_text(age.written_identity(key), encoding="utf-8")
        (folder / "key").chmod(0o600)
        settings = f'[backup]\nrecipient = "{age.written_recipient(key.public_key())}"\n'
        (data / "gatehouse.toml").write_text(
            f'{settings}identity_file = "{folder / "key"}"\n', encoding="utf-8"
        )
        size = (data / FILE_NAME).stat().st_size / _MEGABYTE
        create = _timed(data, size, "create", folder / "one.age")
        check = _timed(data, size, "check", folder / "one.age")
        packed = (folder / "one.age").stat().st_size / _MEGABYTE
    return Result(size, packed / size, create, check)


def _log() -> Path:
    there = [path for path in FOLDER.glob("*") if (path / FILE_NAME).exists()]
    return max(there, key=lambda path: int(path.name)) if there else build(_SMALL)


def _copied(source: Path, target: Path) -> None:
    target.mkdir()
    shutil.copy(source / FILE_NAME, target / FILE_NAME)


def _timed(data: Path, size: float, deed: str, file: Path) -> Run:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _CODE, "backup", deed, str(file)],
        env=os.environ | {"GATEHOUSE_DATA": str(data)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    grown = int(done.stderr.split()[-1]) / 1_000
    return Run(size / (time.monotonic() - began), grown)


if __name__ == "__main__":
    print(run())
