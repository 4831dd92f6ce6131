"""Every route, every page and every word of an address, with what a burglar would try on it.

A route, a page or a parameter that is not written down here fails a test: whoever adds one says here what it
may show and to whom.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.permissions import Role
from tests.isolation.world import HOME, World, device_id, door_id, ended_call, person_id

FOREIGN: Final = "quokka"
ABSENT: Final = "nowhere"
_ABSENT_RECORD: Final = 9_000_001
WATCHERS: Final = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AGENT})
READERS: Final = frozenset({Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR})
AUDITORS: Final = frozenset({Role.ADMIN, Role.AUDITOR})
ALL: Final = frozenset(Role)
NOBODY: Final = frozenset[Role]()
NOTHING: Final = frozenset[str]()


class Value(StrEnum):
    """What a parameter names: for each there is one at home, a foreign one, and one that is nowhere."""

    SITE = "site"
    DOOR = "door"
    DEVICE = "device"
    PERSON = "person"
    RECORD = "record"
    # A place in the log, which is there whoever's record stands at it.
    PLACE = "place"
    WORDS = "words"
    # What an export is of.
    FILTER = "filter"
    FORMAT = "format"
    # Of the console itself: no site has any.
    OURS = "ours"


def value(world: World, kind: Value, site: str) -> str:
    """Name a thing of this kind at a site; ABSENT is a site that is not."""
    record = world.records[site][0] if site in world.records else _ABSENT_RECORD
    named = {
        Value.SITE: site,
        Value.DOOR: door_id(site),
        Value.DEVICE: device_id(site),
        Value.PERSON: person_id(site),
        Value.RECORD: str(record),
        Value.PLACE: str(record),
        Value.WORDS: site.title(),
        Value.FILTER: f"log?site={site}",
        Value.FORMAT: "csv",
    }
    return named.get(kind, "")


# What is tried wherever a word is taken: all of something, a pattern, two at once, a way out of a query.
HOSTILE: Final = (
    "*",
    "%",
    "_" * 7,
    "",
    f"{HOME},{FOREIGN}",
    f"{HOME}' OR '1'='1",
    f"{HOME}\x00{FOREIGN}",
    "../" + FOREIGN,
    "-1",
    "9" * 400,
    "[]",
    "null",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route: its methods, what its path and query name, and the roles that are shown words of their site.

    `open` is answered alike to everybody; `once` are methods that a session doesn't survive; `sent` is what a
    body holds, as `body` writes it. What a path names that is no site's stands in `names`; `more` is what the
    first word of the query may name as well.
    """

    methods: frozenset[str]
    once: frozenset[str] = NOTHING
    path: Mapping[str, Value] = field(default_factory=dict)
    query: Mapping[str, Value] = field(default_factory=dict)
    shows: frozenset[Role] = NOBODY
    open: bool = False
    socket: bool = False
    sent: Value | None = None
    body: Callable[[str], object] = lambda word: [word]
    more: tuple[Value, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def tries(self) -> Iterator[tuple[str, Value]]:
        """Give each word that can be asked for, with all that it may name."""
        yield from self.path.items()
        yield from self.query.items()
        # What is read back where it was sent tells nobody but who sent it.
        yield from [("sent", self.sent)] if self.sent and "GET" not in self.methods else []
        yield from ((next(iter(self.query)), kind) for kind in self.more)


_GET: Final = frozenset({"GET"})
_EVERY: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KEPT: Final = ("/auth", "/saml", "/scim", "/oauth2callback")
_PROVIDER: Final[Mapping[str, Value]] = {"provider": Value.OURS}
_REST: Final = Route(methods=_EVERY, path={"rest": Value.OURS}, names={"rest": "acs"}, open=True)


def _unlock(door: str) -> object:
    call = f"{door.removesuffix('-door-1')}-call-now"
    return {"action": "unlock", "target": {"door": door}, "reason": "a visitor", "call": call}


_CALL: Final = Route(methods=frozenset({"POST"}), sent=Value.DEVICE, body=ended_call)
ROUTES: Final[Mapping[str, Route]] = {
    "/calls/claim": _CALL,
    "/calls/release": _CALL,
    "/calls/decline": _CALL,
    "/desk/calls": Route(methods=_GET, query={"site": Value.SITE}, shows=WATCHERS),
    "/acts": Route(
        methods=_GET | {"POST"}, query={"waiting": Value.OURS}, sent=Value.DOOR, body=_unlock, shows=WATCHERS
    ),
    "/acts/{act}": Route(methods=_GET, path={"act": Value.OURS}),
    "/acts/{act}/proof": Route(methods=frozenset({"POST"}), path={"act": Value.OURS}),
    "/acts/{act}/withdraw": Route(methods=frozenset({"POST"}), path={"act": Value.OURS}),
    "/acts/{act}/idp": Route(methods=_GET, path={"act": Value.OURS}),
    "/acts/{act}/idp/answer": Route(methods=_GET, path={"act": Value.OURS}, query={"flow": Value.OURS}),
    "/live/stream": Route(methods=_GET, query={"after": Value.PLACE}, shows=WATCHERS, socket=True),
    "/live/doors/{door}": Route(methods=_GET, path={"door": Value.DOOR}, shows=WATCHERS),
    "/proofs/{record}": Route(methods=_GET, path={"record": Value.RECORD}, shows=READERS),
    "/live/attention": Route(methods=_GET, query={"site": Value.SITE}, shows=WATCHERS),
    "/search": Route(
        methods=_GET,
        query={"q": Value.WORDS},
        more=(Value.SITE, Value.DOOR, Value.DEVICE, Value.PERSON, Value.RECORD),
        shows=WATCHERS | READERS,
    ),
    "/exports": Route(methods=_GET),
    # In their one form, as the routes take them: `log?site=…`.
    "/exports/size": Route(methods=_GET, query={"filter": Value.FILTER, "format": Value.FORMAT}),
    "/exports/{export}": Route(methods=_GET, path={"export": Value.OURS}),
    "/exports/{export}/password": Route(methods=frozenset({"POST"}), path={"export": Value.OURS}),
    "/me/preferences/{name}": Route(
        methods=_GET | {"PUT"},
        path={"name": Value.OURS},
        names={"name": "pinned"},
        sent=Value.DOOR,
        shows=ALL,
    ),
    "/passkeys/new": Route(methods=_GET),
    "/passkeys/options": Route(methods=frozenset({"POST"})),
    "/passkeys": Route(methods=frozenset({"POST"})),
    "/healthz": Route(methods=_GET, open=True),
    "/readyz": Route(methods=_GET, open=True),
    "/metrics": Route(methods=_GET, open=True),
    "/sign-in": Route(methods=_GET, query={"next": Value.WORDS, "reason": Value.WORDS, "with": Value.OURS}),
    # Where no provider is configured they lead nowhere, which is the same for everybody.
    "/sign-in/finish": Route(methods=_GET, query={"by": Value.OURS, "flow": Value.OURS}, open=True),
    "/auth/{provider}/login": Route(
        methods=_GET, path=_PROVIDER, query={"next": Value.WORDS, "account": Value.OURS}, open=True
    ),
    "/auth/{provider}/callback": Route(methods=_GET | {"POST"}, path=_PROVIDER, open=True),
    "/auth/{provider}/backchannel-logout": Route(methods=frozenset({"POST"}), path=_PROVIDER, open=True),
    "/sign-out": Route(methods=_GET | {"POST"}, once=frozenset({"POST"})),
    "/auth/local": Route(methods=frozenset({"POST"}), open=True),
    "/assets/gatehouse": Route(methods=_GET, open=True),
    **{path: Route(methods=_EVERY, open=True) for path in _KEPT},
    **{f"{path}/{{rest:path}}": _REST for path in _KEPT},
    "/": Route(methods=_GET),
    "/{page:word}": Route(methods=_GET, path={"page": Value.OURS}, names={"page": "live"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: the roles that are shown words of their site, and what its address may name."""

    shows: frozenset[Role] = NOBODY
    query: Mapping[str, Value] = field(default_factory=dict)


_SITE: Final = {"site": Value.SITE}
# The names of core.log_filter: what a person, a place or a record is, and what are words of ours.
_FILTER: Final = {
    **_SITE,
    "door": Value.DOOR,
    "device": Value.DEVICE,
    "person": Value.PERSON,
    **dict.fromkeys(("kind", "outcome", "reason", "when", "from", "to"), Value.OURS),
}
PAGES: Final[Mapping[str, Page]] = {
    "desk": Page(query=_SITE),
    "live": Page(query=_SITE),
    "log": Page(
        shows=READERS,
        query={**_FILTER, "before": Value.RECORD, "after": Value.RECORD, "record": Value.RECORD},
    ),
    "audit": Page(
        shows=AUDITORS,
        query={
            **{name: kind for name, kind in _FILTER.items() if name != "person"},
            "before": Value.RECORD,
            "after": Value.RECORD,
            "record": Value.RECORD,
        },
    ),
    "analytics": Page(
        shows=READERS, query={**_SITE, **dict.fromkeys(("when", "from", "to", "slot"), Value.OURS)}
    ),
    "devices": Page(
        shows=WATCHERS | READERS,
        query={
            **_SITE,
            "device": Value.DEVICE,
            "find": Value.WORDS,
            "family": Value.OURS,
            "attention": Value.OURS,
        },
    ),
    # They show the whole organisation: who has a role at single sites is shown nothing of it.
    "people": Page(query={**_SITE, "find": Value.WORDS, "skip": Value.OURS}),
    "policy": Page(query={**_SITE, "find": Value.WORDS, "who": Value.OURS, "skip": Value.OURS}),
    "health": Page(shows=WATCHERS | READERS, query=_SITE),
    "me": Page(query=_SITE),
}
