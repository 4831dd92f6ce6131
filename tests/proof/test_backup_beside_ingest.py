"""Backups beside a real ingest under load: each is whole, and a sealer goes on from one that was put back."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.stand.estate import Life
from bench.stand.stand import Stand
from core.records import Kind
from store.ledger import open_ledger, reading
from tests.commands.backing_up import IDENTITY, House
from tests.proof.claims import Claim, whole_or
from tests.proof.test_backup_killed import ROOT
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
COUNT = whole_or(4_000, 40_000)
BACKUPS = whole_or(4, 20)
RECIPIENT = "age13aqvttdk3ujkyjh9kg2w5an6dmy5mq5a84a4uxk3hfhnugfc9p0sy5p2wh"


def backup(stand: Stand, *arguments: str | Path) -> int:
    line = [sys.executable, ROOT / "gatehouse.py", "backup", *arguments]
    return subprocess.run(line, env=os.environ | stand.environment(), check=False).returncode


def test_each_backup_made_beside_ingest_is_whole_and_can_be_gone_on_from(
    stand: Stand, tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    key = tmp_path / "key"
    key.write_text(IDENTITY, encoding="utf-8")
    key.chmod(0o600)
    (stand.folder / "gatehouse.toml").write_text(f'[backup]\nrecipient = "{RECIPIENT}"\n', encoding="utf-8")
    stand.start_broker()
    stand.start_ingest()
    until(lambda: sealed(stand) > 0)
    made = [tmp_path / f"{number}.age" for number in range(BACKUPS)]
    lost = created_under_load(stand, made)
    stop(stand)
    lost += sum(backup(stand, "check", file, "--identity-file", key) != 0 for file in made)
    restored = backup(stand, "restore", made[0], "--identity-file", key, "--apply")
    # It need not hear any device to seal what is there.
    ingest = stand.start_ingest(ready=False)
    house = House(tmp_path)
    until(lambda: house.records(Kind.LEDGER_RESTORED), seconds=30)
    ingest.stop()

    name = f"{BACKUPS} backups beside ingest under load: not made, or not whole"
    claims(Claim(claim=name, count=BACKUPS, lost=lost, twice=0, seconds=time.monotonic() - began))
    assert (lost, restored, house.data) == (0, 0, stand.folder)
    ((_, told),) = house.records(Kind.LEDGER_RESTORED)
    assert told["refs"]["agrees"] is True
    assert told["refs"]["missing"] > 0


def created_under_load(stand: Stand, files: list[Path]) -> int:
    """Make a backup after the other while devices speak; gives how many could not be made."""
    events = Life().take(COUNT)

    def speak() -> None:
        with stand.wire("devices") as wire:
            wire.publish(((event.topic, event.payload) for event in events), window=50)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    refused = sum(backup(stand, "create", file) != 0 for file in files)
    speaker.join(120)
    until(lambda: stand.has(COUNT), seconds=60)
    return refused


def stop(stand: Stand) -> None:
    for one in (stand.ingest, stand.broker):
        assert one is not None
        one.stop()
    stand.db.close()


def sealed(stand: Stand) -> int:
    ledger = open_ledger(stand.folder)
    try:
        with reading(ledger) as tree:
            return tree.size
    finally:
        ledger.close()
