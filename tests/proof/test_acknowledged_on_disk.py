"""A message is acknowledged only when the disk has it: the order of ingest's system calls.

Killing a process proves nothing here, since the kernel's page cache outlives it; a power cut would not.
"""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bench.stand.estate import Life
from bench.stand.stand import Stand
from tests.proof.claims import Claim, whole_or
from tests.proof.trace import COMMAND, calls, judge
from tests.waiting import until

COUNT = whole_or(600, 10_000)
# Small ones, so that there are many commits to be out of order with.
PORTION = 20
SOCKET = "1 {}(3<socket>, {}, 4, 0, NULL, 0) = 4"
SYNC = r"1 fdatasync(4<\x2d\x77\x61\x6c>) = 0"
CONNECT = SOCKET.format("sendto", r'"\x10\x00"')
MESSAGE = SOCKET.format("recvfrom", r'"\x32\x07\x00\x01\x61\x00\x05\x00\x62"')
ANSWER = SOCKET.format("sendto", r'"\x40\x02\x00\x05"')


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_acknowledgement_follows_a_sync_that_follows_the_message(
    stand: Stand, tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    assert shutil.which("strace"), "strace is missing: run deploy/setup.sh test"
    began = time.monotonic()
    trace = tmp_path / "trace"
    stand.start_broker()
    ingest = stand.start_ingest(before=(*COMMAND, "-o", str(trace)))
    ingest.target = stand.leader()
    life = Life()
    with stand.wire("devices") as devices:
        for portion in range(PORTION, COUNT + 1, PORTION):
            devices.publish((event.topic, event.payload) for event in life.take(PORTION))
            until(partial(stand.has, portion), seconds=30)
    ingest.stop()

    with trace.open(encoding="ascii") as lines:
        verdict = judge(calls(lines))
    name = "acknowledged to the broker only after fdatasync (system calls)"
    early = len(verdict.too_early)
    claims(Claim(claim=name, count=COUNT, lost=early, twice=0, seconds=time.monotonic() - began))
    assert verdict.too_early == []
    assert verdict.acknowledged == COUNT
    assert verdict.syncs >= COUNT // PORTION


@pytest.mark.parametrize(
    ("lines", "too_early"),
    [
        pytest.param([CONNECT, MESSAGE, SYNC, ANSWER], [], id="synced in between"),
        pytest.param([CONNECT, SYNC, MESSAGE, ANSWER], [5], id="synced before"),
        pytest.param([CONNECT, MESSAGE, ANSWER, SYNC], [5], id="synced after"),
        pytest.param(
            [CONNECT, SYNC[:-5] + " <unfinished ...>", MESSAGE, "1 <... fdatasync resumed>) = 0", ANSWER],
            [5],
            id="came while syncing",
        ),
    ],
)
def test_the_judge_sees_an_early_acknowledgement(lines: list[str], too_early: list[int]) -> None:
    verdict = judge(calls(lines))

    assert (verdict.too_early, verdict.acknowledged) == (too_early, 1)
