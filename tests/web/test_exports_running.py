"""Exports of a real web process: built by a process of its own, cut off, resumed, and broken off."""

import hashlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pyotp
import pytest

from core.exports import State
from core.leaf import Draft
from core.records import Kind
from core.times import SECOND_US
from store import exports
from store.clock import now_us
from store.database import Database
from store.directory import save_account
from store.log import append
from store.opening import open_database
from store.sealed import PART as LEDGER
from store.touch import Part, PartState, parts, report_part
from tests.auth.people import account
from tests.auth.reading import Told, told
from tests.waiting import until
from tests.web.console_process import Running, web_process

pytestmark = pytest.mark.slow
MANY = 60_000


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with web_process(tmp_path_factory.mktemp("web")) as running:
        db = open_database(running.data)
        drafts = [
            Draft(
                kind=Kind.ACCESS_GRANTED,
                received=now_us(),
                site="berlin",
                refs={"seq": number},
                private={"person": f"u-{number}", "credential": "****1234"},
            )
            for number in range(MANY)
        ]
        for begin in range(0, MANY, 5_000):
            append(db, drafts[begin : begin + 5_000])
        db.close()
        yield running


@pytest.fixture
def db(web: Running) -> Iterator[Database]:
    one = open_database(web.data)
    yield one
    one.close()


class Person:
    """Cleo in a browser."""

    def __init__(self, web: Running, db: Database) -> None:
        self._db = db
        self.url = web.url
        self.headers = {"cookie": f"gatehouse={web.sign_in('cleo')}", "origin": web.url}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=self.headers | headers, timeout=60)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", json=body, headers=self.headers, timeout=60)

    def export(self, kind: str = "csv") -> str:
        target = {"filter": "log?site=berlin", "format": kind, "upto": 2**50}
        # A code counts once, and each export takes one.
        secret = pyotp.random_base32()
        save_account(self._db, replace(account("cleo"), totp_secret=secret), now_us(), "tests")
        self._let_seal()
        asked = self.post("/acts", {"action": "export", "target": target, "reason": "an inquiry"})
        assert asked.status_code == 201, asked.text
        name: str = asked.json()["id"]
        code = pyotp.TOTP(secret).at(now_us() // SECOND_US)
        proved = self.post(f"/acts/{name}/proof", {"totp": code})
        assert proved.status_code == 200, proved.text
        return name

    def _let_seal(self) -> None:
        """Let the log be heard to be sealed, where no sealer says so itself."""
        # A sealer says of which process it is.
        if not any(one.name == LEDGER and one.pid for one in parts(self._db)):
            report_part(self._db, Part(name=LEDGER, state=PartState.OK, at=now_us()))

    def state(self, name: str) -> str:
        (found,) = (one for one in self.get("/exports").json()["exports"] if one["id"] == name)
        state: str = found["state"]
        return state


def signed_in(web: Running, db: Database) -> Person:
    """Sign Cleo in."""
    # She signs in without a code.
    save_account(db, replace(account("cleo"), totp_secret=None), now_us(), "tests")
    return Person(web, db)


@pytest.fixture
def cleo(web: Running, db: Database) -> Person:
    return signed_in(web, db)


def downloads_of(db: Database, name: str) -> list[Told]:
    """Give the downloads of one export: other tests have some of their own."""
    return [one for one in told(db, Kind.EXPORT_DOWNLOADED) if one.refs["act"] == name]


def test_a_cut_download_is_resumed_and_is_the_same_byte_for_byte(cleo: Person, db: Database) -> None:
    name = cleo.export()
    until(lambda: cleo.state(name) == "ready", seconds=60)
    path = f"/exports/{name}"
    begun = bytearray()
    with httpx.stream("GET", f"{cleo.url}{path}", headers=cleo.headers, timeout=60) as answer:
        tag, size = answer.headers["etag"], int(answer.headers["content-length"])
        for chunk in answer.iter_raw(100_000):
            begun += chunk
            if len(begun) > size // 3:
                break

    until(lambda: downloads_of(db, name) != [], seconds=20)
    rest = cleo.get(path, range=f"bytes={len(begun)}-", **{"if-range": tag})

    assert size > 5 * 2**20
    assert rest.status_code == 206
    whole = bytes(begun) + rest.content
    assert f'"{hashlib.sha256(whole).hexdigest()}"' == tag
    assert whole.count(b"\r\n") == 1 + MANY
    downloads = downloads_of(db, name)
    assert [int(one.refs["first"]) for one in downloads] == [0, len(begun)]
    assert len(begun) <= int(downloads[0].refs["bytes"]) < size
    assert cleo.get(path).status_code == 404


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_other_formats_are_built_as_well(cleo: Person, kind: str) -> None:
    name = cleo.export(kind)
    until(lambda: cleo.state(name) == "ready", seconds=60)

    answer = cleo.get(f"/exports/{name}")

    assert answer.headers["content-disposition"].endswith(f'.{kind}"')
    assert f'"{hashlib.sha256(answer.content).hexdigest()}"' == answer.headers["etag"]


def test_a_builder_that_is_killed_leaves_an_export_that_has_failed(
    cleo: Person, db: Database, web: Running
) -> None:
    name = cleo.export()
    until(lambda: [one for one in exports.in_state(db, State.BUILDING) if one.id == name], seconds=30)
    for pid in builders(web):
        os.kill(pid, signal.SIGKILL)

    until(lambda: cleo.state(name) != "building", seconds=30)

    # It may have been ready just before.
    if cleo.state(name) == "failed":
        assert [one.reason for one in told(db, Kind.EXPORT_FAILED)] == ["broken_off"]
        assert cleo.get(f"/exports/{name}").status_code == 404
        assert not [one.name for one in (web.data / "exports").iterdir() if one.name.startswith(name)]


def builders(web: Running) -> list[int]:
    """Find the builder that this web process has started."""
    tasks = Path(f"/proc/{web.process.pid}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text(encoding="ascii").split()]
