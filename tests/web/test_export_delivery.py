"""What of an export's file has left is what is counted, and who has gone has not taken it."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Message

from core.byte_range import Stretch
from core.records import Kind
from operations.exports.keeping import Places
from store import exports
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import build, export, fill, sign_in, take
from web.export_file import Delivery

_CHUNK = 256 * 1024


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    """Sign in Cleo, who reads and exports everything, where some people have come in."""
    fill(console)
    return sign_in(console, "cleo")


class Browser:
    """Takes some bytes of an answer and goes away; as with the server, what comes after is dropped."""

    def __init__(self, takes: int) -> None:
        self.taken = 0
        self._takes = takes
        self._gone = asyncio.Event()

    async def send(self, message: Message) -> None:
        body = message.get("body", b"")
        if self.taken + len(body) > self._takes:
            self._gone.set()
        if not self._gone.is_set():
            self.taken += len(body)

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}


def deliver(console: Console, name: str, browser: Browser, still: Callable[[], bool] = lambda: True) -> None:
    """Send all of a file to a browser."""
    one = exports.find_export(console.db, name)
    assert one is not None
    file = Places.of(console.db.file.parent).whole(name).open("rb", buffering=0)
    delivery = Delivery(
        service=console.service, export=one, stretch=Stretch(0, one.bytes, part=False), file=file, still=still
    )
    asyncio.run(delivery({"type": "http"}, browser.receive, browser.send))
    assert file.closed


def counted(console: Console) -> list[object]:
    return [one.refs["bytes"] for one in told(console.db, Kind.EXPORT_DOWNLOADED)]


def test_a_small_file_for_a_browser_that_has_gone_is_not_delivered(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)

    deliver(console, name, Browser(takes=0))

    assert counted(console) == [0]
    assert take(console, name, cleo).status_code == 200


def test_of_a_large_file_only_what_has_left_is_counted(console: Console, cleo: str) -> None:
    fill(console, 8_000)
    name = export(console, cleo)
    build(console)
    browser = Browser(takes=2 * _CHUNK)

    deliver(console, name, browser)

    assert counted(console) == [2 * _CHUNK] == [browser.taken]


def test_a_file_that_is_gone_is_answered_as_none_and_not_begun(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    Places.of(console.db.file.parent).give_up(name)

    assert take(console, name, cleo).status_code == 404
    assert counted(console) == []


def test_a_download_under_way_ends_when_its_file_is_given_up(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(console, 8_000)
    name = export(console, cleo)
    build(console)
    monkeypatch.setattr("web.export_file._LOOK_S", 0.0)
    # Given up between the look at the request and the first byte.
    monkeypatch.setattr("web.exports.Delivery", _giving_up(console))

    assert take(console, name, cleo).content == b""
    assert counted(console) == [0]


def _giving_up(console: Console) -> type[Delivery]:
    class GivenUp(Delivery):
        def __init__(self, **given: object) -> None:
            super().__init__(**given)  # type: ignore[arg-type]
            exports.end(console.db, self._export.id)

    return GivenUp
