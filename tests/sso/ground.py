"""The console that is attacked: several providers, browsers, and what each attempt left behind."""

import itertools
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy import func, select
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from core.records import Kind
from store.database import FILE_NAME, Database
from store.schema_people import session
from store.sessions import SessionRow, session_by_hash
from tests.auth.reading import Told, told
from tests.op.control import Control
from tests.op.kinds import CLIENT_SECRET
from tests.op.provider import Issuer
from tests.op.visitor import Visitor, _form
from tests.sso.console import Sso

AGENT: Final = "Mozilla/5.0 (a browser of these tests)"
COOKIE: Final = "gatehouse"
FLOW: Final = "gatehouse-flow"
# A signed token of any kind: two JSON objects in base64url.
JWT: Final = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.eyJ")
# Without certificates, whose loading takes longest of all that a client does at first.
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_addresses: Final = itertools.count(2)
_devices: Final = itertools.count()


def new_address() -> str:
    """Give an address of this machine that nobody has come from: what counts refusals counts by it."""
    number = next(_addresses)
    return f"127.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Browser:
    """A browser at the console, from an address of its own; `secrets` is all that nobody else may see.

    Browsers of one `device` share their session at a provider, which takes back all that it gave to such a
    session when one of its tokens is revoked: each has one of its own unless it is told.
    """

    def __init__(self, ground: "Ground", *, address: str = "", agent: str = AGENT, device: str = "") -> None:
        self.ground = ground
        self.device = device or f"device-{next(_devices)}"
        self.address = address or new_address()
        self.web = httpx.Client(
            base_url=ground.sso.url,
            transport=httpx.HTTPTransport(local_address=self.address, verify=NO_TLS),
            headers={"user-agent": agent},
            timeout=30,
        )
        self.secrets: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.close()

    @property
    def cookie(self) -> str | None:
        """What opens the session, if this browser has one."""
        return self.web.cookies.get(COOKIE)

    def begin(self, shape: str, onwards: str = "/log") -> str:
        """Set out for a provider; gives where it is asked."""
        answer = self.web.get(f"/auth/{shape}/login", params={"next": onwards})
        assert answer.status_code == 303, answer.text
        url = answer.headers["location"]
        assert url.startswith("https://"), url
        asked = parse_qs(urlsplit(url).query)
        self.secrets |= {asked["state"][0], asked["nonce"][0], self.web.cookies[FLOW]}
        return str(url)

    def asked(self, shape: str, url: str, who: str = "ben") -> dict[str, str]:
        """Sign in there; gives the form that the provider would have the browser post."""
        form = self.ground.visited(shape, who, url, self.device)
        self.secrets |= {form["code"]} if "code" in form else set()
        return form

    def back(self, shape: str, form: Mapping[str, str] | bytes, **how: Any) -> httpx.Response:
        """Post an answer as the provider's page does: from another site."""
        headers = {"origin": "https://localhost", **how.pop("headers", {})}
        sent = {"content": form} if isinstance(form, bytes) else {"data": dict(form)}
        return self.web.post(f"/auth/{shape}/callback", headers=headers, **sent, **how)

    def arrive(self, shape: str, form: Mapping[str, str]) -> httpx.Response:
        """Post an answer and go where the console says; gives what is answered there, or the refusal."""
        answer = self.back(shape, form)
        return self.finish(answer) if answer.status_code == 303 else answer

    def finish(self, answer: httpx.Response | str) -> httpx.Response:
        """Go on to where the answer is judged."""
        where = answer if isinstance(answer, str) else answer.headers["location"]
        assert where.startswith("/sign-in/finish?flow="), where
        return self.web.get(where)

    def sign_in(self, shape: str, who: str = "ben", onwards: str = "/log") -> str:
        """Sign in as it should be; gives the cookie."""
        answer = self.arrive(shape, self.asked(shape, self.begin(shape, onwards), who))
        assert answer.status_code == 303, answer.text
        assert self.cookie is not None
        self.secrets.add(self.cookie)
        return self.cookie


@dataclass
class Ground:
    """The running console, its store, and who is signed in at the providers."""

    sso: Sso
    db: Database
    stack: ExitStack = field(default_factory=ExitStack)
    browsers: list[Browser] = field(default_factory=list)
    _visitors: dict[tuple[str, str, str], Visitor] = field(default_factory=dict)

    def issuer(self, shape: str) -> Issuer:
        """Give a provider."""
        return self.sso.issuer(shape)

    def control(self, shape: str) -> Control:
        """Give what changes a provider."""
        return self.issuer(shape).control

    def browser(self, **how: str) -> Browser:
        """Give a browser that nobody has used."""
        self.browsers.append(self.stack.enter_context(Browser(self, **how)))
        return self.browsers[-1]

    def visited(self, shape: str, who: str, url: str, device: str) -> dict[str, str]:
        """Let somebody sign in at a provider, where they stay signed in; gives its answer's form."""
        visitor = self._visitor(shape, who, device)
        answer = visitor.get(url)
        back = f'action="{self.sso.url}/auth/{shape}/callback"'
        while back not in answer.text:
            answer = visitor._next(answer, who, second_factor=False)
        return _form(answer.text)

    def _visitor(self, *key: str) -> Visitor:
        shape, who, device = key
        if (shape, who, device) not in self._visitors:
            visitor = Visitor(self.issuer(shape), self.sso.op.authority.context())
            self._visitors[shape, who, device] = self.stack.enter_context(visitor)
        return self._visitors[shape, who, device]

    def row(self, browser: Browser) -> SessionRow:
        """Give the session of a browser, as its person's list shows it."""
        row = session_by_hash(self.db, sha256(str(browser.cookie).encode()).digest())
        assert row is not None
        return row

    def sessions(self) -> int:
        """Count all sessions that ever were."""
        with self.db.read() as connection:
            return int(connection.execute(select(func.count()).select_from(session)).scalar_one())

    def still_open(self) -> set[str]:
        """Give the sessions that have not ended."""
        with self.db.read() as connection:
            return set(connection.execute(select(session.c.ref).where(session.c.ended.is_(None))).scalars())

    def log(self) -> str:
        """Give what the console has written of itself."""
        return self.sso.console.log.read_text(encoding="utf-8")

    def leaked(self) -> list[str]:
        """Name all secrets of all browsers, and tokens, that stand in the log or in the store's files."""
        lying = {"log": self.log(), "store": self.stored().decode("latin-1")}
        known = {one for browser in self.browsers for one in browser.secrets} | {CLIENT_SECRET}
        found = [f"{name}: {one[:12]}" for name, text in lying.items() for one in known if one in text]
        return found + [f"{name}: a token" for name, text in lying.items() if JWT.search(text)]

    def stored(self) -> bytes:
        """Give every byte of the store."""
        return b"".join(one.read_bytes() for one in self.sso.console.data.glob(f"{FILE_NAME}*"))


@dataclass
class Left:
    """What an attempt has left behind: records, and how many sessions more."""

    records: list[Told] = field(default_factory=list)
    begun: int = 0
    ended: int = 0
    log: str = ""

    def reasons(
        self, kind: Kind = Kind.OPERATOR_SIGN_IN_REFUSED
    ) -> list[tuple[str | None, str | int | None]]:
        """Give the reasons of the refusals, each with its provider."""
        return [(one.reason, one.refs.get("provider")) for one in self.records if one.kind is kind]


OPERATORS: Final = (
    Kind.OPERATOR_SIGNED_IN,
    Kind.OPERATOR_SIGN_IN_REFUSED,
    Kind.OPERATOR_SIGNED_OUT,
    Kind.OPERATOR_SESSION_ENDED,
    Kind.OPERATOR_LOGOUT_REFUSED,
)


@contextmanager
def leaving(ground: Ground) -> Iterator[Left]:
    """Note what the block leaves behind; filled in when it is over."""
    left = Left()
    before, sessions, opened = len(told(ground.db, *OPERATORS)), ground.sessions(), ground.still_open()
    said = len(ground.log())
    yield left
    left.records = told(ground.db, *OPERATORS)[before:]
    left.begun, left.ended = ground.sessions() - sessions, len(opened - ground.still_open())
    left.log = ground.log()[said:]


def kept_secret(answers: Sequence[httpx.Response], left: Left, secrets: set[str]) -> list[str]:
    """Name each secret, or token, that stands in a page, an address, the log or a record."""
    told_in = {
        "page": "".join(one.text for one in answers),
        "address": "".join(f"{one.url} {one.headers.get('location', '')}" for one in answers),
        "log": left.log,
        "record": "".join(f"{one.refs} {one.private}" for one in left.records),
    }
    known = secrets | {CLIENT_SECRET}
    found = [f"{name}: {one[:12]}" for name, text in told_in.items() for one in known if one in text]
    return found + [f"{name}: a token" for name, text in told_in.items() if JWT.search(text)]


def refused(
    left: Left, browser: Browser, answers: Sequence[httpx.Response], reason: str, shape: str
) -> list[str]:
    """Name what an attempt should not have left: it must end with no session and one record of why."""
    wanted = {
        "sessions begun": (left.begun, 0),
        "sessions ended": (left.ended, 0),
        "cookie": (browser.cookie, None),
        "records": ([one.kind for one in left.records], [Kind.OPERATOR_SIGN_IN_REFUSED]),
        "reasons": (left.reasons(), [(reason, shape)]),
        "addresses": ([one.private.get("address") for one in left.records], [browser.address]),
        "status": (answers[-1].status_code, 502 if reason == "misconfigured" else 403),
        "cache": (answers[-1].headers.get("cache-control"), "no-store"),
        "cookies set": ([one.headers["set-cookie"] for one in answers if "set-cookie" in one.headers], []),
        "secrets": (kept_secret(answers, left, browser.secrets), []),
    }
    return [f"{name}: {found!r}" for name, (found, right) in wanted.items() if found != right]


def closed(screen: ClientConnection) -> tuple[int, str] | None:
    """Read a websocket to its end; gives the code and reason of the close."""
    try:
        while True:
            screen.recv(timeout=20)
    except ConnectionClosed as end:
        return (end.rcvd.code, end.rcvd.reason) if end.rcvd else None
