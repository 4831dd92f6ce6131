"""(c) Many live screens on the real web process: from the commit of a record to each screen.

Run with `.venv/bin/python -m bench.stream`.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from auth.sessions import Person, Sessions, cookie_name
from bench.figures import percentiles
from bench.screens import Address, Screen, open_screens
from bench.stand.processes import Process, python, start
from bench.stand.stand import wait_for
from bench.writing import Writer, fill_estate, writer
from settings import load_settings
from store.opening import open_database
from store.policies import apply_policy
from tests.ports import free_port

_HOST: Final = "127.0.0.1"
_START_S: Final = 30.0
_GROUP: Final = "bench"
_POLICY: Final = f"""
[[grants]]
group = "{_GROUP}"
role = "admin"
sites = ["*"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A running web process over a folder, and how to come in."""

    process: Process
    address: Address


@contextmanager
def web(folder: Path) -> Iterator[Web]:
    """Start the real web process over a filled store, with one signed-in session."""
    port = free_port()
    origin = f"http://localhost:{port}"
    environ = {"GATEHOUSE_DATA": str(folder), "GATEHOUSE_PORT": str(port), "GATEHOUSE_PUBLIC_URL": origin}
    cookie = _sign_in(folder, environ)
    headers = {
        "Host": f"localhost:{port}",
        "Origin": origin,
        "Cookie": f"{cookie_name(secure=False)}={cookie}",
    }
    process = start(python("gatehouse.py", "web"), folder.parent / "web.out", environ)
    try:
        address = Address(host=_HOST, port=port, headers=headers)
        wait_for("the web process answers", lambda: _answers(process, address), _START_S, 0.1)
        yield Web(process=process, address=address)
    finally:
        process.stop()


def _sign_in(folder: Path, environ: dict[str, str]) -> str:
    fill_estate(folder)
    db = open_database(folder)
    now = time.time_ns() // 1_000
    apply_policy(db, _POLICY, now, "bench")
    who = Person(subject="bench", name="Bench", groups=(_GROUP,))
    cookie, _ = Sessions(db, load_settings(environ).sessions).start(
        who, address=_HOST, agent="bench", now=now
    )
    db.close()
    return cookie


def _answers(process: Process, address: Address) -> bool:
    assert process.alive(), process.said()

    async def ask() -> bool:
        try:
            (screen,) = await open_screens(address, 1)
        except OSError:
            return False
        screen.close()
        return True

    return asyncio.run(ask())


def run(clients: int = 500, rate: float = 50, seconds: float = 20) -> dict[str, Any]:
    """Measure every delivery of every record (ms), and what the web process spends on it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        with web(folder) as served, writer(folder, rate, int(rate * seconds)) as other:
            return asyncio.run(_measure(served, other, clients, seconds))


async def _measure(served: Web, other: Writer, clients: int, seconds: float) -> dict[str, Any]:
    screens = await open_screens(served.address, clients)
    used, begin = served.process.cpu_us(), time.monotonic()
    other.go()
    assert await asyncio.to_thread(other.done, seconds * 3 + 10)
    took, used = time.monotonic() - begin, served.process.cpu_us() - used
    rss = served.process.rss_mb()
    told = other.told()
    await _all_there(screens, told[-1][0])
    for screen in screens:
        screen.close()
    committed = {head: (before, after) for head, before, after in told}
    by_screen = [list(screen.arrivals()) for screen in screens]
    arrived = [one for arrivals in by_screen for one in arrivals]
    lost = len(told) * clients - sum(len({number for number, _ in arrivals}) for arrivals in by_screen)
    return {
        "clients": clients,
        "records": len(told),
        "deliveries": len(arrived),
        "lost": lost,
        "twice": len(arrived) + lost - len(told) * clients,
        "from_commit_ms": percentiles([at - committed[number][1] for number, at in arrived]),
        "from_append_ms": percentiles([at - committed[number][0] for number, at in arrived]),
        "web_cpu_us_a_delivery": round(used / max(len(arrived), 1), 1),
        "web_cpu_percent": round(used / took / 10_000, 1),
        "web_rss_mb": round(rss, 1),
    }


async def _all_there(screens: list[Screen], head: int) -> None:
    """Wait until each screen has the last record, without reading frames while others still come."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if all(screen.head >= head for screen in screens):
            return
        await asyncio.sleep(0.2)


def main() -> None:
    """Print the figures."""
    for name, figure in run().items():
        print(f"{name:20} {figure}")


if __name__ == "__main__":
    main()
