"""Two consoles for the whole run, with one provider and with four; a fresh context for each test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from store.clock import now_us
from store.directory import Account as LocalAccount
from store.directory import save_account
from store.policies import apply_policy
from tests.auth.people import password_hash
from tests.browser.keeping import Keeping
from tests.op.browser import sign_in
from tests.op.kinds import Account, Shape
from tests.sso.console import PEOPLE, Sso, _policy, signing_on
from tests.store.building import build_estate
from tests.waiting import until

Scheme = Literal["dark", "light"]
NewContext = Callable[[], BrowserContext]
Bring = Callable[[Sso], "Guest"]
READY: Final = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
NAME: Final = ".bar .name"
SIZES: Final = ((1280, 800), (360, 740))
FITS: Final = "() => document.documentElement.scrollWidth <= innerWidth"
# By its name in gatehouse.toml; MSAL signs on at the first, Authlib at the second.
EITHER: Final[tuple[Shape, ...]] = ("keycloak", "okta-org")
# A name as long as some organisations have.
LONG: Final = (
    "Verkehrsbetriebe und Stadtwerke des Landkreises, Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
)
SHOWN: Final = {"keycloak": "Keycloak", "okta-org": "Okta-Org", "entra": "Entra", "ping": LONG}
# One that answers by an address and not by a form.
QUERY: Final = {"response_mode": "query"}
# One that says whose devices are managed, and knows of no sign-out.
MANAGED: Final = {
    "title": LONG,
    "sign_out": "none",
    "managed_device": {"claim": "device", "values": ["managed"]},
}
# Those of all tests, who never have a second factor, and who can't be asked for one.
EVERYBODY: Final = (
    *PEOPLE,
    Account(sub="wes", groups=("g-admin",), weak=True),
    Account(sub="rex", groups=("g-admin",), refuses=True),
    Account(sub="mia", groups=("g-berlin",), claims={"device": "managed"}),
    Account(sub="ova", groups=(*(f"g-{number}" for number in range(150)), "g-berlin"), overage=True),
    Account(sub="rob", roles=("g-berlin",)),
    Account(sub="duo", groups=("g-paris", "g-rome")),
)

SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SEALED: Final = LocalAccount(
    username="sealed-1",
    name="Sealed 1",
    password_hash=password_hash(),
    groups=("g-sealed",),
    totp_secret=SECRET,
    breakglass=True,
)
# Of the sealed account, and of somebody with two roles at two sites.
MORE_GRANTS: Final = """
[[grants]]
group = "g-sealed"
role = "admin"
sites = ["*"]

[[grants]]
provider = "keycloak"
group = "g-paris"
role = "supervisor"
sites = ["paris"]

[[grants]]
provider = "keycloak"
group = "g-rome"
role = "agent"
sites = ["rome"]
"""


# A loaded machine draws late; what must be quick is timed where it matters.
expect.set_options(timeout=20_000)


@contextmanager
def console(
    folder: Path, shapes: Sequence[Shape], more: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Sso]:
    """Start a console with these providers, everybody at each, some doors and a sealed account of its own."""
    with signing_on(folder, shapes, people=EVERYBODY, more=more) as sso:
        with sso.store() as db:
            build_estate(db, ["paris", "rome"], doors=1)
            save_account(db, SEALED, now_us(), "tests")
            apply_policy(db, document(sso), now_us(), "tests", providers=frozenset(sso.op.issuers))
        yield sso


@pytest.fixture(scope="session")
def started_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sso]:
    with console(tmp_path_factory.mktemp("alone"), ["keycloak"]) as sso:
        yield sso


@pytest.fixture(scope="session")
def started_many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sso]:
    shapes: tuple[Shape, ...] = (*EITHER, "entra", "ping")
    more: dict[str, Mapping[str, Any]] = {"okta-org": QUERY, "ping": MANAGED}
    with console(tmp_path_factory.mktemp("many"), shapes, more) as sso:
        yield sso


def document(sso: Sso) -> str:
    """Write the policy of all tests."""
    return f"{_policy([one.spec.shape for one in sso.op.issuers.values()])}\n{MORE_GRANTS}"


@contextmanager
def changed_policy(sso: Sso, old: str, new: str) -> Iterator[None]:
    """Put a policy in force in which some words are others, until the end of the block."""
    providers, usual = frozenset(sso.op.issuers), document(sso)
    assert old in usual
    with sso.store() as db:
        apply_policy(db, usual.replace(old, new), now_us(), "tests", providers=providers)
        try:
            yield
        finally:
            apply_policy(db, usual, now_us(), "tests", providers=providers)


def as_it_was(sso: Sso) -> Sso:
    """Let the providers be well, know everybody and have nobody signed in, and the console see that."""
    for one in sso.op.issuers.values():
        one.control.well()
        one.control.forget()
        one.control.accounts(*EVERYBODY)
    noticed(sso, *sso.op.issuers, away=False)
    return sso


def noticed(sso: Sso, *providers: str, away: bool) -> None:
    """Wait until the console knows of these: for five seconds it believes what it has seen."""
    wanted = HTTPStatus.BAD_GATEWAY if away else HTTPStatus.SEE_OTHER
    with sso.console.client() as client:
        until(
            lambda: all(client.get(f"/auth/{one}/login").status_code == wanted for one in providers),
            seconds=40,
        )


@pytest.fixture
def alone(started_alone: Sso) -> Sso:
    """Give the console that has one provider."""
    return as_it_was(started_alone)


@pytest.fixture
def many(started_many: Sso) -> Sso:
    """Give the console that has four."""
    return as_it_was(started_many)


@pytest.fixture
def new_context(keeping: Keeping) -> Iterator[NewContext]:
    """Give the function that gives a browser of its own to each that it is asked for."""
    with keeping.lend() as lent:
        yield lent.take


class Guest:
    """Somebody with a browser of their own, at one console."""

    def __init__(self, sso: Sso, context: BrowserContext, *, blank: bool = False) -> None:
        """Be signed in nowhere; `blank` leaves the console's own pages so, which saves most of the time."""
        self.sso = sso
        self.context = context
        self.blank = blank

    def page(self, path: str) -> Page:
        """Open a page of the console, or what comes instead."""
        page = self.context.new_page()
        if self.blank:
            network = self.context.new_cdp_session(page)
            network.send("Network.enable")
            network.send("Network.setBlockedURLs", {"urls": ["*/static/*", "*/_stcore/*"]})
        page.goto(f"{self.sso.url}{path}")
        return page

    def choose(self, path: str, provider: str) -> Page:
        """Open a page of the console, and choose a provider on the page that comes instead."""
        page = self.page(path)
        page.get_by_role("link", name=f"Sign in with {SHOWN[provider]}").click()
        return page

    def ask(self, path: str = "/me", provider: str = "keycloak") -> Page:
        """Go to a provider as if it had been chosen; its own page, or ours again, is then shown."""
        return self.page(f"/auth/{provider}/login?next={quote(path)}")

    def pass_through(self, username: str, path: str = "/me", provider: str = "keycloak", **how: bool) -> Page:
        """Sign in to a page of the console, whatever it shows."""
        page = self.ask(path, provider)
        sign_in(page, username, **how)
        expect(page).to_have_url(f"{self.sso.url}{path}")
        # With its scripts too, or a form would be sent by the browser itself.
        page.wait_for_load_state()
        return page

    def enter(self, username: str, path: str = "/me", provider: str = "keycloak", **how: bool) -> Page:
        """Sign in to a page of the console, and wait until it is there."""
        return drawn(self.pass_through(username, path, provider, **how))

    def open(self, path: str, ready: str = NAME) -> Page:
        """Open another page of somebody who is signed in."""
        return drawn(self.page(path), ready)

    @property
    def session(self) -> str | None:
        """Give the cookie of the console's session; None for who has none."""
        found = {one.get("name"): one.get("value") for one in self.context.cookies(self.sso.url)}
        return found.get("gatehouse")

    @property
    def known(self) -> bool:
        """Whether the console takes this browser for somebody."""
        return self.context.request.get(f"{self.sso.url}/_stcore/health").status == HTTPStatus.OK

    def lose_session(self) -> None:
        """Be as after closing the browser: the provider knows this person, and the console does not."""
        self.context.clear_cookies(name="gatehouse")


def drawn(page: Page, ready: str = NAME) -> Page:
    """Wait until a page of the console is there."""
    page.wait_for_selector(ready)
    page.wait_for_selector(READY)
    return page


@pytest.fixture
def guest(new_context: NewContext) -> Bring:
    """Give the function that brings somebody with a new browser."""
    return lambda sso: Guest(sso, new_context())


@pytest.fixture
def passer(new_context: NewContext) -> Bring:
    """Give the function that brings somebody of whom only the way there is looked at."""
    return lambda sso: Guest(sso, new_context(), blank=True)
