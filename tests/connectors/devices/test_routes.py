"""The memory of which family reads a topic: the answers are those of asking each family."""

from connectors.devices import FAMILIES, Message
from connectors.devices.family import Family, Read
from connectors.devices.routes import MAX_TOPICS, Routes, remembered
from core.model import Estate
from core.reports import Item, Silence
from tests.connectors.building import NOW
from tests.connectors.devices.expecting import cases
from tests.connectors.devices.house import HOUSE


class Counting:
    """A family that reads the topics below its name, and counts what it was asked."""

    def __init__(self, name: str) -> None:
        """Begin at none."""
        self.name, self.asked = name, 0

    def parse(self, message: Message, _estate: Estate) -> tuple[Item, ...] | None:
        """Say who has read, without a look at the payload."""
        self.asked += 1
        return (Silence(device=self.name, received=NOW),) if message.topic.startswith(self.name) else None


def family(parse: Read) -> Family:
    """Give a family that reads so."""
    known = FAMILIES["shelly"]
    return Family(
        name="x",
        capabilities=known.capabilities,
        filters=known.filters,
        parse=parse,
        backfill_request=known.backfill_request,
    )


def hear(routes: Routes, topic: str, estate: Estate) -> tuple[Item, ...] | None:
    """Read an empty payload."""
    return routes.read(Message(topic, b"", retain=False, received=NOW), estate)


def test_every_sample_is_read_the_second_time_as_the_first() -> None:
    once, routes = [], Routes(FAMILIES.values())
    for case in cases():
        asked = (one.parse(case.message, HOUSE) for one in FAMILIES.values())
        once.append(next((items for items in asked if items is not None), None))

    assert [routes.read(case.message, HOUSE) for case in cases()] == once
    assert [routes.read(case.message, HOUSE) for case in cases()] == once


def test_a_known_topic_is_asked_of_its_family_alone() -> None:
    first, second = Counting("a"), Counting("b")
    routes, estate = Routes([family(first.parse), family(second.parse)]), Estate()

    assert hear(routes, "b/1", estate) == hear(routes, "b/1", estate)
    assert (first.asked, second.asked) == (1, 2)


def test_another_estate_is_asked_anew() -> None:
    first, second = Counting("a"), Counting("b")
    routes = Routes([family(first.parse), family(second.parse)])

    hear(routes, "b/1", Estate())
    hear(routes, "b/1", Estate())

    assert first.asked == 2


def test_a_topic_of_nobody_is_nobodys_each_time() -> None:
    first = Counting("a")
    routes, estate = Routes([family(first.parse)]), Estate()

    assert hear(routes, "c", estate) is None
    assert hear(routes, "c", estate) is None


def test_no_stranger_fills_the_memory() -> None:
    first, second = Counting("a"), Counting("b")
    routes, estate = Routes([family(first.parse), family(second.parse)]), Estate()
    long = "b" * 300

    hear(routes, long, estate)
    hear(routes, long, estate)
    assert first.asked == 2
    for number in range(MAX_TOPICS + 1):
        hear(routes, f"b/{number}", estate)
    first.asked = 0
    hear(routes, "b/0", estate)
    assert first.asked == 1


def test_what_a_topic_means_is_found_once_in_each_estate() -> None:
    asked: list[tuple[str, Estate]] = []

    @remembered
    def find(topic: str, estate: Estate) -> str | None:
        asked.append((topic, estate))
        return topic.upper() if topic != "nobody" else None

    first, second = Estate(), Estate()
    assert [find("a", first), find("a", first), find("a", second), find("a", first)] == ["A"] * 4
    assert [find("nobody", first), find("nobody", first)] == [None, None]
    assert [topic for topic, _ in asked] == ["a", "a", "a", "nobody", "nobody"]


def test_no_stranger_fills_that_memory_either() -> None:
    asked: list[str] = []

    @remembered
    def find(topic: str, _estate: Estate) -> str | None:
        asked.append(topic)
        return topic

    estate = Estate()
    for number in range(MAX_TOPICS + 1):
        find(f"{number}", estate)
    find("0", estate)
    find("b" * 300, estate)
    find("b" * 300, estate)

    assert len(asked) == MAX_TOPICS + 1 + 1 + 2
