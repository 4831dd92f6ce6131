"""Whatever is asked, shown, approved and let lapse: a command for what was proved, and for nothing else."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
)
from sqlalchemy import delete, update

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Actor, Sessions
from core.acts import LIVES_US, MOST_WAITING, SECOND_PERSON_US
from core.errors import ActRefused, NotPermitted, ProofRefused
from core.times import SECOND_US
from operations import sending
from operations.sensitive import prove, told
from store.directory import save_account
from store.estate import import_estate
from store.schema_acts import flight, refusal
from tests.auth.people import LIMITS, NOW, account, peopled_store
from tests.operations.unlocking import CAN, ESTATE, SECRET, SomeLine, ask, bad, enter, good, listen

TWO: Final = replace(
    ESTATE, doors=tuple(replace(one, persons=2 if one.id == "front" else 1) for one in ESTATE.doors)
)
# By session: one person in two of them, another one, and one who may unlock nothing.
RIGHT: Final = st.sampled_from([True, True, True, False])
WHO: Final = {"ben": "ben", "ben elsewhere": "ben", "ada": "ada", "cleo": "cleo"}


@dataclass
class Known:
    """What should be so of an act."""

    asked: Actor
    two: bool
    created: int
    used: bool = False
    proved: int = 0
    over: bool = False


class AnyOrder(RuleBasedStateMachine):
    """People at two doors, one of which needs two."""

    acts: Bundle[str] = Bundle("acts")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="gatehouse-acts-")
        db = peopled_store(Path(self.folder.name) / "data")
        for username in ("ada", "ben", "cleo"):
            save_account(db, replace(account(username), totp_secret=SECRET), NOW, "tests")
        import_estate(db, TWO, NOW, "tests")
        self.line = SomeLine()
        self.services = Services(
            db=db,
            sessions=Sessions(db, LIMITS),
            presence=Presence(),
            families={"gatehouse": CAN},
            line=self.line,
        )
        self.line.services = self.services
        self.now = NOW + SECOND_US
        self.clock = mock.patch.object(sending, "now_us", side_effect=lambda: self.now)
        self.clock.start()
        self.people = {name: enter(self.services, who) for name, who in WHO.items()}
        self.gone: set[str] = set()
        self.known: dict[str, Known] = {}
        self.sent = 0

    def teardown(self) -> None:
        self.clock.stop()
        self.services.db.close()
        self.folder.cleanup()

    @rule(target=acts, who=st.sampled_from(sorted(WHO)), door=st.sampled_from(["front", "back"]))
    def want(self, who: str, door: str) -> str | MultipleResults[str]:
        actor = self.people[who]
        self.ready(actor)
        try:
            name = ask(self.services, actor, door, self.now)
        except NotPermitted:
            assert who == "cleo" or actor.session in self.gone
            return multiple()
        except ActRefused:
            assert sum(one.asked is actor and not one.used for one in self.known.values()) >= MOST_WAITING
            return multiple()
        self.known[name] = Known(asked=actor, two=door == "front", created=self.now)
        return name

    @rule(name=acts, who=st.sampled_from(sorted(WHO)), right=RIGHT)
    def show(self, name: str, who: str, right: bool) -> None:
        actor = self.people[who]
        self.ready(actor)
        self.sent += self.expected(self.known[name], actor, right=right)
        with suppress(ProofRefused, ActRefused, NotPermitted):
            prove(self.services, actor.session, name, good if right else bad, now=self.now)
        with self.services.db.write() as connection:
            connection.execute(update(flight).values(busy=False, open=False, due=None))

    def expected(self, one: Known, actor: Actor, *, right: bool) -> int:
        """Say how many commands this proof should send, and take it in."""
        if actor.session in self.gone or one.over:
            return 0
        if actor.session == one.asked.session:
            return self.expected_first(one, right=right)
        in_time = one.proved and self.now < one.proved + SECOND_PERSON_US
        other = actor.subject not in {one.asked.subject, "local:cleo"}
        if not in_time or not other or one.asked.session in self.gone:
            return 0
        one.over = True
        return int(right)

    def expected_first(self, one: Known, *, right: bool) -> int:
        if one.used or self.now >= one.created + LIVES_US:
            return 0
        one.used = True
        if right and one.two:
            one.proved = self.now
            return 0
        one.over = True
        return int(right)

    @rule(name=acts, right=RIGHT)
    def show_ones_own(self, name: str, right: bool) -> None:
        session = self.known[name].asked.session
        self.show(name, next(who for who, one in self.people.items() if one.session == session), right)

    @rule(name=acts, right=RIGHT)
    def approve(self, name: str, right: bool) -> None:
        self.show(name, "ada", right)

    @rule(seconds=st.sampled_from([1, 10, 30, 59, 60]))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND_US

    @precondition(lambda self: len(self.known) > 3)
    @rule(who=st.sampled_from(sorted(WHO)))
    def leave(self, who: str) -> None:
        self.services.sessions.end(self.people[who].session, "signed_out", self.now)
        self.gone.add(self.people[who].session)

    def ready(self, actor: Actor) -> None:
        """Let ingest be heard, and earlier refusals be forgotten: what they lock is tried elsewhere."""
        listen(self.services, at=self.now)
        with self.services.db.write() as connection:
            connection.execute(delete(refusal).where(refusal.c.session == actor.session))

    @invariant()
    def exactly_what_was_proved_is_sent(self) -> None:
        assert len(self.line.sent) == self.sent
        assert len({one.payload for one in self.line.sent}) == len(self.line.sent)

    @invariant()
    def what_is_over_says_so(self) -> None:
        for name, one in self.known.items():
            if one.asked.session in self.gone:
                continue
            found = told(self.services, one.asked.session, name, self.now)
            if one.over:
                assert found.state not in {"pending", "awaiting_second"}


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
