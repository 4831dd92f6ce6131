"""Exports over the interface, in tests: asked for, proved, built in this process, taken."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyotp
from httpx import Response

from auth.evidence_keys import EvidenceKey, certified
from auth.ledger_keys import LedgerKeys
from core.leaf import Draft
from core.records import Kind
from core.times import SECOND_US
from operations.exports.build import Builder
from store.clock import now_us
from store.directory import save_account
from store.log import append
from store.policies import apply_policy
from store.sealed import PART as LEDGER
from store.sealer import Sealer
from store.touch import Part, PartState, report_part
from tests.auth.people import POLICY, account
from tests.operations.unlocking import SECRET
from tests.web.conftest import URL, Console
from tests.web.proving import cookie, look, send

# Whom the tests let read and export only what is in Berlin.
ONLY_BERLIN = POLICY.replace('role = "auditor"\nsites = ["*"]', 'role = "auditor"\nsites = ["berlin"]')
NO_AUDITORS = POLICY.replace('role = "auditor"', 'role = "user"')
NOBODY_READS = POLICY.replace('group = "g-audit"', 'group = "g-others"')
UPTO = 2**50


def put_in_force(console: Console, policy: str) -> None:
    apply_policy(console.db, policy, now_us(), "tests")


def fill(console: Console, count: int = 3, site: str = "berlin", text: str = "0042") -> None:
    """Let people swipe at a site."""
    append(
        console.db,
        [
            Draft(
                kind=Kind.ACCESS_GRANTED,
                received=now_us(),
                site=site,
                door="front" if site == "berlin" else "lobby",
                refs={"seq": number},
                private={"person": f"{text}-{number}", "credential": "****1234"},
            )
            for number in range(count)
        ],
    )


def seal_all(console: Console) -> None:
    """Seal all that is in the log, and vouch for the key of evidence, as the ingest process does."""
    data = console.db.file.parent
    keys = LedgerKeys(data, URL)
    keys.ensure()
    sealer = Sealer(console.db, console.service.parts.ledger, keys, lambda _: None)
    sealer.open(now_us())
    try:
        append(console.db, [certified(keys.signer(sealer.key.name), EvidenceKey.of(data), now_us())])
        while sealer.turn(now_us()):
            pass
    finally:
        sealer.close()


def sign_in(console: Console, username: str) -> str:
    """Sign somebody in who can prove acts by a code."""
    save_account(console.db, replace(account(username), totp_secret=SECRET), now_us(), "tests")
    return cookie(console, username)


def seal(console: Console, state: PartState = PartState.OK) -> None:
    """Let the log be sealed, or not."""
    report_part(console.db, Part(name=LEDGER, state=state, at=now_us()))


def ask(console: Console, who: str, wanted: str = "log?site=berlin", kind: str = "csv") -> Response:
    seal(console)
    return ask_now(console, who, wanted, kind)


def ask_now(console: Console, who: str, wanted: str = "log?site=berlin", kind: str = "csv") -> Response:
    """Ask for an export, whether or not the log is sealed."""
    target = {"filter": wanted, "format": kind, "upto": UPTO}
    return send(console, "/acts", {"action": "export", "target": target, "reason": "an inquiry"}, who)


def export(console: Console, who: str, wanted: str = "log?site=berlin", kind: str = "csv") -> str:
    """Ask for an export and prove it; gives its id."""
    asked = ask(console, who, wanted, kind)
    assert asked.status_code == 201, asked.text
    name: str = asked.json()["id"]
    proved = prove(console, name, who)
    assert proved.status_code == 200, proved.text
    return name


def prove(console: Console, name: str, who: str, username: str = "cleo", *, sealed: bool = True) -> Response:
    """Prove an act by the code of a secret that is new each time: a code counts once."""
    if sealed:
        seal(console)
    secret = pyotp.random_base32()
    save_account(console.db, replace(account(username), totp_secret=secret), now_us(), "tests")
    return send(console, f"/acts/{name}/proof", {"totp": pyotp.TOTP(secret).at(now_us() // SECOND_US)}, who)


def build(console: Console, passwords: Mapping[str, str] | None = None) -> int:
    return Builder(console.db, console.sessions, passwords=passwords or {}).run()


def take(console: Console, name: str, who: str | None, **headers: str) -> Response:
    told = {one.replace("_", "-"): value for one, value in headers.items()}
    if who is not None:
        told["cookie"] = f"gatehouse={who}"
    answer: Response = console.client.get(f"/exports/{name}", headers=told)
    return answer


def listed(console: Console, who: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = look(console, "/exports", who)["exports"]
    return found
