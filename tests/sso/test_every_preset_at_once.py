"""All providers of docs/identity.md in one gatehouse.toml, as it tells of several, and the whole console."""

from pathlib import Path
from typing import Final

import pytest

from core.records import Kind
from store.opening import open_database
from store.policies import apply_policy
from tests.auth.people import NOW
from tests.auth.reading import told
from tests.op.provider import authority, running
from tests.ports import free_port
from tests.sso.documented_places import SECTIONS, client_of, filled, policy_of, spec_of, write
from tests.sso.form_person import FormPerson
from tests.web.console_process import Running, web_process

pytestmark = pytest.mark.slow
AGENT: Final = 1


def test_everybody_comes_in_by_their_own_provider(tmp_path: Path) -> None:
    port, trust, data = free_port(), authority(tmp_path), tmp_path / "data"
    url = f"http://localhost:{port}"
    specs = [spec_of(one, client_of(name, url)) for name, one in SECTIONS.items()]
    data.mkdir(mode=0o700)
    with running(tmp_path, specs, trust=trust) as op:
        tables = (filled(one, op.issuer(name), trust) for name, one in SECTIONS.items())
        write(data, "\n".join(tables), *SECTIONS.values())
        with web_process(tmp_path, port) as console:
            use(console, policy_of(*SECTIONS.values()))
            with console.client() as client:
                offered = client.get("/sign-in").text
            assert all(f"/auth/{name}/login" in offered for name in SECTIONS)
            for name in SECTIONS:
                subject = op.issuer(name).spec.accounts[AGENT].sub
                with FormPerson(trust.context(), subject) as person:
                    answer = person.enter(url, name)
                    assert str(answer.url).startswith(url), answer.text

        roles = dict.fromkeys(SECTIONS, "agent@berlin") | {"google": "agent@berlin user@*"}
        assert came_in(data) == roles


def use(console: Running, policy: str) -> None:
    """Put a policy into force beside the console."""
    db = open_database(console.data)
    apply_policy(db, policy, NOW, "tests", providers=frozenset(SECTIONS))
    db.close()


def came_in(data: Path) -> dict[str, str]:
    """Give the roles with which somebody came in, by provider."""
    db = open_database(data)
    found = {str(one.refs["provider"]): str(one.refs["roles"]) for one in told(db, Kind.OPERATOR_SIGNED_IN)}
    db.close()
    return found
