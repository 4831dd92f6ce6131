"""Floods that anybody can send to a running console, of whatever size, and what they must not do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from sqlalchemy import func, select

from core.records import Kind
from store.schema_people import flow
from tests.sso.ground import Browser, Ground, leaving

MOST_FLOWS: Final = 50
MOST_RECORDS: Final = 30
# For a bound that has room: pages of the store that a flow takes with its indexes, and of what it logs ahead.
BYTES_EACH: Final = 8_192
AHEAD: Final = 8_388_608


def flood(act: Callable[[int], Any], times: int) -> list[Any]:
    """Do something so many times, several at once."""
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(act, range(times)))


def flows_of(ground: Ground, browser: Browser) -> int:
    """Count the sign-ins that were begun from a browser's address."""
    with ground.db.read() as connection:
        wanted = select(func.count()).select_from(flow).where(flow.c.origin == browser.address)
        return int(connection.execute(wanted).scalar_one())


def begin_without_end(ground: Ground, times: int) -> None:
    """Begin sign-ins from one address: nobody else's is pushed out, and the store does not grow with them."""
    victim, mallory = ground.browser(), ground.browser()
    url = victim.begin("keycloak")
    size = len(ground.stored())
    began = flood(lambda _: mallory.web.get("/auth/keycloak/login").status_code, times)

    assert set(began) <= {303, 503}
    assert began.count(303) > MOST_FLOWS
    assert flows_of(ground, mallory) == MOST_FLOWS
    assert len(ground.stored()) - size < MOST_FLOWS * BYTES_EACH + AHEAD
    assert victim.arrive("keycloak", victim.asked("keycloak", url)).status_code == 303


def be_refused_without_end(ground: Ground, times: int) -> None:
    """Send answers to nothing from one address: some are recorded, and others' are as before."""
    mallory, other = ground.browser(), ground.browser()

    def refuse(number: int) -> int:
        if number % 2:
            return mallory.back("keycloak", {"state": f"made-up-{number}", "code": "x"}).status_code
        return mallory.web.get(f"/sign-in/finish?flow={number}&by=keycloak").status_code

    with leaving(ground) as left:
        assert set(flood(refuse, times)) <= {403, 503}
    assert [one.kind for one in left.records] == [Kind.OPERATOR_SIGN_IN_REFUSED] * MOST_RECORDS
    assert {one.private["address"] for one in left.records} == {mallory.address}
    assert left.begun == 0

    with leaving(ground) as left:
        other.back("keycloak", {"state": "made-up", "code": "x"})
    assert [one.private["address"] for one in left.records] == [other.address]


def forge_without_end(ground: Ground, times: int) -> None:
    """Send forged logout tokens: nobody is signed out, and hardly any is recorded."""
    mallory, user = ground.browser(), ground.browser()
    user.sign_in("keycloak")
    forged = ground.control("keycloak").logout_token("gatehouse", sub="ben", signature="stranger")

    def send(_number: int) -> int:
        where = "/auth/keycloak/backchannel-logout"
        return mallory.web.post(where, data={"logout_token": forged}).status_code

    with leaving(ground) as left:
        assert set(flood(send, times)) <= {400, 503}
    assert left.ended == 0
    assert len(left.records) <= 2 + times // 1_000
    assert ground.row(user).ended is None
