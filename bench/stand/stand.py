"""The stand: a data folder with an estate, an embedded broker and the real processes over it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import text

from auth.evidence_keys import EvidenceKey, certified
from auth.ledger_keys import LedgerKeys
from auth.sessions import Person, Sessions
from bench.stand.estate import estate
from bench.stand.processes import Process, python, start
from bench.stand.wire import Account, Wire
from connectors.mqtt.broker import ADDRESS, EmbeddedBroker
from connectors.mqtt.principals import DEMO, load_principal
from settings import load_settings
from store.database import Database
from store.estate import EstateDocument, import_estate, load_estate
from store.ingest_log import LEASE
from store.ledger import open_ledger
from store.log import append
from store.opening import open_database
from store.policies import apply_policy, current_policy
from store.sealed import PART as LEDGER
from store.sealer import Sealer
from store.sqlite import VersionWatch
from store.touch import PartState, lease_pid, parts
from tests.ports import free_port

START_S: Final = 60.0
# Without both nobody may act at a door.
_EARS: Final = frozenset({"ingest", LEDGER})
GROUP: Final = "stand"
POLICY: Final = f"""
[[grants]]
group = "{GROUP}"
role = "admin"
sites = ["*"]
"""


class NotInTime(AssertionError):
    """A thing that was waited for did not come to be."""


def wait_for(what: str, predicate: Callable[[], object], seconds: float, every_s: float = 0.005) -> None:
    """Wait until a thing is so; raises NotInTime, naming it."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not predicate():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {seconds:.0f} s")
        pause.wait(every_s)


def now_us() -> int:
    """Read the wall clock, µs UTC."""
    return time.time_ns() // 1000


def begin_ledger(db: Database, folder: Path) -> None:
    """Write what a sealer writes when it begins: what comes after it is what a run is about."""
    keys = LedgerKeys(folder, "http://localhost")
    keys.ensure()
    with closing(open_ledger(folder)) as ledger, closing(Sealer(db, ledger, keys, lambda _: None)) as sealer:
        sealer.open(now_us())
        append(db, [certified(keys.signer(), EvidenceKey.of(folder), now_us())])
        sealer.turn(now_us())


class Stand:
    """Broker and ingest over one folder; each process is started, killed and weighed by name."""

    def __init__(self, folder: Path, document: EstateDocument | None = None) -> None:
        """Create the store, the estate and the broker's files; nothing runs yet."""
        self.folder = folder
        self.document = document or estate()
        self.db: Database = open_database(folder)
        import_estate(self.db, self.document, now_us(), "stand")
        begin_ledger(self.db, folder)
        self.first = self.head()
        self.port, self.web_port, self.demo_port = free_port(), free_port(), free_port()
        self.broker_files = EmbeddedBroker(folder / "broker", self.port, demo_port=self.demo_port)
        self.broker_files.write(load_estate(self.db))
        self.broker: Process | None = None
        self.ingest: Process | None = None
        self.web: Process | None = None

    def __enter__(self) -> Self:
        """Give the stand itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every process."""
        for one in (self.web, self.ingest, self.broker):
            if one is not None:
                one.stop()
        self.db.close()

    def start_broker(self) -> Process:
        """Start mosquitto and wait until it takes connections."""
        self.broker = start(self.broker_files.command_line(), self.folder / "broker.out")
        wait_for("the broker listens", self.broker_listens, START_S)
        return self.broker

    def broker_listens(self) -> bool:
        """Whether the broker takes connections."""
        with suppress(OSError), socket.create_connection((ADDRESS, self.port), timeout=1):
            return True
        return False

    def environment(self) -> dict[str, str]:
        """Tell Gatehouse's own commands where everything is."""
        return {
            "GATEHOUSE_DATA": str(self.folder),
            "GATEHOUSE_MQTT_PORT": str(self.port),
            "GATEHOUSE_PORT": str(self.web_port),
            "GATEHOUSE_DEMO": "true",
        }

    def start_ingest(
        self, *, ready: bool = True, before: tuple[str, ...] = (), mqtt_port: int | None = None
    ) -> Process:
        """Start ingest (behind another program, `before`), and with `ready` wait until it is connected."""
        began = now_us()
        command = (*before, *python("gatehouse.py", "ingest"))
        environ = self.environment() | ({} if mqtt_port is None else {"GATEHOUSE_MQTT_PORT": str(mqtt_port)})
        self.ingest = start(command, self.folder / "ingest.out", environ)
        if ready:
            wait_for("ingest is connected", lambda: self.ingest_is_ok(since=began), START_S)
        return self.ingest

    def ingest_is_ok(self, since: int = 0) -> bool:
        """Whether ingest has said after `since` that it is connected, and that the log is sealed."""
        assert self.ingest is None or self.ingest.alive(), self.ingest.said()
        said = [one for one in parts(self.db) if one.name in _EARS]
        return len(said) == len(_EARS) and all(one.state is PartState.OK and one.at >= since for one in said)

    def start_web(self, *, ready: bool = True, mqtt_port: int | None = None) -> Process:
        """Start the console, and with `ready` wait until it answers; it may reach the broker another way."""
        environ = self.environment() | ({} if mqtt_port is None else {"GATEHOUSE_MQTT_PORT": str(mqtt_port)})
        self.web = start(python("gatehouse.py", "web"), self.folder / "web.out", environ)
        if ready:
            wait_for("the console answers", self.web_answers, START_S)
        return self.web

    def web_answers(self) -> bool:
        """Whether the console says that it is alive."""
        assert self.web is None or self.web.alive(), self.web.said()
        connection = HTTPConnection("localhost", self.web_port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def sign_in(self) -> str:
        """Give the cookie of a new session of somebody who may see everything."""
        if current_policy(self.db).version == 0:
            apply_policy(self.db, POLICY, now_us(), "stand")
        person = Person(subject="stand", name="Stand", groups=(GROUP,))
        sessions = Sessions(self.db, load_settings(self.environment()).sessions)
        return sessions.start(person, address=ADDRESS, agent="stand", now=now_us())[0]

    def leader(self) -> int | None:
        """Give the pid of the process that holds ingest's lease."""
        return lease_pid(self.db, LEASE, now_us())

    def account(self, username: str = DEMO) -> Account:
        """Give an account at the broker."""
        one = load_principal(self.broker_files.folder, username)
        port = self.demo_port if username == DEMO else self.port
        return Account(ADDRESS, port, one.username, one.password)

    @contextmanager
    def wire(self, client_id: str = "stand") -> Iterator[Wire]:
        """Open a bare connection as the demo's account, which may speak for every device."""
        with Wire(self.account(), client_id) as wire:
            yield wire

    def head(self) -> int:
        """Give the id of the last record."""
        return self.count("SELECT coalesce(max(id), 0) FROM leaf")

    def has(self, records: int) -> bool:
        """Whether so many records have come since the stand was made."""
        return self.head() >= self.first + records

    def count(self, query: str) -> int:
        """Ask the store for one number."""
        with self.db.read() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store for rows."""
        with self.db.read() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    @contextmanager
    def watch(self) -> Iterator[VersionWatch]:
        """Open a cheap look at the log's head."""
        one = VersionWatch(self.db.file)
        try:
            yield one
        finally:
            one.close()
