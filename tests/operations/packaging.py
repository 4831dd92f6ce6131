"""A log with people, doors and a policy, sealed as the ingest process seals it, and packages made of it."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from auth.evidence_keys import EvidenceKey, certified
from auth.ledger_keys import LedgerKeys
from core.leaf import Draft
from core.permissions import Permission, Scope
from core.records import Class, Kind
from operations.evidence_package.asking import PackageRequest, Sources
from operations.evidence_package.building import build_package
from operations.evidence_package.checking import check_package
from operations.evidence_package.opening import opened_package
from store.database import Database
from store.ledger import open_ledger
from store.log import append
from store.policies import apply_policy
from store.rows import Row, next_rows
from store.sealer import Sealer
from tests.stores import new_store

NOW = 1_790_000_000_000_000
ACT = "01k6expo0000000000000000rt"
POLICY = """
[[grants]]
group = "keepers"
role = "admin"
sites = ["*"]
"""
HOSTILE = "</script><script>alert(1)</script>\u2028=cmd|'/c calc'!A1 \u202e\U0001f6aa\x00\x1b[2J\\\"&lt;"
SCOPE = Scope(
    permission=Permission.LOG_READ,
    sites=frozenset({"ber", "nyc"}),
    organisation=True,
    classes=frozenset(Class),
    names=frozenset({"ber"}),
    policy_version=1,
)


@dataclass(frozen=True)
class Log:
    """A log in a folder, with its tree and its keys."""

    folder: Path
    db: Database
    ledger: Database
    keys: LedgerKeys
    evidence: EvidenceKey

    def seal(self) -> None:
        """Seal all there is."""
        sealer = Sealer(self.db, self.ledger, self.keys, lambda _: None)
        sealer.open(NOW)
        append(self.db, [certified(self.keys.signer(sealer.key.name), self.evidence, NOW)])
        while sealer.turn(NOW):
            pass
        sealer.close()

    def sources(self, pause: Callable[[float], None] | None = None) -> Sources:
        """Give what a package is made from."""
        found = Sources(db=self.db, ledger=self.ledger, log_key=self.keys.public, key=self.evidence)
        return found if pause is None else replace(found, pause=pause)

    def rows(self, after: int = 0) -> Sequence[Row]:
        """Read all that was recorded."""
        with self.db.read() as connection:
            return next_rows(connection, after, 1_000_000).rows

    def package(self, target: Path, request: PackageRequest | None = None) -> Path:
        """Make a package of all."""
        rows = self.rows()
        wanted = request or asked(upto=rows[-1].id)
        build_package(self.sources(), wanted, rows, target)
        return target


def asked(upto: int = 1, why: str = "Theft in the cellar", **how: object) -> PackageRequest:
    """Ask for a package of all."""
    wanted = PackageRequest(
        export=ACT,
        filter="log?site=ber",
        by={"subject": "local:anna", "name": "Anna", "roles": "auditor@*"},
        why=why,
        requested=NOW,
        upto=upto,
        scope=SCOPE,
    )
    return replace(wanted, **how)  # type: ignore[arg-type]


def drafts(count: int) -> list[Draft]:
    """Let people come to doors of two sites, of which one names them."""
    return [
        Draft(
            kind=Kind.ACCESS_GRANTED if at % 3 else Kind.DOOR_OPENED,
            received=NOW + at,
            site="ber" if at % 2 else "nyc",
            door=f"door-{at % 5}",
            refs={"policy": 1, "note": HOSTILE} if at % 7 == 0 else {"boot": "b", "seq": at},
            private={"person": f"P-{at}", "name": HOSTILE if at % 4 == 1 else f"Person {at}"}
            if at % 3
            else {},
        )
        for at in range(count)
    ]


def requested() -> Draft:
    """Record that a package was asked for."""
    return Draft(
        kind=Kind.EXPORT_REQUESTED,
        received=NOW,
        refs={"act": ACT, "filter": "log?site=ber"},
        private={"subject": "local:anna", "name": "Anna", "why": "Theft", "address": "192.0.2.7"},
    )


@contextmanager
def a_log(folder: Path, count: int = 40) -> Iterator[Log]:
    """Make such a log, sealed."""
    db = new_store(folder)
    ledger = open_ledger(folder)
    keys = LedgerKeys(folder, "https://doors.example.org")
    keys.ensure()
    found = Log(folder, db, ledger, keys, EvidenceKey.of(folder))
    apply_policy(db, POLICY, NOW, "local:anna")
    append(db, drafts(count))
    append(db, [requested()])
    found.seal()
    yield found
    ledger.close()
    db.close()


def unpacked(package: Path, into: Path) -> Path:
    """Take the folder out of a package."""
    with zipfile.ZipFile(package) as packed:
        packed.extractall(into)
    return next(into.iterdir())


def flipped(file: Path, at: int) -> None:
    """Turn round one bit of a file; `at` counts from its end where it is below zero."""
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    file.write_bytes(raw)


def lines_of(folder: Path, name: str) -> list[bytes]:
    """Read a file of lines."""
    return (folder / name).read_bytes().splitlines(keepends=True)


def put_lines(folder: Path, name: str, lines: Sequence[bytes]) -> None:
    """Write a file of lines."""
    (folder / name).write_bytes(b"".join(lines))


def wrong(package: Path, password: str = "") -> list[str]:
    """Say what is wrong with a package."""
    with opened_package(package, password) as files:
        return check_package(files).wrong
