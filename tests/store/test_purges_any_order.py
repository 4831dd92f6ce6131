"""Whatever is marked, held, released, changed and purged in whatever order: what is held never goes."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.retention import GRACE_US, Hold, Kept
from core.times import DAY_US
from store.database import Database
from store.finishing import finish
from store.purging import mark_due, purge_due
from store.retention import place_hold, release_hold, set_keeping
from tests.store.building import NOW, build_estate, swipe, write
from tests.store.words import table
from tests.stores import new_store

SITES = ("berlin", "paris")
PEOPLE = ("u-1", "u-2", "u-3")
CASES = ("C-1", "C-2")


class Purges(RuleBasedStateMachine):
    """The store beside a plain account of what was written and of what holds."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="gatehouse-purges-")
        self.db: Database = new_store(Path(self._folder.name) / "data")
        self.now = NOW
        self.holds: dict[str, list[Hold]] = {}
        self.days = dict.fromkeys(SITES, 90)
        # What was written: site, person, when; and of it what must still be there, or may be gone.
        self.written: dict[int, tuple[str, str, int]] = {}
        self.gone: set[int] = set()

    @initialize()
    def build(self) -> None:
        build_estate(self.db, SITES)
        self.happen(list(PEOPLE))

    def teardown(self) -> None:
        self.db.close()
        self._folder.cleanup()

    @rule(people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3))
    def happen(self, people: Sequence[str]) -> None:
        for site in SITES:
            for person in people:
                (number,) = write(self.db, swipe(site, person, self.now))
                assert number is not None
                self.written[number] = (site, person, self.now)

    @rule(days=st.sampled_from((1, 20, 100)))
    def wait(self, days: int) -> None:
        self.now += days * DAY_US

    @rule(
        case=st.sampled_from(CASES), site=st.sampled_from(("", *SITES)), person=st.sampled_from(("", *PEOPLE))
    )
    def hold(self, case: str, site: str, person: str) -> None:
        one = Hold(case=case, site=site, person=person)
        place_hold(self.db, one, "a reason", now=self.now, by="cli:me")
        self.holds.setdefault(case, []).append(one)

    @precondition(lambda self: bool(self.holds))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        case = data.draw(st.sampled_from(sorted(self.holds)))
        release_hold(self.db, case, now=self.now, by="cli:me")
        del self.holds[case]

    @rule(site=st.sampled_from(SITES), days=st.sampled_from((1, 30, 120)))
    def keep(self, site: str, days: int) -> None:
        set_keeping(self.db, Kept.MOVEMENT, days, place=site, now=self.now, by="cli:me")
        self.days[site] = days

    @rule()
    def mark(self) -> None:
        mark_due(self.db, self.now)

    @rule()
    def purge(self) -> None:
        free = {number for number in self.written if self._may_go(number)}
        before = self._left()
        purge_due(self.db, self.now)
        taken = before - self._left()
        assert taken <= free
        self.gone |= taken

    @rule()
    def finish(self) -> None:
        assert finish(self.db, lambda: self.now, seconds=5)

    @rule()
    def both_phases(self) -> None:
        """See all that is due and not held gone after two phases that nothing comes between."""
        purge_due(self.db, self.now + GRACE_US)
        assert finish(self.db, lambda: self.now + GRACE_US, seconds=5)
        self.now += GRACE_US
        free = {number for number in self.written if self._may_go(number)}
        mark_due(self.db, self.now)
        self.now += GRACE_US
        free_now = {number for number in self.written if self._may_go(number)}
        purge_due(self.db, self.now)
        assert not free & self._left()
        assert self.written.keys() - free_now <= self._left() | self.gone
        self.gone = self.written.keys() - self._left()

    @invariant()
    def what_is_held_and_was_not_gone_before_is_there(self) -> None:
        held = {number for number in self.written if self._is_held(number)} - self.gone
        assert held <= self._left()

    def _left(self) -> set[int]:
        return {row["id"] for row in table(self.db, "detail")} & self.written.keys()

    def _is_held(self, number: int) -> bool:
        site, person, _ = self.written[number]
        every = [one for held in self.holds.values() for one in held]
        return any(one.site in {"", site} and one.person in {"", person} for one in every)

    def _may_go(self, number: int) -> bool:
        site, _, at = self.written[number]
        return at <= self.now - self.days[site] * DAY_US and not self._is_held(number)


TestPurges = Purges.TestCase
TestPurges.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
