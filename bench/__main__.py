"""`make bench`: every figure with its target and a raw client beside it, as a table and as JSON.

`python -m bench PART…` does only these: ingest, path, screens, tail, parse, start, flood, history, pages,
filters, sign_on, unlocks, rings, export, backup, verify.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench import (
    backup,
    export,
    filters,
    flood,
    history,
    ingest,
    pages,
    parsing,
    path,
    rings,
    sign_on,
    start,
    stream,
    tail,
    unlocks,
    verify,
)
from bench.stand.stand import Stand

OUTPUT: Final = Path(__file__).parent / "output"
QUIET_MS: Final = 5.0
_QUIET_EVENTS: Final = 300
SCREENS: Final = 500
SCREENS_RATE: Final = 50


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, its unit, the most it may be (None: shown beside others), and raw's."""

    name: str
    value: float
    unit: str
    target: float | None = None
    raw: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Write the line."""
        target = "" if self.target is None else f"≤ {_number(self.target)}"
        kept = "" if self.target is None else f"{self.value / self.target:.2f}"
        beside = "" if self.raw is None else f"{_number(self.raw)} ({self.value / self.raw:.1f} times)"
        return (self.name, f"{_number(self.value)} {self.unit}".rstrip(), target, kept, beside)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def of_ingest() -> list[Figure]:
    """Measure (a), draining a queue."""
    found = ingest.run()
    ours, paho, own = (found.median(who, "cpu_us") for who in ("ingest", "paho", "session"))
    return [
        Figure("(a) stored records per second", found.median("ingest", "per_second"), ""),
        Figure("(a) CPU of a stored record", ours, "µs", raw=paho),
        Figure("(a) … in no-ops of paho with manual acknowledgement", found.ratio, "", 2.5),
        Figure("(a) CPU of our session storing nothing", own, "µs", raw=paho),
        Figure(
            "(a) memory of ingest after the drain",
            max(one.rss_mb for one in found.drains["ingest"]),
            "MB",
            120,
        ),
    ]


def of_path() -> list[Figure]:
    """Measure (b) and (c), from publish to browser and to many screens, and the memory after it."""
    found = path.run()
    lines = [
        *_waits("(b) publish → log → browser", found.browser, {"p50": 6, "p95": 15, "p99": 40}),
        *_waits(f"(c) publish → each of {path.SCREENS} screens", found.screens, {"p50": None, "p99": 50}),
    ]
    return [
        *lines,
        Figure("(d) memory of web after the load", found.web_mb, "MB", 250),
        Figure("(d) memory of ingest after the load", found.ingest_mb, "MB", 120),
    ]


def _waits(name: str, waits: path.Waits, targets: Mapping[str, float | None]) -> list[Figure]:
    # The machine may have become busy since the first line was printed.
    name += "" if waits.raw["p99"] <= QUIET_MS else " (machine not quiet meanwhile)"
    lines = [
        Figure(f"{name}, {place}", waits.ours[place], "ms", target, waits.raw[place])
        for place, target in targets.items()
    ]
    return [*lines, Figure(f"{name}, lost or twice of {waits.events:,}", waits.lost + waits.twice, "")]


def of_tail() -> list[Figure]:
    """Measure (e), following the log."""
    found = tail.run()
    return [
        Figure("(e) commit → row in another process, p50", found["from_commit_ms"]["p50"], "ms"),
        Figure("(e) commit → row in another process, p99", found["from_commit_ms"]["p99"], "ms", 10),
        Figure("(e) CPU of an idle tail", found["idle_cpu_percent"], "%", 4),
    ]


def of_parse() -> list[Figure]:
    """Measure (f), decoding and mapping a payload, by family."""
    return [
        Figure(f"(f) reading of {family}, in json.loads of the same (median of {len(costs)})", ratio, "", 3)
        for family, costs in parsing.run().items()
        for ratio in (median(one.ratio for one in costs),)
    ]


def of_start() -> list[Figure]:
    """Measure (d), from the command to a page."""
    found = start.run()
    return [
        Figure("(d) `gatehouse.py demo` → sign-in page, empty folder", found.sign_in_s, "s", 5),
        Figure("(d) … → signed in, wall drawn", found.wall_s, "s"),
        Figure("(d) … → sign-in page, second start", found.again_s, "s", 5),
    ]


def of_flood() -> list[Figure]:
    """Measure (g), what a storm of one device costs the others."""
    found = flood.run()
    return [
        Figure("(g) publish → stored of the others in quiet, p95", found.median("quiet"), "ms"),
        Figure("(g) … while one device sends ten times as much as they", found.median("storm"), "ms"),
        Figure("(g) … in times of quiet, median of pairs", found.ratio, "", 1.5),
    ]


def of_screens() -> list[Figure]:
    """Measure (c) with so many screens that sending is the work."""
    found = stream.run(SCREENS, SCREENS_RATE)
    name = f"(c) commit → each of {SCREENS} screens, {SCREENS_RATE} records/s"
    return [
        Figure(f"{name}, p50", found["from_commit_ms"]["p50"], "ms"),
        Figure(f"{name}, p99", found["from_commit_ms"]["p99"], "ms", 150),
        Figure(f"{name}, lost or twice of {found['deliveries']:,}", found["lost"] + found["twice"], ""),
        Figure("(c) … CPU of a delivery", found["web_cpu_us_a_delivery"], "µs"),
        Figure("(c) … memory of web", found["web_rss_mb"], "MB", 250),
    ]


def of_history() -> list[Figure]:
    """Measure (h), writing the demo's past; 8,000 records a second are 125 µs each."""
    found = history.run()
    return [
        Figure("(h) records of a history written in a second", found.per_second, ""),
        Figure("(h) time of such a record, told, read and on disk", 1e6 / found.per_second, "µs", 125),
        Figure("(h) a year of the demo's three sites on disk", found.megabytes * 365 / history.DAYS, "MB"),
    ]


def of_pages() -> list[Figure]:
    """Measure (i), from asking for a page until it is drawn."""
    found = pages.run()
    lines = [
        Figure("(i) an empty page of Streamlit at /empty until it is drawn", found.median(pages.EMPTY), "ms"),
        Figure("(i) … and at the root of its server", found.median(pages.AT_ROOT), "ms"),
    ]
    for page in pages.OURS:
        most = 3.0 if page == "analytics" else 1.5
        lines += [
            Figure(f"(i) /{page} until it is drawn", found.median(page), "ms"),
            Figure("(i) … in times of the empty page at /empty", found.ratio(page), "", most),
            Figure("(i) … in times of the one at the root", found.ratio(page, pages.AT_ROOT), ""),
        ]
    return lines


def of_filters() -> list[Figure]:
    """Measure (j), pages of the log by any filter in ten million records."""
    found = filters.run()
    lines = [Figure(f"(j) first page, {name}", cost.large, "ms", 20) for name, cost in found.items()]
    deep = [cost.deep for cost in found.values() if cost.deep is not None]
    growths = [cost.growth for cost in found.values() if cost.growth is not None]
    waits = [cost.nowhere for cost in found.values()]
    return [
        *lines,
        Figure(f"(j) a page {filters.DEEP_PAGES:,} deep, the slowest of {len(deep)}", max(deep), "ms", 20),
        Figure("(j) growth from a million to ten, median of filters", median(growths), "", 1.5),
        Figure("(j) … of the filter that grows most", max(growths), "", 1.5),
        Figure("(j) who reads only sites without records, the slowest filter", max(waits), "ms", 20),
    ]


def of_sign_on() -> list[Figure]:
    """Measure (k), coming in by a provider, and being out."""
    found, count = sign_on.run(), sign_on.SOCKETS
    return [
        Figure("(k) a provider's own time to redeem a code, p50", found.provider["p50"], "ms"),
        Figure("(k) its answer → HTML of the first page, beyond that, p95", found.html["p95"], "ms"),
        Figure("(k) … → first page drawn, p95", found.page["p95"], "ms", 400),
        Figure(f"(k) gate, a request, {sign_on.SESSIONS:,} sessions stored, p50", found.gate["p50"], "ms"),
        Figure("(k) … p95", found.gate["p95"], "ms", 0.5),
        Figure(
            f"(k) ended at the provider → led to the sign-in, {count} pages, p50", found.ends["p50"], "ms"
        ),
        Figure("(k) … p99", found.ends["p99"], "ms", 2_000),
    ]


def of_unlocks() -> list[Figure]:
    """Measure (l), from a press to the broker, and from the device's answer to the screen."""
    found = unlocks.run()
    rate = f"{unlocks.LOAD_A_SECOND} records/s"

    def line(name: str, what: str, place: str, most: float) -> Figure:
        return Figure(name, found.median(what, place), "ms", most, found.median(f"raw_{what}", place))

    return [
        line("(l) press, proof given → command at the broker, p50", "command", "p50", 30),
        line("(l) … p95", "command", "p95", 80),
        Figure(f"(l) … p95 under {rate}, in times of quiet", found.ratio("command"), "", 1.5),
        line("(l) device's answer → verdict at a screen, p95", "verdict", "p95", 100),
        Figure(f"(l) … under {rate}, in times of quiet", found.ratio("verdict"), "", 1.5),
        Figure("(l) device's answer → verdict drawn in Chromium, p95", found.drawn["p95"], "ms", 100),
    ]


def of_rings() -> list[Figure]:
    """Measure (m), from the street to a desk."""
    found = rings.run()
    raw = found.median("raw", "p95")
    return [
        Figure("(m) ring → call at a desk, p95", found.median("desk", "p95"), "ms", 100, raw),
        Figure(f"(m) … under {rings.LOAD_A_SECOND} records/s, in times of quiet", found.ratio, "", 1.5),
        Figure("(m) ring → call drawn in Chromium at a desk, p95", found.drawn["p95"], "ms", 100),
        Figure("(m) claim → claimed at every other desk, p95", found.median("claim", "p95"), "ms", 1_000),
        Figure(
            f"(m) … under {rings.LOAD_A_SECOND} records/s, p95",
            found.median("claim", "p95", loaded=True),
            "ms",
            1_000,
        ),
    ]


def of_backup() -> list[Figure]:
    """Measure (o), a backup of the kept log."""
    found = backup.run()
    of = f"of {found.content_mb:,.0f} MB"
    return [
        Figure(f"(o) backup {of}, content a second", found.create.mb_per_second, "MB"),
        Figure("(o) … growth of memory", found.create.grown_mb, "MB", 30),
        Figure("(o) … its size as a share of the content", found.share, ""),
        Figure("(o) check of it, content a second", found.check.mb_per_second, "MB"),
        Figure("(o) … growth of memory", found.check.grown_mb, "MB", 30),
    ]


def of_verify() -> list[Figure]:
    """Measure (p), what the ledger costs: sealing beside ingest, and verifying all of the kept log."""
    found = verify.run()
    size = f"of {found.records:,} records"
    return [
        Figure(f"(p) sealing at {verify.RATE:,} records a second, of ingest's CPU", found.sealing, "%", 10),
        Figure("(p) CPU of a sealed record, many at once", found.seal_us, "µs"),
        # A hundred thousand a second on one core are ten of these.
        Figure(f"(p) verify {size}, CPU of a record", found.verify_us, "µs", 10),
        Figure("(p) … records a second", 1_000_000 / found.verify_us, ""),
        Figure(f"(p) inclusion proof in a log {size}, p99", found.proof_ms, "ms", 5),
    ]


def of_export() -> list[Figure]:
    """Measure (n), files of a million records, beside a plain program that reads the same columns."""
    found = export.run()
    plain = found.median(export.PLAIN, "cpu")
    lines = [Figure(f"(n) CSV of {export.RECORDS:,} records by a plain program, processor time", plain, "s")]
    for name, most in (("csv", 0.4), ("parquet", 0.25), ("jsonl", None)):
        lines += [
            Figure(f"(n) {name}: processor time, in times of that", found.ratio(name), "", most),
            Figure("(n) … wall time, in times of that", found.ratio(name, "wall"), "", most),
            Figure("(n) … memory of the builder grows by", found.median(name, "grown_mb"), "MB", 30),
        ]
    return lines


PARTS: Final[Mapping[str, Callable[[], list[Figure]]]] = {
    "ingest": of_ingest,
    "path": of_path,
    "screens": of_screens,
    "tail": of_tail,
    "parse": of_parse,
    "start": of_start,
    "flood": of_flood,
    "history": of_history,
    "pages": of_pages,
    "filters": of_filters,
    "sign_on": of_sign_on,
    "unlocks": of_unlocks,
    "rings": of_rings,
    "backup": of_backup,
    "verify": of_verify,
    "export": of_export,
}


def quiet() -> Mapping[str, float]:
    """Measure a bare subscriber alone (ms): what it waits is the machine's noise."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data") as stand:
        stand.start_broker()
        return path.alone(stand, _QUIET_EVENTS)


def table(figures: list[Figure]) -> str:
    """Write the figures as Markdown."""
    head = ("figure", "measured", "target", "of target", "raw client, same messages")
    rows = [head, ("---", "--:", "--:", "--:", "--:"), *(one.cells() for one in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(wanted: list[str]) -> None:
    """Measure, print and keep."""
    noise = quiet()
    verdict = "quiet" if noise["p99"] <= QUIET_MS else "NOT quiet: trust ratios only"
    print(f"machine: {verdict} (raw subscriber at 50/s: p50 {noise['p50']} ms, p99 {noise['p99']} ms)\n")
    figures = [figure for part in wanted or PARTS for figure in PARTS[part]()]
    print(table(figures))
    OUTPUT.mkdir(exist_ok=True)
    kept = OUTPUT / f"{time.strftime('%Y-%m-%dT%H-%M-%S')}.json"
    told = {"raw_alone_ms": dict(noise), "figures": [asdict(one) for one in figures]}
    kept.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
