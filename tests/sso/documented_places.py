"""Each section of docs/identity.md brought to life: its provider in its maker's shape, and a console."""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.op.kinds import CLIENT_ID, CLIENT_SECRET, Account, Client, IssuerSpec, Shape
from tests.op.provider import Authority, Issuer, authority, running
from tests.ports import free_port
from tests.sso.console import WITH_PATH
from tests.sso.documented import Section, blocks, section, sections
from tests.sso.form_person import FormPerson
from tests.sso.small_console import INSIDE, SmallConsole, small_console

SECTIONS: Final = sections()
SHAPES: Final[Mapping[str, Shape]] = {
    "entra": "entra",
    "okta": "okta",
    "okta-org": "okta-org",
    "google": "google",
    "keycloak": "keycloak",
    "auth0": "auth0",
    "ping": "ping",
    "sso": "generic",
}
SITE: Final = "berlin"
# What the page has everybody add: the grant of the accounts for the day when no provider answers.
(BREAKGLASS,) = blocks(section("In six steps"), "toml")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A provider as a section describes it, and a console with the section's blocks."""

    section: Section
    issuer: Issuer
    console: SmallConsole
    context: ssl.SSLContext

    def person(self, grant: int, *, second_factor: bool = False) -> FormPerson:
        """Give somebody whom the provider says to be of the group of a grant, with nothing signed in."""
        return self.somebody(_subject(self.section, grant), second_factor=second_factor)

    def somebody(self, subject: str, *, second_factor: bool = False) -> FormPerson:
        """Give somebody with an account there."""
        return FormPerson(self.context, subject, second_factor=second_factor)

    def enter(self, person: FormPerson) -> bool:
        """Let somebody try to come in; tells whether they are in."""
        person.enter(self.console.url, self.section.name)
        return self.is_in(person)

    def is_in(self, person: FormPerson) -> bool:
        """Whether somebody has a session."""
        return person.get(f"{self.console.url}/live").text == INSIDE

    @property
    def roles(self) -> str:
        """The roles with which somebody came in last."""
        return str(self.console.signed_in()[-1].refs["roles"])

    @property
    def refusal(self) -> str | None:
        """The reason for which somebody was refused last."""
        return self.console.refused()[-1].reason


@contextmanager
def every_place(
    folder: Path,
    names: Iterable[str] = SECTIONS,
    *,
    client: Callable[[str, str, Path], Client] | None = None,
    settings: Callable[[str], str] = str,
) -> Iterator[dict[str, Place]]:
    """Start the providers of sections, and a console for each, in folders of their names.

    `client` registers a console by the provider's name, its address and its data folder, `settings` changes
    what its gatehouse.toml says.
    """
    trust, ports, specs = authority(folder), {name: free_port() for name in names}, []
    for name, port in ports.items():
        data, url = folder / name / "data", f"http://localhost:{port}"
        data.mkdir(mode=0o700, parents=True)
        specs.append(spec_of(SECTIONS[name], client(name, url, data) if client else client_of(name, url)))
    with running(folder, specs, trust=trust) as op, ExitStack() as stack:
        places = {}
        for name, port in ports.items():
            one, issuer, data = SECTIONS[name], op.issuer(name), folder / name / "data"
            write(data, settings(filled(one, issuer, trust)), one)
            console = stack.enter_context(small_console(data, port, policy_of(one)))
            places[name] = Place(section=one, issuer=issuer, console=console, context=trust.context())
        yield places


def policy_of(*written: Section) -> str:
    """Write the policy of sections."""
    grants = "\n".join(one.grants for one in written)
    return grants if "gh-breakglass" in grants else f"{grants}\n{BREAKGLASS}"


def spec_of(section: Section, client: Client) -> IssuerSpec:
    """Describe the provider of a section, with somebody of the group of each grant."""
    return IssuerSpec(
        name=section.name,
        shape=SHAPES[section.name],
        clients=(client,),
        accounts=accounts_of(section),
    )


def client_of(name: str, url: str, **more: Any) -> Client:
    """Register a console by its addresses."""
    usual: dict[str, Any] = {
        "redirect_uris": (f"{url}/auth/{name}/callback",),
        "auth": "client_secret_post" if SHAPES[name] in WITH_PATH else "client_secret_basic",
        "post_logout_redirect_uris": (f"{url}/sign-out",),
        "backchannel_logout_uri": f"{url}/auth/{name}/backchannel-logout",
    }
    return Client(**usual | more)


def filled(section: Section, issuer: Issuer, trust: Authority, **more: str) -> str:
    """Put what is of this machine into the section's table, and nothing else but `more`."""
    values = {"issuer": issuer.issuer, "client_id": CLIENT_ID, "ca_file": str(trust.ca)}
    if section.name == "entra":
        values |= {"tenant": issuer.issuer.split("/")[3], "graph": issuer.graph}
    return section.filled(**values | more)


def write(data: Path, settings: str, *written: Section) -> None:
    """Write settings, and the secrets into the files that the sections name."""
    (data / "gatehouse.toml").write_text(settings, encoding="utf-8")
    for one in written:
        write_secret(data / one.written["client_secret_file"], CLIENT_SECRET)


def write_secret(file: Path, secret: str) -> None:
    """Write a file that nobody else can read."""
    file.touch(0o600)
    file.write_text(secret, encoding="utf-8")


# --- people -------------------------------------------------------------------------------------------


def accounts_of(section: Section) -> tuple[Account, ...]:
    """Make somebody of the group of each grant."""
    return tuple(account_of(section, number) for number in range(len(section.policy)))


def account_of(section: Section, number: int) -> Account:
    """Make somebody of the group of a grant, in the claims in which the section says that groups come."""
    group = str(section.policy[number]["group"]).replace("<site>", SITE)
    subject = _subject(section, number)
    match section.name:
        case "google":
            return Account(sub=subject, claims={"hd": section.written["domains"][0]})
        case "auth0":
            return Account(sub=subject, claims={section.written["groups"][0]: [group]})
        case "entra" | "keycloak" if not _in_groups(group):
            return Account(sub=subject, roles=(group,))
        case _:
            return Account(sub=subject, groups=(group,))


def _in_groups(group: str) -> bool:
    """Whether it is an id of Entra's or a path of Keycloak's, and no role."""
    return group.startswith("/") or re.fullmatch(r"[0-9a-f-]{36}", group) is not None


def _subject(section: Section, number: int) -> str:
    group = str(section.policy[number]["group"])
    # At Google a grant may be for one person, by their subject.
    return group if section.name == "google" and group.isdigit() else f"{section.name}-{number}"
