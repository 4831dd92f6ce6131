"""Acts over the interface, in tests: what is asked for, and what is shown for it."""

from typing import Any

import pyotp
from httpx import Response

from auth.passkeys import Passkeys, Visit
from core.times import SECOND_US
from store.clock import now_us
from tests.auth.authenticator import Authenticator
from tests.auth.passkeying import enrol
from tests.auth.people import person
from tests.operations.unlocking import SECRET
from tests.web.conftest import OURS, URL, Console

WISH = {"action": "unlock", "target": {"door": "front"}, "reason": "a visitor"}


def cookie(console: Console, username: str) -> str:
    return console.sessions.start(person(username), address="127.0.0.1", agent="testclient", now=now_us())[0]


def send(console: Console, path: str, body: object, who: str) -> Response:
    headers = {**OURS, "cookie": f"gatehouse={who}"}
    answer: Response = console.client.post(path, json=body, headers=headers)
    return answer


def code() -> str:
    return pyotp.TOTP(SECRET).at(now_us() // SECOND_US)


def look(console: Console, path: str, who: str) -> dict[str, Any]:
    found: dict[str, Any] = console.client.get(path, headers={"cookie": f"gatehouse={who}"}).json()
    return found


def keyed(console: Console, who: str) -> Authenticator:
    """Let whose cookie this is have a passkey."""
    actor = console.sessions.look_up(who, now_us())
    assert actor is not None
    key = Authenticator()
    visit = Visit(actor=actor, address="127.0.0.1", now=now_us())
    enrol(Passkeys(console.db, URL), visit, key)
    return key
