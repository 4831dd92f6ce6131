"""From the broker into the log: nothing is acknowledged before it is on disk, nothing waits when idle."""

import logging
import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from traceback import extract_tb
from typing import Final

from connectors.devices import FAMILIES, Memory, Message, backfill_request, filters, read
from connectors.devices.common import unmapped
from connectors.mqtt.asked import Answers
from connectors.mqtt.backfill import Replays
from connectors.mqtt.canary import Canary
from connectors.mqtt.client import Broker, Delivery, Session
from connectors.mqtt.clock import ClockWatch
from connectors.mqtt.courtesy import Courtesy
from connectors.mqtt.fair import BATCH
from connectors.mqtt.heavy import Heavy
from connectors.mqtt.intake import Intake, Taken
from connectors.mqtt.limits import ORDINARY_A_SECOND, Limits
from connectors.mqtt.ports import Log
from connectors.mqtt.speakers import speaker
from connectors.mqtt.words import Words
from core.errors import BrokerUnreachable, GatehouseError, Invalid, StoreError, StoreFull, StoreRefused
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import BackfillReport, Item, SessionLost, Silence
from core.retention import RAW_US
from core.times import SECOND_US

TICK_S: Final = 0.25
_TALLY_S: Final = 0.05
_HEALTH_EVERY_US: Final = 1_500_000
_HEAR_EVERY_US: Final = 1_000_000
_ACTS_EVERY_US: Final = 250_000
_WORDS_EVERY_US: Final = 2 * SECOND_US
_SLOW_EVERY_US: Final = 2_000_000
_TIDY_EVERY_US: Final = 3_600 * SECOND_US
# With a try to connect, shorter than the lease, which is renewed between tries.
_MAX_WAIT_S: Final = 0.75
_BACKFILL_EXPIRY_S: Final = 30
# Trying again would never help.
_CANT_BE_STORED: Final = (StoreRefused, Invalid, ValueError, OverflowError)
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Counts:
    messages: int = 0
    records_refused: int = 0
    reconnects: int = 0
    last_message: int = 0


def now_us() -> int:
    """Read the wall clock, µs UTC."""
    return time.time_ns() // 1000


class Ingest:
    """The leader's loop, in one thread; `stop` may be called from a signal handler or another thread."""

    def __init__(
        self, log: Log, broker: Broker, client_id: str, device_rate: int = ORDINARY_A_SECOND
    ) -> None:
        """Prepare; `run` works until stopped. A device may send `device_rate` messages a second."""
        self._log = log
        self._canary = Canary(f"gatehouse/canary/{client_id}", secrets.token_hex(8))
        self._session = Session(broker, client_id)
        self._replays = Replays()
        self._memory = Memory(FAMILIES.values())
        self._answers = Answers(log.awaited)
        self._intake = Intake(Limits(device_rate), self._replays.answers, self._answers.is_one)
        self._clock = ClockWatch()
        self._heavy = Heavy(self._intake.limits)
        self._words = Words()
        self._courtesy = Courtesy()
        self._counts = _Counts()
        self._estate = Estate()
        self._heard: dict[str, int] = {}
        self._due: dict[str, int] = {}
        self._stopping = False
        self._wake, self._waker = socket.socketpair()
        self._trouble = ""
        self._listening_since = 0
        self._behind = True

    def stop(self) -> None:
        """End `run` soon: what is in hand is committed and acknowledged first."""
        self._stopping = True
        with suppress(OSError):
            self._waker.send(b"x")

    def run(self) -> None:
        """Lead when nobody else does, stay connected, and take in what comes."""
        wait = TICK_S
        while not self._stopping:
            try:
                if self._lead():
                    self._connected_life()
                    wait = TICK_S
                else:
                    self._rest(1.0)
            except (BrokerUnreachable, StoreError) as error:
                self._note_trouble(error)
                self._rest(wait)
                wait = min(wait * 2, _MAX_WAIT_S)
        self._close()

    def _lead(self) -> bool:
        self._learn_estate()
        return self._log.lead(now_us())

    def _learn_estate(self) -> None:
        estate = self._log.estate()
        if estate != self._estate or not self._estate.sites:
            self._estate = estate
            self._session.follow((*filters(estate), self._canary.topic))

    def _connected_life(self) -> None:
        self._session.open(self._wake)
        now = now_us()
        self._canary.reset(now, secrets.token_hex(8))
        self._behind = True
        self._replays.forget()
        self._answers.forget()
        self._memory.forget()
        self._intake.reset(self._log.floods(), now)
        self._counts.reconnects += 1
        if self._log.had_session(self._session.client_id) and not self._session.resumed:
            self._store([SessionLost(received=now)])
        logger.info("connected broker=%s resumed=%s", self._session.broker, self._session.resumed)
        self._trouble, self._listening_since = "", now
        try:
            while self._session.connected and not self._stopping:
                self._turn()
            self._intake.release(now_us())
            while self._session.connected and not self._intake.idle:
                self._store_some(now_us(), all_there_is=True)
        finally:
            if self._stopping:
                self._session.close()
            else:
                # After an error the same messages come again, since nothing of them was acknowledged.
                self._session.drop()

    def _turn(self) -> None:
        idle = TICK_S if self._intake.idle else _TALLY_S
        wait = self._courtesy.left(time.monotonic()) if self._intake.hurry else idle
        self._take(self._session.poll(wait, min(BATCH, self._intake.room), self._wake))
        self._store_some(now_us())
        self._chores(now_us())

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        intake = self._intake
        self._answers.look_again()
        for delivery in deliveries:
            message = delivery.message
            if message.topic == self._canary.topic:
                # It is taken in at once: what comes after it was sent while we listened.
                if self._canary.is_back(message.payload, message.received) and self._behind:
                    self._behind, self._listening_since = False, message.received
                intake.done(delivery)
                continue
            items = self._heavy.unread(message) or self._read(message)
            if not self._behind:
                self._listen(items)
            within = intake.arrive(delivery, items, message.received, queued=self._behind)
            if not within:
                self._heavy.note(message, items)
            self._words.add(message, items, limited=not within)
        if deliveries:
            self._counts.messages += len(deliveries)
            self._counts.last_message = deliveries[-1].message.received

    def _read(self, message: Message) -> Sequence[Item]:
        """Read a message; a family that fails on one must not fail on it again and again, and hold up all."""
        try:
            return read(self._memory.recall(message, self._estate), self._estate)
        except Exception as error:  # noqa: BLE001 - the boundary of a message
            reference, place = secrets.token_hex(4), extract_tb(error.__traceback__)[-1]
            logger.error(  # noqa: TRY400 - what the error says may quote the message
                "message not read reference=%s error=%s at=%s:%s",
                reference,
                type(error).__name__,
                place.filename,
                place.lineno,
            )
            self._counts.records_refused += 1
            return (unmapped(message, None, "other", refs={"reference": reference}),)

    def _store_some(self, now: int, *, all_there_is: bool = False) -> None:
        answers = self._intake.take_answers()
        if answers.entries:
            self._store_taken(answers)
        may_wait = self._intake.waiting < BATCH and not self._intake.pressing
        if not all_there_is and may_wait and self._gives_way(time.monotonic()):
            return
        taken = self._intake.take(now, all_there_is=all_there_is)
        self._store_taken(taken)
        if taken.live:
            self._courtesy.committed()

    def _store_taken(self, taken: Taken) -> None:
        if taken.queued:
            self._store(taken.queued, queued=True)
            # They are on disk, so they must not come again should the rest of it fail.
            self._session.acknowledge(self._intake.stored(taken, queued=True))
        if taken.live:
            self._store(taken.live)
        self._session.acknowledge(self._intake.stored(taken, queued=False))

    def _gives_way(self, now: float) -> bool:
        """Put off what only records while somebody waits for an act; what is only counted is in no hurry."""
        if self._courtesy.left(now):
            return True
        return self._intake.hurry and self._log.contended() and self._courtesy.give_way(now)

    def _store(self, items: Sequence[Item], *, queued: bool = False) -> None:
        try:
            kinds = self._log.append(items, queued=queued)
        except _CANT_BE_STORED as error:
            kinds = self._one_by_one(items, error, queued=queued)
        if kinds & {Kind.FEED_GAP, Kind.FEED_GAP_FILLED} or any(isinstance(i, BackfillReport) for i in items):
            self._due["replays"] = 0

    def _one_by_one(self, items: Sequence[Item], error: Exception, *, queued: bool) -> frozenset[Kind]:
        """One item that can't be stored must not hold up the others: it is recorded as not understood."""
        parts = _parts(items)
        if len(parts) > 1:
            return frozenset().union(*(self._alone(item, queued=queued) for item in parts))
        reference = secrets.token_hex(4)
        logger.error("item refused reference=%s error=%s item=%s", reference, error, type(items[0]).__name__)
        self._counts.records_refused += 1
        return self._log.append([_refused(items[0], reference)])

    def _alone(self, item: Item, *, queued: bool) -> frozenset[Kind]:
        try:
            return self._log.append([item], queued=queued)
        except _CANT_BE_STORED as error:
            return self._one_by_one([item], error, queued=queued)

    def _listen(self, items: Sequence[Item]) -> None:
        for item in items:
            device = speaker(item)
            if device is not None:
                self._heard[device] = item.received

    def _chores(self, now: int) -> None:
        song = self._canary.due(now)
        if song is not None:
            # Only what is as sure as the events comes in their order.
            self._session.publish(self._canary.topic, song, expiry_s=60, qos=1)
        if self._intake.calm(now):
            self._due["replays"] = 0
        self._remember(now)
        if self._is_due("acts", _ACTS_EVERY_US, now):
            self._log.close_acts(now)
        if self._is_due("health", _HEALTH_EVERY_US, now):
            self._keep_leading(now)
        if self._is_due("slow", _SLOW_EVERY_US, now):
            self._watch_clock(now)
            self._log.watch_disk(now)
            self._learn_estate()
            self._silences(now)
        if self._is_due("replays", _HEAR_EVERY_US, now):
            self._ask(now)
        if self._is_due("tidy", _TIDY_EVERY_US, now):
            self._log.tidy(now)

    def _remember(self, now: int) -> None:
        if self._is_due("hear", _HEAR_EVERY_US, now) and self._heard:
            self._log.hear(self._heard)
            self._heard = {}
        if self._is_due("words", _WORDS_EVERY_US, now):
            self._log.keep_words(self._words.due(self._estate))

    def _is_due(self, chore: str, every: int, now: int) -> bool:
        # A clock that was set back makes everything due at once rather than never.
        if 0 <= now - self._due.get(chore, 0) < every:
            return False
        self._due[chore] = now
        return True

    def _keep_leading(self, now: int) -> None:
        if not self._log.lead(now):
            raise BrokerUnreachable("another ingest process has the lease")
        if not self._canary.lost(now):
            self._report_listening(now)
        elif now - self._counts.last_message < _HEALTH_EVERY_US:
            # The canary waits its turn behind what was queued for us: cutting the line would only add to it.
            self._log.report(
                "degraded", self._info(now) | {"trouble": "catching up with what was queued"}, now
            )
        else:
            self._log.report("degraded", {"trouble": "our own messages do not come back"}, now)
            self._session.drop()

    def _report_listening(self, now: int) -> None:
        over = len(self._intake.limits.over())
        if not over:
            self._log.report("ok", self._info(now), now)
            return
        who = "1 device sends" if over == 1 else f"{over} devices send"
        trouble = f"{who} more than the limit: the rest of it is counted, not recorded"
        self._log.report("degraded", self._info(now) | {"trouble": trouble}, now)

    def _info(self, now: int) -> dict[str, str | int]:
        broker = self._session.broker
        return {
            "broker": f"{broker.host}:{broker.port}",
            "messages": self._counts.messages,
            "refused": self._counts.records_refused,
            "reconnects": self._counts.reconnects - 1,
            "last_message": self._counts.last_message,
            "canary_age_us": now - self._canary.back_at,
            "limited": len(self._intake.limits.over()),
            "waiting": self._intake.waiting,
        }

    def _silences(self, now: int) -> None:
        if self._behind:
            # What a device says now stands behind what was queued: we can't tell who is silent.
            return
        stale = self._log.stale_devices(now, self._listening_since)
        fresh = [name for name in stale if name not in self._heard]
        if fresh:
            self._store([Silence(device=name, received=now) for name in fresh])

    def _watch_clock(self, now: int) -> None:
        by = self._clock.jumped(now, time.monotonic_ns() // 1000)
        if by:
            self._store([Draft(kind=Kind.INGEST_CLOCK_JUMPED, received=now, refs={"by_us": by})])

    def _ask(self, now: int) -> None:
        calm = [one for one in self._log.missing() if self._intake.limits.may_be_asked(one.device)]
        for one in self._replays.due(calm, now):
            device = self._estate.devices.get(one.device)
            request = device and backfill_request(device, one.boot, one.first, one.last)
            if request and self._session.publish(*request, expiry_s=_BACKFILL_EXPIRY_S):
                self._replays.asked(one, now)

    def _note_trouble(self, error: GatehouseError) -> None:
        if str(error) != self._trouble:
            logger.warning("ingest stopped error=%s", error)
        self._trouble = str(error)
        if isinstance(error, StoreFull):
            self._log.make_room()
        try:
            self._log.report("down", {"trouble": str(error)}, now_us())
            self._log.watch_disk(now_us())
        except StoreError as broken:
            logger.warning("health not written error=%s", broken)

    def _rest(self, seconds: float) -> None:
        if not self._stopping:
            self._wake.settimeout(seconds)
            try:
                self._wake.recv(1)
            except TimeoutError:
                return

    def _close(self) -> None:
        self._session.close()
        try:
            self._log.hear(self._heard)
            self._log.keep_words(self._words.due(self._estate))
            self._log.stand_down()
        except StoreError as error:
            logger.warning("lease not given back error=%s", error)
        self._wake.close()
        self._waker.close()


def _parts(items: Sequence[Item]) -> Sequence[Item]:
    """Take a page of a replay apart, so that one of its events harms no other."""
    if len(items) == 1 and isinstance(items[0], BackfillReport) and items[0].events:
        return (*items[0].events, replace(items[0], events=()))
    return items


def _refused(item: Item, reference: str) -> Draft:
    known = item if isinstance(item, Draft) else None
    return Draft(
        kind=Kind.FEED_UNMAPPED,
        received=item.received,
        site=known.site if known else None,
        device=known.device if known else None,
        reason="other",
        refs={"reference": reference},
        keep_until=item.received + RAW_US,
    )
