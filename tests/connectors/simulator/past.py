"""Stories of the demo's past for tests: played, and read by the families of the devices that tell them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache

from connectors.simulator.history import Heard, History
from connectors.simulator.speaking import Publication
from core.leaf import Draft
from core.times import DAY_US, since_epoch_us
from tests.connectors.simulator.demo import demo_estate, understood

# A Thursday, before Germany's national holiday and a weekend.
THURSDAY = since_epoch_us(datetime(2025, 10, 2, tzinfo=UTC))


def midnight(day: date) -> int:
    """Give when a day begins in UTC, as µs UTC."""
    return since_epoch_us(datetime(day.year, day.month, day.day, tzinfo=UTC))


@cache
def story(seed: int = 1, days: int = 4) -> tuple[Heard, ...]:
    """Tell some days from that Thursday on."""
    end = THURSDAY + days * DAY_US
    return tuple(History(demo_estate(), seed=seed, start=THURSDAY, end=end).heard())


def drafts(heard: Iterable[Heard]) -> Iterator[Draft]:
    """Read what devices said of it."""
    estate = demo_estate()
    for one in heard:
        if isinstance(one.word, Publication):
            yield from (item for item in understood([one.word], estate, one.at) if isinstance(item, Draft))


@cache
def read_story() -> tuple[Draft, ...]:
    """Read what devices said in `story`."""
    return tuple(drafts(story()))
