"""An intake between a broker that counts acknowledgements and a log that keeps everything."""

from dataclasses import dataclass, field

from connectors.mqtt.asked import Answers
from connectors.mqtt.backfill import Replays
from connectors.mqtt.intake import Intake, Taken
from connectors.mqtt.limits import Limits
from core.calls import CallState
from core.doors import DoorFacets, Position
from core.leaf import Draft, EventKey
from core.records import Kind
from core.reports import BackfillReport, Bucket, CallReport, DoorReport, Item, Limited

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
RATE = 50
BURST = 1_000


@dataclass(frozen=True)
class Paper:
    """A delivery's receipt."""

    mid: int
    qos: int = 1
    generation: int = 1


def event(seq: int, device: str = "d", at: int = NOW) -> Draft:
    return Draft(
        kind=Kind.DOOR_OPENED,
        received=at,
        device=device,
        refs={"boot": "b", "seq": seq},
        event_key=EventKey("b", seq),
    )


def plain(
    device: str = "d", at: int = NOW, kind: Kind = Kind.DOOR_OPENED, reason: str | None = None
) -> Draft:
    return Draft(kind=kind, received=at, device=device or None, reason=reason)


def door(device: str = "d", at: int = NOW, position: Position = Position.OPEN) -> DoorReport:
    return DoorReport(
        device=device,
        door="door",
        received=at,
        live=True,
        boot="",
        seq=0,
        at=at,
        facets=DoorFacets(position=position),
    )


def call(device: str = "d", name: str = "c", state: CallState = CallState.RINGING) -> CallReport:
    return CallReport(
        device=device,
        door="door",
        call=name,
        received=NOW,
        live=True,
        boot="",
        seq=0,
        at=NOW,
        state=state,
    )


def page(seqs: range, at: int = NOW) -> BackfillReport:
    return BackfillReport(
        device="d",
        received=at,
        boot="b",
        first=seqs[0],
        last=seqs[-1],
        events=tuple(event(seq) for seq in seqs),
        lost=(),
        more=False,
    )


@dataclass
class Desk:
    """An intake with a log that keeps everything and a broker that hears the acknowledgements."""

    replays: Replays = field(default_factory=Replays)
    stored: list[Item] = field(default_factory=list)
    queued: list[Item] = field(default_factory=list)
    turns: list[list[Item]] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    sent: int = 0
    said: dict[int, tuple[Item, ...]] = field(default_factory=dict)
    on_disk: set[tuple[str | None, object]] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    looks: int = 0

    def __post_init__(self) -> None:
        self.answers = Answers(self._awaited)
        self.intake = Intake(Limits(), self.replays.answers, self.answers.is_one)

    def _awaited(self) -> set[tuple[str, str]]:
        self.looks += 1
        return self.asked

    def send(self, *items: Item, at: int = NOW, queued: bool = False, qos: int = 1) -> None:
        self.sent += 1
        self.said[self.sent] = items
        self.intake.arrive(Paper(self.sent, qos), items, at, queued=queued)

    def turn(self, at: int = NOW, *, all_there_is: bool = True) -> None:
        answers = self.intake.take_answers()
        if answers.entries:
            self._keep(answers)
        self._keep(self.intake.take(at, all_there_is=all_there_is))

    def _keep(self, taken: Taken) -> None:
        self.queued += taken.queued
        self.stored += [*taken.queued, *taken.live]
        self.turns.append([*taken.queued, *taken.live])
        self._note([*taken.queued, *taken.live])
        fresh = [one.mid for queued in (True, False) for one in self.intake.stored(taken, queued=queued)]
        self.acknowledged += fresh
        for item in (item for mid in fresh for item in self.said[mid]):
            # Nothing is acknowledged that is neither recorded nor counted yet.
            if isinstance(item, Draft) and "seq" in item.refs:
                assert (item.device, item.refs["seq"]) in self.on_disk

    def _note(self, stored: list[Item]) -> None:
        for item in stored:
            if isinstance(item, Draft):
                self.on_disk.add((item.device, item.refs.get("seq")))
            if isinstance(item, Limited):
                for _, first, last in item.ranges:
                    self.on_disk |= {(item.device, seq) for seq in range(first, last + 1)}

    def settle(self, at: int = NOW) -> None:
        while not self.intake.idle:
            self.turn(at)

    def limited(self, bucket: Bucket = Bucket.ORDINARY) -> list[Limited]:
        return [one for one in self.stored if isinstance(one, Limited) and one.bucket is bucket]

    def recorded(self, device: str = "d") -> list[Draft]:
        return [one for one in self.stored if isinstance(one, Draft) and one.device == device]
