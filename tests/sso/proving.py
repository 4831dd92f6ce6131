"""A console before doors whose people come from the real provider, in this process: acts are proved there."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy import func, select, update
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from auth.current import Services
from auth.discovery import Discovery
from auth.presence import Presence
from auth.provider_proofs import ProviderProofs
from core.acts import REUSE_US
from core.errors import ProviderError
from core.records import Kind
from core.times import SECOND_US
from store.clock import now_us
from store.database import Database
from store.estate import import_estate
from store.estate_document import EstateDocument
from store.schema_acts import act, flight, standing_proof
from store.schema_people import held_token, session
from tests.auth.people import POLICY
from tests.auth.reading import Told, told
from tests.op.kinds import CLIENT_SECRET, Account, Shape
from tests.op.provider import Op, authority, running
from tests.op.visitor import Visitor, _form
from tests.operations.unlocking import CAN, ESTATE, SomeLine, listen
from tests.ports import free_port
from tests.sso.console import PEOPLE, _policy, _spec, _table
from tests.sso.small_console import SmallConsole, small_console
from tests.waiting import until
from web.acts import Acts
from web.provider_proofs import ProvingAtProviders
from web.service import Service

COOKIE: Final = "gatehouse"
FLOW: Final = "gatehouse-flow"
WISH: Final = {"action": "unlock", "target": {"door": "front"}, "reason": "a visitor"}
# Who is asked for a second factor and has none, or refuses; and one more who may unlock the same doors.
EVERYBODY: Final = (
    *PEOPLE,
    Account(sub="wes", groups=("g-berlin",), weak=True),
    Account(sub="rex", groups=("g-berlin",), refuses=True),
    Account(sub="bob", groups=("g-berlin",)),
)
ENTRA: Final = {
    "step_up": {"request": {"acrs": "c1"}, "rule": {"acrs": ["c1"]}, "attested": True},
}
PROOFS: Final = (Kind.OPERATOR_PROOF_REFUSED, Kind.OPERATOR_ACTS_LOCKED, Kind.OPERATOR_SIGN_IN_REFUSED)


@dataclass(kw_only=True)
class Proving:
    """The console, its providers, and what was sent to doors."""

    console: SmallConsole
    op: Op
    line: SomeLine
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def db(self) -> Database:
        return self.console.db

    def records(self, *kinds: Kind) -> list[Told]:
        """Give the records of these kinds, or of what was refused."""
        return told(self.db, *(kinds or PROOFS))

    def sessions(self) -> int:
        """Count all sessions that ever were."""
        with self.db.read() as connection:
            return int(connection.execute(select(func.count()).select_from(session)).scalar_one())

    def held(self) -> list[tuple[Any, ...]]:
        """Give what is kept of the provider's tokens."""
        with self.db.read() as connection:
            return [tuple(row) for row in connection.execute(select(held_token))]

    def age(self, name: str, seconds: int) -> None:
        """Let an act have been asked for earlier."""
        with self.db.write() as connection:
            older = {"created": act.c.created - seconds * SECOND_US}
            connection.execute(update(act).where(act.c.id == name).values(older))

    def created(self, name: str) -> int:
        """Tell when an act was asked for (µs UTC)."""
        with self.db.read() as connection:
            return int(connection.execute(select(act.c.created).where(act.c.id == name)).scalar_one())

    def estate(self, document: EstateDocument = ESTATE) -> None:
        """Put these doors in service."""
        import_estate(self.db, document, now_us(), "tests")

    def hear(self) -> None:
        """Let ingest be heard now: for five seconds that is believed."""
        assert self.line.services is not None
        listen(self.line.services, at=now_us())

    def land(self) -> None:
        """Let what was sent to doors be over, so that they are free again."""
        with self.db.write() as connection:
            connection.execute(update(flight).values(busy=False, open=False, due=None))

    def make_old(self) -> None:
        """Let the proofs that serve further acts be five minutes old."""
        with self.db.write() as connection:
            connection.execute(update(standing_proof).values(at=standing_proof.c.at - REUSE_US))

    def calm(self) -> None:
        """Let ingest be heard, the doors be as usual, and the providers be well with nobody signed in."""
        self.estate()
        self.land()
        self.hear()
        self.line.sent.clear()
        for one in self.op.issuers.values():
            one.control.well()
            one.control.forget()
        until(self._believed, seconds=20)

    def _believed(self) -> bool:
        """Whether the console has seen again that each is well, where it had seen that one was not."""
        services = self.line.services
        assert services is not None
        proofs = services.step_up
        assert isinstance(proofs, ProviderProofs)
        return all(_seen_well(one) for one in proofs._oidc.discoveries.values())

    def hand(self, who: str = "", shape: Shape = "keycloak", **how: bool) -> "Hand":
        """Give a browser, in which this person has signed in."""
        one = self.stack.enter_context(Hand(self, shape))
        if who:
            one.sign_in(who, **how)
        return one


def _seen_well(one: Discovery) -> bool:
    if one._failed is None:
        return True
    try:
        one.ask(within=0)
    except ProviderError:
        return False
    return True


class Hand:
    """A browser moved by hand: at the console, and at one provider."""

    def __init__(self, ground: Proving, shape: Shape) -> None:
        self.ground = ground
        self.shape = shape
        self.web = httpx.Client(base_url=ground.console.url, timeout=20, trust_env=False)
        self.there = Visitor(ground.op.issuer(shape), ground.op.authority.context())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.web.close()
        self.there.__exit__(None, None, None)

    @property
    def cookie(self) -> str:
        return str(self.web.cookies[COOKIE])

    def sign_in(self, who: str, *, second_factor: bool = False) -> None:
        """Sign in as it should be."""
        begun = self.web.get(f"/auth/{self.shape}/login")
        form = self.visit(begun.headers["location"], who, second_factor=second_factor)
        answer = self.web.get(self.back(form).headers["location"])
        assert answer.status_code == 303, answer.text

    def visit(self, url: str, who: str, *, second_factor: bool = False) -> dict[str, str]:
        """Do what the provider asks; gives the form that it would have the browser post."""
        answer = self.there.get(url)
        back = f'action="{self.ground.console.url}/auth/{self.shape}/callback"'
        while back not in answer.text:
            answer = self.there._next(answer, who, second_factor=second_factor)
        return _form(answer.text)

    def back(self, form: Mapping[str, str]) -> httpx.Response:
        """Post an answer as the provider's page does: from another site, without our cookies."""
        with httpx.Client(base_url=self.ground.console.url, trust_env=False) as bare:
            headers = {"origin": "https://localhost"}
            return bare.post(f"/auth/{self.shape}/callback", data=dict(form), headers=headers)

    def ask(self, door: str = "front") -> str:
        """Want a door unlocked."""
        answer = self.post("/acts", WISH | {"target": {"door": door}})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def post(self, path: str, body: object) -> httpx.Response:
        """Post JSON as a page of ours does."""
        self.ground.hear()
        answer: httpx.Response = self.web.post(path, json=body, headers={"origin": self.ground.console.url})
        return answer

    def state(self, name: str) -> dict[str, Any]:
        """Ask how far an act has come."""
        answer = self.web.get(f"/acts/{name}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def begin(self, name: str) -> str:
        """Set out to prove an act; gives where the provider is asked."""
        answer = self.web.get(f"/acts/{name}/idp")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def show(self, name: str, who: str, *, second_factor: bool = True) -> httpx.Response:
        """Prove an act as this person; gives the page that says what happened."""
        form = self.visit(self.begin(name), who, second_factor=second_factor)
        return self.finish(self.back(form))

    def finish(self, answer: httpx.Response) -> httpx.Response:
        """Go on to where the answer is judged."""
        self.ground.hear()
        where = answer.headers["location"]
        assert where.startswith("/acts/"), where
        return self.web.get(where)


def asked_of(url: str) -> dict[str, str]:
    """Give what a provider is asked."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@contextmanager
def proving(
    folder: Path, shapes: tuple[Shape, ...], more: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Proving]:
    """Start the providers and the console before doors; ends with the block."""
    port = free_port()
    (folder / "op").mkdir(parents=True)
    data = folder / "data"
    data.mkdir(mode=0o700)
    trust = authority(folder / "op")
    specs = [_spec(shape, f"http://localhost:{port}", EVERYBODY) for shape in shapes]
    with running(folder / "op", specs, trust=trust) as op, ExitStack() as stack:
        tables = [_table(one, op.issuer(one), trust, (more or {}).get(one, {})) for one in shapes]
        (data / "gatehouse.toml").write_text("\n".join(tables), encoding="utf-8")
        (data / "client.secret").touch(0o600)
        (data / "client.secret").write_text(CLIENT_SECRET, encoding="utf-8")
        policy = POLICY if len(shapes) == 1 else _policy(shapes)
        line = SomeLine()
        console = stack.enter_context(small_console(data, port, policy, _doors(line)))
        ground = Proving(console=console, op=op, line=line, stack=stack)
        ground.calm()
        yield ground


def _doors(line: SomeLine) -> Any:
    def routes(service: Service, cookies: Any) -> list[Route]:
        parts = service.parts
        services = Services(
            db=parts.db,
            sessions=parts.sessions,
            presence=Presence(),
            families={"gatehouse": CAN},
            line=line,
            public_url=service.settings.public_url,
            step_up=parts.identity.proofs,
        )
        line.services = services
        blank = Route("/blank", _blank)
        found = [*Acts().routes(), *ProvingAtProviders(service, cookies).routes(), blank]
        return [one for one in found if isinstance(one, Route)]

    return routes


async def _blank(_request: Request) -> Response:
    return HTMLResponse("<title>A screen</title><main><h1>A screen</h1></main>")
