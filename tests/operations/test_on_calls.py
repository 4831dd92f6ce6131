"""An unlock on a call: it names that call, and opens nothing on one that is over or at another door."""

import pytest
from msgspec.structs import replace

from auth.current import Services
from core.acts import Action
from core.calls import CALL_LIVES_US
from core.errors import ActRefused, Invalid
from core.leaf import Draft
from core.records import Kind
from core.times import SECOND_US
from operations.deeds import Wish
from operations.sensitive import ask, prove
from store.acts import find_flight
from store.log import append
from store.touch import hear
from tests.auth.people import NOW
from tests.auth.reading import told
from tests.operations.moding import UNTIL, supervise
from tests.operations.unlocking import SomeLine, enter, good


def word(kind: Kind, door: str = "front", call: str = "c-1", at: int = NOW) -> Draft:
    site = "newyork" if door == "lobby" else "berlin"
    return Draft(kind=kind, received=at, site=site, door=door, device=f"{site}-ic", refs={"call": call})


def on_call(call: str = "c-1", action: Action = Action.UNLOCK, until: int | None = None) -> Wish:
    return Wish(action=action, target={"door": "front"}, reason="Visitor", until=until, call=call)


@pytest.mark.parametrize("words", [(Kind.CALL_RINGING,), (Kind.CALL_RINGING, Kind.CALL_ANSWERED)])
def test_an_unlock_on_an_open_call_of_its_door_says_so_in_what_is_proved_and_in_its_record(
    services: Services, line: SomeLine, words: tuple[Kind, ...]
) -> None:
    append(services.db, [word(kind) for kind in words])
    ben = enter(services)
    act = ask(services, ben.session, on_call(), now=NOW + 1).act
    prove(services, ben.session, act.id, good, now=NOW + 2)

    (requested,) = told(services.db, Kind.UNLOCK_REQUESTED)
    flight = find_flight(services.db, act.id)
    assert flight is not None
    assert (act.call, requested.refs["call"], flight.call) == ("c-1", "c-1", "c-1")
    assert requested.refs["challenge"] == act.challenge.hex()
    assert len(line.sent) == 1


def test_what_is_signed_is_another_thing_on_another_call(services: Services) -> None:
    append(services.db, [word(Kind.CALL_RINGING), word(Kind.CALL_RINGING, call="c-2")])
    act = ask(services, enter(services).session, on_call(), now=NOW + 1).act

    assert len({replace(act, call=one).challenge for one in ("", "c-1", "c-2")}) == 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "call_over"),
        ((word(Kind.CALL_RINGING), word(Kind.CALL_ENDED, at=NOW + 1)), "call_over"),
        ((word(Kind.CALL_MISSED),), "call_over"),
        ((word(Kind.CALL_RINGING, at=NOW - CALL_LIVES_US - SECOND_US),), "call_over"),
        ((word(Kind.CALL_RINGING, "back"),), "call_elsewhere"),
        ((word(Kind.CALL_RINGING, "lobby"),), "call_over"),
    ],
)
def test_nothing_is_opened_on_a_call_that_is_over_or_at_another_door(
    services: Services, words: tuple[Draft, ...], reason: str
) -> None:
    append(services.db, words)
    hear(services.db, {"berlin-ic": NOW})

    with pytest.raises(ActRefused) as refused:
        ask(services, enter(services).session, on_call(), now=NOW + 2)

    assert refused.value.reason == reason


def test_only_an_unlock_is_asked_for_on_a_call(services: Services) -> None:
    supervise(services)
    append(services.db, [word(Kind.CALL_RINGING)])

    with pytest.raises(Invalid, match="only an unlock"):
        ask(services, enter(services).session, on_call(action=Action.HOLD, until=UNTIL), now=NOW + 1)
