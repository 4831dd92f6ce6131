"""A log that can't be sealed: no act goes through, the screens say why, and nobody has to repair anything."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from auth.ledger_keys import FOLDER
from bench.stand.doors import door, operators
from bench.stand.processes import children
from bench.stand.stand import Stand, now_us
from core.leaf import Draft
from core.records import Kind
from store.ledger import FILE_NAME, open_ledger
from store.log import append
from store.sealed import PART, is_sealing
from store.touch import Part, PartState, parts
from store.verifying import verify
from tests.faults import PUBLISH
from tests.proof.claims import Claim
from tests.proof.house import House, house
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
Fault = Callable[[House], Iterator[None]]
# Which calls on the tree's file fail: one at each try for so many seconds, and then no more.
_WRITES: Final = "60..69"
_SYNCS: Final = "6..15"
_STIR_S: Final = 0.3


def memory_not_writable(one: House) -> Iterator[None]:
    """Let what the sealer remembers not be written, as on a file system that is read-only."""
    beside = one.stand.folder / FOLDER / ".ledger.state"
    until(lambda: not beside.exists())
    while True:
        try:
            beside.mkdir()
            break
        except FileExistsError:
            continue
    yield
    beside.rmdir()


def key_readable_by_others(one: House) -> Iterator[None]:
    """Let others be able to read the key, and ingest be started anew."""
    key = one.stand.folder / FOLDER / "ledger.key"
    key.chmod(0o644)
    restart(one.stand)
    yield
    key.chmod(0o600)


def failing(call: str, error: str, when: str) -> Fault:
    """Let some calls on the tree's file fail, by strace."""

    def fault(one: House) -> Iterator[None]:
        wal = one.stand.folder / f"{FILE_NAME}-wal"
        until(wal.exists)
        inject = f"inject={call}:error={error}:when={when}"
        command = ("strace", "-f", "-o", "/dev/null", "-P", str(wal), "-e", f"trace={call}", "-e", inject)
        restart(one.stand, command)
        yield

    return fault


def restart(stand: Stand, before: tuple[str, ...] = ()) -> None:
    assert stand.ingest is not None
    stand.ingest.stop()
    process = stand.start_ingest(ready=False, before=before)
    if before:
        # Who traces it lets it go on when it is told to end itself.
        until(lambda: stand.leader() in children(process.popen.pid), seconds=60)
        process.target = stand.leader()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("memory not writable", memory_not_writable),
        ("key readable by others", key_readable_by_others),
        ("no space for the tree", failing("pwrite64", "ENOSPC", _WRITES)),
        ("the disk fails under the tree", failing("fdatasync", "EIO", _SYNCS)),
    ],
)
def test_while_nothing_is_sealed_nothing_is_sent(
    tmp_path: Path, claims: Callable[[Claim], None], name: str, fault: Fault
) -> None:
    assert shutil.which("strace"), "strace is missing: run deploy/setup.sh test"
    began = time.monotonic()
    with ExitStack() as stack:
        one = stack.enter_context(house(tmp_path / "house", 3))
        people = stack.enter_context(operators(one.stand, 3))
        one.stand.start_web(mqtt_port=one.proxy.port)
        stack.enter_context(stirring(one.stand))
        asked = str(people[0].ask(door(0)).json()["id"])
        with contextmanager(fault)(one):
            until(lambda: is_down(one.stand), seconds=60)
            proved, refused = people[0].prove(asked), people[1].ask(door(1))
            told, ready = said(one.stand), readiness(one.stand)
        codes = {answer.json()["error"] for answer in (proved, refused)}
        sent = [*one.proxy.of(PUBLISH), *one.fleet.pulses()]
        until(lambda: is_sealing(one.stand.db, now_us()), seconds=60)
        until(lambda: people[2].ask(door(2)).status_code == HTTPStatus.CREATED, seconds=30)
        seconds = time.monotonic() - began
        claims(Claim(claim=f"sealing: {name}, sent", count=2, lost=len(sent), twice=0, seconds=seconds))

        assert (codes, sent) == ({"not_sealed"}, [])
        assert "nothing is sealed" in str(told.info["trouble"])
        assert ready == HTTPStatus.SERVICE_UNAVAILABLE
        one.stand.ingest.stop() if one.stand.ingest else None
        ledger = open_ledger(one.stand.folder)
        assert verify(one.stand.db, ledger, one.stand.folder / FOLDER).findings == []
        ledger.close()


@contextmanager
def stirring(stand: Stand) -> Iterator[None]:
    """Let something happen all the time: what is not written can't fail."""
    over = Event()

    def stir() -> None:
        while not over.wait(_STIR_S):
            append(stand.db, [Draft(kind=Kind.INGEST_SESSION_LOST, received=now_us())])

    thread = Thread(target=stir)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def said(stand: Stand) -> Part:
    return next(one for one in parts(stand.db) if one.name == PART)


def is_down(stand: Stand) -> bool:
    return said(stand).state is PartState.DOWN


def readiness(stand: Stand) -> int:
    connection = HTTPConnection("localhost", stand.web_port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()
