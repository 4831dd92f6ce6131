"""Tampering of each kind at places drawn by chance: found, named, and with the first bad record."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from core.verifying import Finding, What
from store.verifying import Asked, verify
from store.verifying_keys import Outside
from tests.proof.claims import Claim, whole_or
from tests.store import tampering
from tests.store.sealing import Sealed, sealed
from tests.store.tampering import Rewriting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
EACH: Final = whole_or(4, 40)
RECORDS: Final = 3_000
_EVERY: Final = 150
Tamper = Callable[[Sealed, int], None]
KINDS: Final[dict[str, tuple[What, Tamper]]] = {
    "edit": (What.CHANGED, tampering.edit_leaf),
    "edit of a column": (What.COLUMN, lambda log, record: tampering.edit(log, record, "reason", "power")),
    "deletion": (What.REMOVED, tampering.remove),
    "deletion, closed up": (What.REMOVED, partial(tampering.remove, shifted=True)),
    "insertion": (What.ADDED, tampering.insert),
    "swap": (What.SWAPPED, lambda log, record: tampering.swap(log, record, record + 77)),
    "cut tail": (What.CUT_OFF, lambda log, record: tampering.cut(log, record - 1)),
}
REWRITES: Final = {
    "kept checkpoints left": Rewriting(),
    "without a key": Rewriting(notes="forged", memory=True),
    "by a key of one's own": Rewriting(notes="forged", memory=True, own_key=True),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """Seal a log once; each tampering gets a copy."""
    log = sealed(tmp_path_factory.mktemp("sealed"))
    with log.sealing() as sealer:
        for _ in range(RECORDS // _EVERY):
            log.write(_EVERY)
            sealer.turn(log.tick())
    log.close()
    return log


@contextmanager
def copy_of(template: Sealed, folder: Path) -> Iterator[Sealed]:
    shutil.copytree(template.folder, folder)
    one = sealed(folder)
    try:
        yield one
    finally:
        one.close()
        shutil.rmtree(folder)


def found(log: Sealed, *outside: bytes) -> Finding | None:
    notes = [Outside(f"note {number}", note) for number, note in enumerate(outside)]
    return verify(log.db, log.ledger, log.keys.folder, Asked(outside=notes)).first


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named_with_the_record_it_began_at(
    template: Sealed, tmp_path: Path, claims: Callable[[Claim], None], kind: str
) -> None:
    what, tamper = KINDS[kind]
    began, draw, missed = time.monotonic(), random.Random(kind), []
    for number in range(EACH):
        record = draw.randrange(2, RECORDS - 100)
        with copy_of(template, tmp_path / str(number)) as log:
            tamper(log, record)
            first = found(log)
        if first is None or (first.what, first.record) != (what, record):
            missed.append((record, first))
    seconds = time.monotonic() - began
    name = f"tampering: {kind}, not found or named otherwise"
    claims(Claim(claim=name, count=EACH, lost=len(missed), twice=0, seconds=seconds))
    assert missed == []


@pytest.mark.parametrize("kind", REWRITES)
def test_a_full_rewrite_is_named_as_closely_as_checkpoints_from_elsewhere_allow(
    template: Sealed, tmp_path: Path, claims: Callable[[Claim], None], kind: str
) -> None:
    outside = [(one.size, one.note) for one in template.told]
    began, draw, missed = time.monotonic(), random.Random(kind), []
    for number in range(EACH):
        record = draw.randrange(_EVERY + 2, RECORDS)
        with copy_of(template, tmp_path / str(number)) as log:
            tampering.rewrite(log, record, REWRITES[kind])
            first = found(log, *(note for _, note in outside))
        # A key of one's own has to be told of by the record of the key, which is in the first checkpoint.
        changed = 1 if REWRITES[kind].own_key else record
        begin = max((size for size, _ in outside if size < changed), default=0) + 1
        end = min(size for size, _ in outside if size >= changed)
        named = first is not None and (first.what, first.record, first.until) == (What.REWRITTEN, begin, end)
        if not named:
            missed.append((record, first))
    seconds = time.monotonic() - began
    name = f"tampering: full rewrite {kind}, not found or named otherwise"
    claims(Claim(claim=name, count=EACH, lost=len(missed), twice=0, seconds=seconds))
    assert missed == []


def test_a_log_that_nobody_changed_is_never_called_changed(
    template: Sealed, tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    began, wrong = time.monotonic(), []
    with copy_of(template, tmp_path / "same") as log:
        for number in range(EACH):
            log.write(number)
            if number % 2:
                log.seal()
            wrong += verify(log.db, log.ledger, log.keys.folder).findings
    seconds = time.monotonic() - began
    claims(Claim(claim="tampering: none, and found", count=EACH, lost=0, twice=len(wrong), seconds=seconds))
    assert wrong == []
