"""Acts that are taken back, and many proofs at once: nothing is done, and nobody else waits."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event, Semaphore

import pytest

from core.errors import ProofRefused
from operations import sensitive
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.proving import WISH, code, cookie, look, send

# --- withdrawn, and many at once ----------------------------------------------------------------------


def test_what_is_withdrawn_over_the_interface_says_so_and_is_proved_no_more(
    console: Console, line: SomeLine, ben: str
) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]

    withdrawn = send(console, f"/acts/{name}/withdraw", {}, ben)

    assert (withdrawn.status_code, withdrawn.text) == (204, "")
    told_now = look(console, f"/acts/{name}", ben)
    assert (told_now["state"], told_now["final"], told_now["reason"]) == ("refused", True, "withdrawn")
    refused = send(console, f"/acts/{name}/proof", {"totp": code()}, ben)
    assert (refused.status_code, refused.json()["error"]) == (409, "no_act")
    assert line.sent == []


def test_an_act_of_another_session_is_withdrawn_as_if_there_were_none(
    console: Console, line: SomeLine, ben: str
) -> None:
    name, other = send(console, "/acts", WISH, ben).json()["id"], cookie(console, "ben")

    foreign = send(console, f"/acts/{name}/withdraw", {}, other)
    absent = send(console, "/acts/01nothing/withdraw", {}, other)

    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert {**foreign.json(), "reference": ""} == {**absent.json(), "reference": ""}
    assert look(console, f"/acts/{name}", ben)["state"] == "pending"


@pytest.mark.parametrize("body", [None, [], "x", {"act": "x"}])
def test_only_an_empty_object_withdraws(console: Console, line: SomeLine, ben: str, body: object) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]

    assert send(console, f"/acts/{name}/withdraw", body, ben).status_code == 400
    assert look(console, f"/acts/{name}", ben)["state"] == "pending"


def test_what_was_sent_is_not_withdrawn_and_says_so(console: Console, line: SomeLine, ben: str) -> None:
    name = send(console, "/acts", WISH, ben).json()["id"]
    send(console, f"/acts/{name}/proof", {"totp": code()}, ben)

    late = send(console, f"/acts/{name}/withdraw", {}, ben)

    assert (late.status_code, late.json()["error"]) == (409, "no_act")
    assert look(console, f"/acts/{name}", ben)["state"] == "sent"


def stuck(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Semaphore]:
    """Let proofs wait until the event, and tell by the semaphore how many do."""
    go_on, inside = Event(), Semaphore(0)

    def waits(*_args: object, **_more: object) -> None:
        inside.release()
        assert go_on.wait(20)
        raise ProofRefused("no_act", "waited")

    monkeypatch.setattr(sensitive, "prove", waits)
    return go_on, inside


def test_proofs_that_wait_for_somebody_hold_up_no_page(
    console: Console, line: SomeLine, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More at once than the threads by which the gate looks at who comes."""
    many, (go_on, inside) = 45, stuck(monkeypatch)
    people = [ben, *(cookie(console, "ben") for _ in range(many // 4))]

    with ThreadPoolExecutor(many + 1) as pool:
        shown = [
            pool.submit(send, console, "/acts/01any/proof", {"totp": "123456"}, people[n // 4])
            for n in range(many)
        ]
        try:
            assert all(inside.acquire(timeout=10) for _ in range(16))
            page = pool.submit(look, console, "/acts?waiting", ben).result(10)
        finally:
            go_on.set()

    assert page == {"acts": []}
    assert {one.result().status_code for one in shown} == {409}


def test_one_session_shows_only_so_many_proofs_at_once(
    console: Console, line: SomeLine, ben: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, _ = stuck(monkeypatch)
    with ThreadPoolExecutor(6) as pool:
        shown = [pool.submit(send, console, "/acts/01any/proof", {"totp": "123456"}, ben) for _ in range(6)]
        # All others wait until these are told: whoever comes later would find a place.
        done = as_completed(shown, timeout=10)
        first = [next(done).result().status_code for _ in range(2)]
        go_on.set()

    assert first == [503, 503]
    assert sorted(one.result().status_code for one in shown) == [409] * 4 + [503] * 2
