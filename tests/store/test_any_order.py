"""One device, several boots, a bad network: whatever happens on the way, the log ends complete.

Events are made, lost, delivered late, twice and in any order; sessions are lost; answers to replay
requests come late or never. At the end the device is asked until nothing is missing.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import structs
from sqlalchemy import select

from core.doors import (
    FACETS,
    DoorFacets,
    DoorState,
    Lock,
    Mode,
    Position,
    Rank,
    apply_event,
    apply_report,
)
from core.feeds import OPEN_END, Boot, Missing
from core.leaf import Draft
from core.records import Kind
from core.reports import BackfillReport, DoorReport, SessionLost
from store import schema
from store.ingest_log import IngestLog
from store.log import append
from store.touch import Holder
from tests.store.words import DEVICE, DOOR, NOW, answer, boots, event, fresh, gaps, records, status

BOOTS = ("01A", "01B", "01C", "01D")
EVENT_KINDS = (Kind.DOOR_OPENED, Kind.DOOR_CLOSED, Kind.DOOR_LOCKED, Kind.DOOR_UNLOCKED, Kind.DOOR_HELD_OPEN)
PAGE = 3
Key = tuple[str, int]


class Network(RuleBasedStateMachine):
    """The device with its memory, what is under way, and the log."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="gatehouse-test-"))
        self.db = fresh(self.folder / "data")
        self.log = IngestLog(self.db, Holder(id="test"))
        self.boots = [BOOTS[0]]
        self.made: dict[Key, Draft] = {}
        self.forgotten: set[Key] = set()
        self.came: set[Key] = set()
        self.under_way: list[BackfillReport] = []
        self.heard_boot = ""
        self.reports: list[DoorReport] = []
        self.clock = NOW

    def teardown(self) -> None:
        try:
            self.ask_until_nothing_is_missing()
            self.everything_is_there_once()
            self.the_projection_is_the_fold_of_all_that_was_said()
        finally:
            self.db.close()
            shutil.rmtree(self.folder)

    # The device.

    def seq(self, boot: str) -> int:
        return max((seq for name, seq in self.made if name == boot), default=0)

    def now(self) -> int:
        self.clock += 1_000
        return self.clock

    @rule(kinds=st.lists(st.sampled_from(EVENT_KINDS), min_size=1, max_size=4))
    def make(self, kinds: list[Kind]) -> None:
        for kind in kinds:
            seq = self.seq(self.boots[-1]) + 1
            self.made[self.boots[-1], seq] = event(self.boots[-1], seq, kind, received=self.now())

    @precondition(lambda self: len(self.boots) < len(BOOTS))
    @rule()
    def reboot(self) -> None:
        self.boots.append(BOOTS[len(self.boots)])

    @precondition(lambda self: self.made)
    @rule(number=st.integers(1, 3))
    def forget_the_oldest(self, number: int) -> None:
        self.forgotten |= set([key for key in self.made if key not in self.forgotten][:number])

    def oldest(self) -> Key | None:
        return next((key for key in self.made if key not in self.forgotten), None)

    def page(self, asked: Missing) -> BackfillReport:
        """Answer as the contract says: events kept, ranges lost, and whether there is more."""
        end = min(asked.last, self.seq(asked.boot))
        keys = [(asked.boot, seq) for seq in range(asked.first, end + 1)][:PAGE]
        later = [boot for boot in self.boots if boot > asked.boot]
        covered = keys[-1][1] if keys else end
        page = answer(
            asked.boot,
            asked.first,
            covered,
            received=self.now(),
            lost=tuple((key[1], key[1]) for key in keys if key in self.forgotten),
            more=covered < end,
            next_boot=later[0] if later and covered == end else None,
        )
        kept = (structs.replace(self.made[key], backfilled=True) for key in keys if key not in self.forgotten)
        return replace(page, events=tuple(kept))

    # The network. One publisher's messages never overtake each other, so an answer never comes after a
    # word of a later boot; and whoever loses the session loses the answers in it.

    def hear_of(self, boot: str) -> None:
        if boot > self.heard_boot:
            self.heard_boot = boot
            self.under_way.clear()

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def deliver_events(self, data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.sampled_from(sorted(self.made)), min_size=1, max_size=5))
        self.hear_of(max(keys)[0])
        append(self.db, [self.made[key] for key in keys])
        self.came |= set(keys)

    @rule(live=st.booleans())
    def deliver_status(self, live: bool) -> None:
        boot = self.boots[-1]
        self.hear_of(boot)
        append(
            self.db,
            [status(boot, self.seq(boot), live=live, oldest=self.oldest(), received=self.now())],
        )

    @rule(
        facets=st.builds(DoorFacets, st.sampled_from(Position), st.sampled_from(Lock), st.just(Mode.NORMAL))
    )
    def deliver_a_door_report(self, facets: DoorFacets) -> None:
        boot, now = self.boots[-1], self.now()
        report = DoorReport(
            device=DEVICE,
            door=DOOR,
            received=now,
            live=True,
            boot=boot,
            seq=self.seq(boot),
            at=now,
            facets=facets,
        )
        self.hear_of(boot)
        append(self.db, [report])
        self.reports.append(report)

    @rule()
    def lose_the_session(self) -> None:
        self.under_way.clear()
        append(self.db, [SessionLost(received=self.now())])

    @rule()
    def ask(self) -> None:
        self.under_way += [self.page(one) for one in self.log.missing()]

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), again=st.booleans())
    def deliver_an_answer(self, data: st.DataObject, again: bool) -> None:
        page = data.draw(st.sampled_from(self.under_way))
        if not again:
            self.under_way.remove(page)
        self.take(page)

    def take(self, page: BackfillReport) -> None:
        append(self.db, [page])
        self.came |= {(page.boot, int(draft.refs["seq"])) for draft in page.events}

    # What holds at any time.

    @invariant()
    def nothing_that_came_is_called_missing(self) -> None:
        missing = {
            (name, seq)
            for name, boot in boots(self.db).items()
            for first, last in boot.missing
            for seq in range(first, last + 1)
        }
        assert missing & self.came == set()

    @invariant()
    def everything_missing_lies_in_an_open_gap_and_every_open_gap_misses_something(self) -> None:
        known = boots(self.db)
        told = gaps(self.db)
        for boot, first, last in ((name, *one) for name, state in known.items() for one in state.missing):
            seqs = range(first, last + 1)
            assert all(any(b == boot and f <= seq <= e for b, f, e in told) for seq in seqs)
        for boot, first, last in told:
            ranges = known.get(boot, Boot()).missing
            assert last == OPEN_END or any(low <= last and first <= high for low, high in ranges)

    @invariant()
    def every_event_that_came_is_one_record(self) -> None:
        logged = [(one.refs["boot"], one.refs["seq"]) for one in records(self.db, *EVENT_KINDS)]
        assert sorted(logged) == sorted(self.came)

    # The end.

    def ask_until_nothing_is_missing(self) -> None:
        self.deliver_status(live=True)
        rounds = 0
        while missing := self.log.missing():
            for one in missing:
                self.take(self.page(one))
            rounds += 1
            assert rounds < 100, f"still missing: {missing}"

    def everything_is_there_once(self) -> None:
        logged = [(one.refs["boot"], one.refs["seq"]) for one in records(self.db, *EVENT_KINDS)]
        assert len(logged) == len(set(logged))
        assert set(self.made) - self.forgotten <= set(logged) <= set(self.made)
        assert gaps(self.db) == []
        assert all(boot.missing == () for boot in boots(self.db).values())
        opened = len(records(self.db, Kind.FEED_GAP))
        assert opened == len(records(self.db, Kind.FEED_GAP_FILLED, Kind.FEED_GAP_LOST))

    def the_projection_is_the_fold_of_all_that_was_said(self) -> None:
        state = DoorState()
        for key in sorted(self.came):
            made = self.made[key]
            state = apply_event(state, made.kind, None, Rank(*key, 0, made.at or 0))
        for report in self.reports:
            state = apply_report(state, report.facets, Rank(report.boot, report.seq, 1, report.at))
        with self.db.read() as connection:
            row = connection.execute(select(schema.door_state.c.state)).scalar_one_or_none()
        stored = msgspec.json.decode(row, type=DoorState) if row else DoorState()
        assert [(getattr(stored, name).value, getattr(stored, name).rank) for name in FACETS] == [
            (getattr(state, name).value, getattr(state, name).rank) for name in FACETS
        ]


TestNetwork = Network.TestCase
# Half of what a single property gets: each example is a whole life of a device.
TestNetwork.settings = settings(stateful_step_count=25, max_examples=settings().max_examples // 2)
