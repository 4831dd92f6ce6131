"""Words that only make sense together, remembered for families that remember nothing."""

from typing import Final

import pytest

from connectors.devices import FAMILIES, Memory, Message, filters, read
from connectors.devices.memory import MAX_BYTES
from core.model import Estate
from core.reports import Item, StatusReport
from tests.connectors.devices.wall import NOW, Wall, status

ALL: Final = Wall("homeassistant", "home", ("state-lock.bridge-all.self-all",))
ANY: Final = Wall("homeassistant", "home", ("state-lock.lan-any.radio-any",))
FIELDS: Final = Wall("homeassistant", "home", ("state-lock.both::lan-all.both::radio-all",))


class Listener:
    """Whoever listens at the broker, with a memory."""

    def __init__(self, wall: Wall) -> None:
        self.memory = Memory(FAMILIES.values())
        self._estate = wall.estate

    def hear(self, path: str, word: str, *, retain: bool = False) -> tuple[Item, ...]:
        """Read a word on a topic of the device, with what was said before."""
        message = Message(f"home/{path}", word.encode(), retain, NOW)
        return read(self.memory.recall(message, self._estate), self._estate)

    def is_online(self, path: str, word: str) -> bool | None:
        """Say what a word makes of the device, None where it decides nothing."""
        found = self.hear(path, word)
        assert all(isinstance(one, StatusReport) for one in found)
        return found[0].online if found and isinstance(found[0], StatusReport) else None


def test_all_of_several_availabilities_must_be_online() -> None:
    listener = Listener(ALL)

    assert listener.is_online("bridge", "online") is None
    assert listener.is_online("self", "online") is True
    assert listener.is_online("bridge", "offline") is False
    assert listener.is_online("self", "online") is False
    assert listener.is_online("bridge", "online") is True


def test_any_of_several_availabilities_is_enough() -> None:
    listener = Listener(ANY)

    assert listener.is_online("lan", "offline") is None
    assert listener.is_online("radio", "offline") is False
    assert listener.is_online("lan", "online") is True
    assert listener.is_online("radio", "offline") is True
    assert listener.is_online("lan", "offline") is False


def test_what_is_retained_rebuilds_the_memory_at_each_connection() -> None:
    listener = Listener(ALL)
    listener.hear("bridge", "online")
    listener.memory.forget()

    assert listener.hear("self", "online", retain=True) == ()
    assert listener.hear("bridge", "online", retain=True) == (status(online=True, live=False),)


def test_two_fields_of_one_message_are_two_words() -> None:
    listener = Listener(FIELDS)

    assert listener.hear("both", '{"lan":"online","radio":"offline"}') == (status(online=False),) * 2
    assert listener.hear("both", '{"lan":"online","radio":"online"}') == (status(online=True),) * 2


@pytest.mark.parametrize("word", ["", "asleep", "x" * (MAX_BYTES + 1), "\0"])
def test_a_word_taken_back_or_without_sense_leaves_the_others_undecided(word: str) -> None:
    listener = Listener(ALL)
    listener.hear("bridge", "online")
    listener.hear("bridge", word)

    assert listener.is_online("self", "online") is None


def test_only_what_is_asked_for_is_remembered_and_a_new_estate_asks_anew() -> None:
    memory = Memory(FAMILIES.values())
    lock = Message("home/state", b"LOCKED", retain=False, received=NOW)
    word = Message("home/bridge", b"online", retain=False, received=NOW)

    assert memory.recall(lock, ALL.estate) is lock
    assert memory.recall(word, ALL.estate).said == {"home/bridge": b"online"}
    assert memory.recall(word, ANY.estate) is word
    assert memory.recall(Message("home/self", b"online", retain=False, received=NOW), ALL.estate).said == {
        "home/self": b"online"
    }


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_what_a_family_wants_together_it_also_listens_to(family: object) -> None:
    for estate in (ALL.estate, ANY.estate, FIELDS.estate, Estate()):
        (found,) = (one for one in FAMILIES.values() if one is family)
        assert set(found.together(estate)) <= set(filters(estate))
