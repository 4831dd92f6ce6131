"""A sealer that is killed, or whose step fails, between any two of its steps: the log goes on as one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from auth import ledger_keys
from auth.ledger_keys import LedgerKeys
from core.errors import StoreUnavailable
from core.notes import read_note
from store import ledger_writing, sealer, sealer_memory
from store.ledger import reading
from tests.store.sealing import Sealed, sealed

# Some two hundred lives of a log.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Crash(BaseException):
    """The process is gone."""


STEPS: Final[tuple[tuple[Any, str], ...]] = (
    (sealer, "append"),
    (sealer, "remember"),
    (sealer, "write_hashes"),
    (sealer, "write_run"),
    (sealer, "write_seal"),
    (sealer, "write_key"),
    (sealer.Sealer, "_write"),
    (sealer_memory, "_sync"),
    (ledger_writing, "_put"),
    (ledger_keys, "_put"),
    (LedgerKeys, "adopt"),
    (LedgerKeys, "publish"),
    (Path, "replace"),
    (os, "fsync"),
)


@dataclass
class Faults:
    """Lets the N-th step fail, before or after it was done."""

    at: int
    error: Callable[[], BaseException]
    after: bool
    count: int = 0
    on: bool = True

    def put_in(self, patched: pytest.MonkeyPatch) -> None:
        for place, name in STEPS:
            patched.setattr(place, name, self.around(getattr(place, name)))

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            mine = self.next()
            if mine and not self.after:
                raise self.error()
            done = step(*arguments, **named)
            if mine:
                raise self.error()
            return done

        return call

    def next(self) -> bool:
        self.count += self.on
        return self.on and self.count == self.at


def live(log: Sealed, *, turns: Callable[[Callable[[], bool]], None]) -> None:
    """Let a log live: its first record, some more, another key, a minute of silence."""
    log.write(3)
    with log.sealing() as one:
        turns(lambda: one.turn(log.tick()))
        log.write(300)
        turns(lambda: one.turn(log.tick()))
        turns(lambda: laid(log))
        turns(lambda: one.turn(log.tick()))
        log.write(2)
        turns(lambda: one.turn(log.tick()))
        turns(lambda: one.turn(log.tick(61)))


def laid(log: Sealed) -> bool:
    log.keys.lay_ready()
    return True


def once(turn: Callable[[], bool]) -> None:
    turn()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_between_any_two_steps_leaves_a_log_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    survived, faults = 0, Faults(0, Crash, after)
    for number in range(1, 1_000):
        log = sealed(tmp_path / str(number))
        faults = Faults(number, Crash, after)
        with monkeypatch.context() as patched:
            faults.put_in(patched)
            try:
                live(log, turns=once)
            except Crash:
                survived += 1
        ended = faults.count < number
        log = log.reopened()
        log.write(2)
        log.seal()
        log.check()
        assert not (log.keys.folder / "ledger.next.key").exists(), f"at step {number}"
        assert read_note(log.told[-1].note, [log.keys.public()]), f"at step {number}"
        log.close()
        if ended:
            break
    assert survived == faults.count > 40


def test_a_step_that_fails_is_done_by_the_same_sealer_at_its_next_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = 0
    for number in range(1, 1_000):
        log = sealed(tmp_path / str(number))
        faults = Faults(number, lambda: StoreUnavailable("not now"), after=False, on=False)

        def again(turn: Callable[[], bool], faults: Faults = faults) -> None:
            faults.on = True
            try:
                turn()
            except StoreUnavailable:
                turn()

        with monkeypatch.context() as patched:
            faults.put_in(patched)
            live(log, turns=again)
        log.check()
        with reading(log.ledger) as tree:
            assert tree.size == len(log.leaves()), f"at step {number}"
        log.close()
        if faults.count < number:
            break
        failed += 1
    assert failed > 40
