"""Gate, sign-in and providers of a real gatehouse.toml over real sockets, within the tests' own process.

Streamlit, which takes seconds to start, is not there: one page stands for all of its.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from auth.access import scopes_for
from auth.identity import open_identity
from auth.identity_settings import read_identity
from auth.sessions import Sessions
from core.records import Kind
from settings import Settings, load_settings
from store.breakglass import seal
from store.database import Database
from store.directory import Account
from store.ledger import open_ledger
from store.policies import apply_policy
from store.tail import Tail
from tests.auth.people import NOW, add_sites, password_hash
from tests.auth.reading import Told, told
from tests.stores import new_store
from tests.waiting import until
from web.addresses import PublicUrl
from web.cookies import Cookies
from web.decisions import Rules
from web.gate import Gate, GateOptions
from web.live import SEES, LiveHub
from web.service import Opened, Service
from web.sign_in import SignIn
from web.sso import SingleSignOn

INSIDE: Final = "inside"
More = Callable[[Service, Cookies], list[Route]]
# One of the two accounts of the day when no provider answers; the group is the one that the page names.
_SEALED: Final = Account(
    username="breakglass-1",
    name="Break-glass 1",
    password_hash=password_hash(),
    groups=("gh-breakglass",),
    breakglass=True,
    totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
)


@dataclass(frozen=True, kw_only=True)
class SmallConsole:
    """A console that answers."""

    url: str
    data: Path
    db: Database

    def signed_in(self) -> list[Told]:
        """Give the record of each sign-in, oldest first."""
        return told(self.db, Kind.OPERATOR_SIGNED_IN)

    def refused(self) -> list[Told]:
        """Give the record of each refusal, oldest first."""
        return told(self.db, Kind.OPERATOR_SIGN_IN_REFUSED)


@contextmanager
def small_console(
    data: Path, port: int, policy: str, more: More = lambda _service, _cookies: []
) -> Iterator[SmallConsole]:
    """Serve what the gatehouse.toml of a data folder says, with a policy; ends with the block.

    `more` gives further routes.
    """
    settings = load_settings({"GATEHOUSE_DATA": str(data), "GATEHOUSE_PORT": str(port)})
    service = Service(settings=settings, identity=read_identity(settings.tables, settings.data))
    db = new_store(data)
    add_sites(db, "berlin", "newyork")
    apply_policy(db, policy, NOW, "tests", providers=frozenset(_names(service)))
    seal(db, [_SEALED], NOW, "tests")
    service.opened = _opened(db, service, settings)
    config = uvicorn.Config(
        _application(service, settings, more), host="127.0.0.1", port=port, ws="none", log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name=f"console-{port}")
    thread.start()
    try:
        until(lambda: server.started, seconds=20)
        yield SmallConsole(url=settings.public_url, data=data, db=db)
    finally:
        server.should_exit = True
        thread.join()
        db.close()


def _names(service: Service) -> list[str]:
    return [one.name for one in service.identity.providers]


def _opened(db: Database, service: Service, settings: Settings) -> Opened:
    sessions = Sessions(db, settings.sessions, service.identity.strong)
    identity = open_identity(
        db, sessions, service.identity.providers, data=settings.data, public_url=settings.public_url
    )
    tail = Tail(db)
    hub = LiveHub(db, tail, service.presence, lambda actor: scopes_for(db, actor, SEES))
    ledger = open_ledger(settings.data)
    return Opened(db=db, sessions=sessions, identity=identity, tail=tail, hub=hub, ledger=ledger)


def _application(service: Service, settings: Settings, more: More) -> Starlette:
    public = PublicUrl.of(settings.public_url)
    cookies = Cookies(secure=public.secure)
    options = GateOptions(rules=Rules(public=public), policy="default-src 'self'", is_input=bool)
    return Starlette(
        routes=[
            *SignIn(service, cookies).routes(),
            *SingleSignOn(service, cookies).routes(),
            *more(service, cookies),
            Route("/{rest:path}", _page),
        ],
        middleware=[Middleware(Gate, service=service, options=options)],
    )


async def _page(_request: Request) -> Response:
    return PlainTextResponse(INSIDE)
