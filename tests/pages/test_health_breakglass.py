"""What /health says of break-glass accounts, and to whom."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.sessions import Actor
from core.times import DAY_US
from pages import health_breakglass
from store import clock
from store.breakglass import Sealed, note_drill, seal
from store.database import Database
from store.policies import apply_policy
from tests.auth.attempts import SEALED, sealed
from tests.auth.people import POLICY
from tests.pages.conftest import vouching, words
from tests.pages.test_health import steps, titles, well

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
NOW = 1_800_000_000_000_000
BERLIN_ADMIN = POLICY.replace('group = "g-berlin"\nrole = "agent"', 'group = "g-berlin"\nrole = "admin"')
GOOD = Sealed(username=SEALED, sealed=NOW, used=None, drilled=None, disabled=False, everywhere=True)


def told(one: Sealed, now: int) -> list[str]:
    return [said.title for said in health_breakglass.troubles([one], now, with_provider=True)]


def test_an_account_that_nobody_tried_for_90_days_is_a_trouble_with_steps() -> None:
    assert told(GOOD, NOW + 90 * DAY_US - 1) == []
    assert told(GOOD, NOW + 90 * DAY_US) == ["Break-glass account breakglass-1 was never tried"]
    drilled = replace(GOOD, drilled=NOW + DAY_US)
    assert told(drilled, NOW + 91 * DAY_US - 1) == []
    (said,) = health_breakglass.troubles([drilled], NOW + 91 * DAY_US, with_provider=True)

    assert said.title == "Break-glass account breakglass-1 was not tried for 90 days"
    assert (said.tone, said.since, said.site) == ("warning", NOW + 91 * DAY_US, None)
    assert "`gatehouse.py breakglass drill breakglass-1`" in "\n".join(said.steps)


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (replace(GOOD, disabled=True), "is disabled"),
        (replace(GOOD, everywhere=False), "may not administer everything"),
        (replace(GOOD, disabled=True, everywhere=False), "is disabled"),
    ],
)
def test_an_account_that_opens_nothing_is_a_trouble(one: Sealed, what: str) -> None:
    assert told(one, NOW) == [f"Break-glass account breakglass-1 {what}"]


@pytest.mark.parametrize(
    ("accounts", "with_provider", "count"),
    [((), True, 1), ((), False, 0), ((GOOD,), True, 0), (None, True, 0)],
)
def test_where_a_provider_vouches_there_must_be_break_glass_accounts(
    accounts: health_breakglass.Accounts, with_provider: bool, count: int
) -> None:
    found = list(health_breakglass.troubles(accounts, NOW, with_provider=with_provider))

    assert len(found) == count
    assert all("`gatehouse.py breakglass create`" in one.steps[0] for one in found)


def test_each_account_is_shown_with_its_last_drill_and_when_the_next_is_due(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    well(db)
    now = clock.now_us()
    seal(db, [sealed(), replace(sealed(), username="breakglass-2")], now, "tests")
    note_drill(db, sealed(), now, "tests")
    sign_in("ada")
    app = visit("health")
    said = words(app)

    assert [one.value for one in app.success] == ["Everything works."]
    assert titles(app)[-2:] == ["▪ breakglass\\-1", "▪ breakglass\\-2"]
    assert said.count("Last drill never") == 1
    assert said.count("In order") == 2
    assert "Last used never" in said


def test_an_overdue_account_is_wrong_with_what_to_do(sign_in: Enter, visit: Visit, db: Database) -> None:
    well(db)
    seal(db, [sealed()], clock.now_us() - 91 * DAY_US, "tests")
    sign_in("ada")
    app = visit("health")

    assert [one.value for one in app.warning] == ["1 thing is wrong."]
    assert titles(app)[0] == "▲ Break\\-glass account breakglass\\-1 was never tried"
    assert "2. On the server, run `gatehouse.py breakglass drill breakglass-1`." in steps(app)
    assert "▲ breakglass\\-1" in titles(app)
    assert "Not to be relied on" in words(app)


@pytest.mark.parametrize(("username", "sees"), [("ada", True), ("cleo", True), ("ben", False)])
@pytest.mark.parametrize("policy", [POLICY, BERLIN_ADMIN], ids=["as usual", "Ben administers Berlin"])
def test_which_accounts_there_are_is_for_those_who_look_after_all_people_or_read_what_operators_did(
    sign_in: Enter, visit: Visit, db: Database, username: str, policy: str, *, sees: bool
) -> None:
    well(db)
    apply_policy(db, policy, clock.now_us(), "tests")
    seal(db, [sealed()], clock.now_us() - 91 * DAY_US, "tests")
    actor = sign_in(username)
    said = words(visit("health"))

    assert (SEALED.replace("-", "\\-") in said) is sees
    assert ("reak-glass" in said or "reak\\-glass" in said) is sees
    assert (health_breakglass.read(actor) is not None) is sees


@pytest.mark.parametrize(("username", "sees"), [("ada", True), ("cleo", True), ("ben", False)])
def test_with_a_provider_and_no_break_glass_accounts_something_is_wrong(
    sign_in: Enter, visit: Visit, services: Services, username: str, *, sees: bool
) -> None:
    well(services.db)
    sign_in(username)
    assert [one.value for one in visit("health").success] == ["Everything works."]
    set_services(replace(services, providers=vouching("entra", "Entra")))

    assert ("▲ There are no break\\-glass accounts" in titles(visit("health"))) is sees
