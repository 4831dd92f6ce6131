"""A console whose people come from the tests' provider: `with signing_on(folder, ["keycloak"]) as sso`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from store.database import Database
from store.opening import open_database
from store.policies import apply_policy
from tests.auth.people import NOW
from tests.auth.people import POLICY as BASE
from tests.op.kinds import CLIENT_ID, CLIENT_SECRET, Account, Client, IssuerSpec, Shape
from tests.op.provider import Authority, Issuer, Op, authority, running
from tests.ports import free_port
from tests.web.console_process import Running, web_process

TENANT: Final = "11111111-2222-3333-4444-555555555555"
# By the shape's name: which preset an administrator would choose, and what else they would have to write.
SETTINGS: Final[Mapping[Shape, Mapping[str, Any]]] = {
    "keycloak": {"preset": "keycloak"},
    "okta": {"preset": "okta"},
    "okta-org": {"preset": "okta-org"},
    "entra": {"preset": "entra"},
    "google": {"preset": "google", "domains": ["example.com"]},
    "auth0": {"preset": "auth0", "groups": ["https://gatehouse.example/roles"]},
    "ping": {"preset": "ping"},
    "generic": {"preset": "generic"},
}
WITH_PATH: Final[frozenset[Shape]] = frozenset({"keycloak", "okta", "entra", "ping"})
# Their makers' tell no server of a sign-out; these tests want some that do, with and without a path.
TOLD_HERE: Final[frozenset[Shape]] = frozenset({"okta", "okta-org", "ping"})
PEOPLE: Final = (
    Account(sub="ada", groups=("g-admin",), roles=("g-admin",)),
    Account(sub="ben", groups=("g-berlin",), roles=("g-berlin",)),
    Account(sub="cleo", groups=("g-audit",), roles=("g-audit",)),
    Account(sub="dan", groups=("g-nobody",), roles=("g-nobody",)),
    Account(sub="eve", groups=()),
    Account(sub="pat", groups=("gh-agent-berlin",), roles=("gh-agent-berlin",)),
)
POLICY: Final = f"""{BASE}
[[grants]]
group = "gh-agent-<site>"
role = "agent"
sites = ["<site>"]
"""


@dataclass(frozen=True, kw_only=True)
class Sso:
    """The console and its providers, all running."""

    console: Running
    op: Op

    @property
    def url(self) -> str:
        """Where the console is."""
        return self.console.url

    def issuer(self, name: str = "") -> Issuer:
        """Give an issuer, or the only one."""
        return self.op.issuer(name) if name else next(iter(self.op.issuers.values()))

    @contextmanager
    def store(self) -> Iterator[Database]:
        """Open the console's store beside it."""
        db = open_database(self.console.data)
        try:
            yield db
        finally:
            db.close()


@contextmanager
def signing_on(
    folder: Path,
    shapes: Sequence[Shape],
    *,
    people: Sequence[Account] = PEOPLE,
    more: Mapping[str, Mapping[str, Any]] | None = None,
    tables: str = "",
    policy: str = "",
) -> Iterator[Sso]:
    """Start providers of these shapes, each named like its shape, and a console that trusts them.

    `more` are further settings by provider, `tables` further text for gatehouse.toml; with several providers
    the policy is each provider's own unless another is given.
    """
    port, trust = free_port(), authority(_made(folder / "op"))
    specs = [_spec(shape, f"http://localhost:{port}", people) for shape in shapes]
    with running(folder / "op", specs, trust=trust) as op:
        settings = "\n".join(
            _table(shape, op.issuer(shape), trust, (more or {}).get(shape, {})) for shape in shapes
        )
        data = _made(folder / "data")
        data.chmod(0o700)
        (data / "gatehouse.toml").write_text(f"{settings}\n{tables}\n", encoding="utf-8")
        secret = data / "client.secret"
        secret.touch(0o600)
        secret.write_text(CLIENT_SECRET, encoding="utf-8")
        with web_process(folder, port) as console:
            sso = Sso(console=console, op=op)
            with sso.store() as db:
                apply_policy(db, policy or _policy(shapes), NOW, "tests", providers=frozenset(shapes))
            yield sso


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _spec(shape: Shape, url: str, people: Sequence[Account]) -> IssuerSpec:
    client = Client(
        redirect_uris=(f"{url}/auth/{shape}/callback",),
        auth="client_secret_post" if shape in WITH_PATH else "client_secret_basic",
        post_logout_redirect_uris=(f"{url}/sign-out",),
        backchannel_logout_uri=f"{url}/auth/{shape}/backchannel-logout",
    )
    named = tuple(replace(one, claims={"hd": "example.com", **one.claims}) for one in people)
    accounts = named if shape == "google" else tuple(people)
    told = True if shape in TOLD_HERE else None
    return IssuerSpec(name=shape, shape=shape, clients=(client,), accounts=accounts, backchannel=told)


def _table(name: str, issuer: Issuer, trust: Authority, more: Mapping[str, Any]) -> str:
    values: dict[str, Any] = {
        **SETTINGS[issuer.spec.shape],
        "issuer": issuer.issuer,
        "client_id": CLIENT_ID,
        "client_secret_file": "client.secret",
        "ca_file": str(trust.ca),
    }
    if issuer.spec.shape == "entra":
        values |= {"tenant": issuer.issuer.split("/")[3], "graph": issuer.graph}
    values |= more
    lines = "\n".join(f"{key} = {_toml(value)}" for key, value in values.items())
    return f"[providers.{name}]\n{lines}\n"


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{ {', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())} }}"
        case _:
            return str(value)


def _policy(shapes: Sequence[Shape]) -> str:
    if len(shapes) == 1:
        return POLICY
    bound = (POLICY.replace("[[grants]]", f'[[grants]]\nprovider = "{shape}"') for shape in shapes)
    return "\n".join(bound)
