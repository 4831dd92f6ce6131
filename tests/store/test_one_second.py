"""A controller whose clock knows only seconds: its door is as its last event says, whichever comes first."""

import pytest

from connectors.devices import Message, read
from core.doors import Lock, Position
from core.model import Device, Door, Estate, Site
from core.times import SECOND_US
from store.database import Database
from store.log import append
from store.modes import facets_of
from tests.connectors.devices.uhppoted.gateway import SERIAL, event, published
from tests.store.words import NOW

ESTATE = Estate.of(
    [Site(id="berlin", name="Berlin", time_zone="Europe/Berlin")],
    [Device(id="floors", site="berlin", family="uhppoted", topic="gateway", serial=str(SERIAL))],
    [Door(id="lobby", site="berlin", device="floors", number="1", name="Lobby")],
)
REASONS = {Position.OPEN: 23, Position.CLOSED: 24}


def hear(db: Database, number: int, position: Position) -> None:
    """Let the controller tell of its door's leaf, always of the same second."""
    words = event(
        event_id=number, event_type=2, event_reason=REASONS[position], access_granted=None, card_number=0
    )
    message = Message("gateway/events/live", published(words), retain=False, received=NOW + SECOND_US)
    append(db, read(message, ESTATE))


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("told", [(Position.OPEN, Position.CLOSED), (Position.CLOSED, Position.OPEN)])
def test_of_two_words_of_one_second_the_later_number_counts(
    db: Database, told: tuple[Position, Position], first: int
) -> None:
    for one in (first, 1 - first):
        hear(db, 70 + one, told[one])

    found = facets_of(db, ["lobby"])["lobby"]
    assert (found.position, found.lock) == (told[1], Lock.UNKNOWN)
