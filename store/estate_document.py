"""The estate as people write it: TOML with the arrays `sites`, `devices` and `doors`.

Reading collects every problem, each with its table, ordinal, id and what to write instead.
"""

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Final, TypeVar, cast
from zoneinfo import ZoneInfo

from core.acts import MAX_REASON
from core.errors import EstateInvalid
from core.model import (
    DEFAULT_HEARTBEAT_S,
    EACH,
    ID_PATTERN,
    MISSED_AFTER_S,
    MOST_PERSONS,
    PROOFS,
    Device,
    Door,
    Site,
)

# Some families list all parts that serve a door, each with its topic.
_NUMBER: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_NUMBER_REMEDY: Final = (
    "1 to 200 of letters, digits, '_', '.', ':' and '-': the device's own name for it, such as \"1\""
)
_MAX_NAME: Final = 100
_MAX_HEARTBEAT_S: Final = 86_400
_MAX_MISSED_AFTER_S: Final = 3_600
_MAX_REASONS: Final = 12
_REASONS_REMEDY: Final = f"up to {_MAX_REASONS} different texts of 1 to {MAX_REASON} printable characters"
_Thing = TypeVar("_Thing", Site, Device, Door)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateDocument:
    """Everything that is to be in service; what it leaves out is retired by an import."""

    sites: tuple[Site, ...] = ()
    devices: tuple[Device, ...] = ()
    doors: tuple[Door, ...] = ()


def parse_estate(text: str, families: Collection[str] | None = None) -> EstateDocument:
    """Read a document; raises EstateInvalid with all its problems. `families` are those there is code for."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser names no line where the text ends too early.
        told = str(error).replace("at end of document", f"at line {len(text.splitlines())}, the end")
        raise EstateInvalid(f"the estate is no TOML: {told}") from error
    except RecursionError as error:
        raise EstateInvalid("the estate can't be read: its brackets are nested too deep") from error
    reading = _Reading(families)
    document = reading.document(tables)
    if reading.problems:
        raise EstateInvalid(_told(reading.problems))
    return document


def write_estate(document: EstateDocument) -> str:
    """Write a document that `parse_estate` reads back as the same."""
    tables = (("sites", document.sites), ("devices", document.devices), ("doors", document.doors))
    blocks = (_block(name, thing) for name, things in tables for thing in cast("tuple[Site, ...]", things))
    return "\n".join(blocks)


def _block(table: str, thing: Site | Device | Door) -> str:
    pairs = ((field.name, getattr(thing, field.name)) for field in fields(thing))
    # A JSON text or number is a TOML text or number, as names hold no control characters.
    lines = (f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in pairs)
    return f"[[{table}]]\n{''.join(lines)}"


def _shown(value: object) -> str:
    """Write a foreign value in one line that changes nothing around it."""
    text = value if isinstance(value, str) else repr(value)
    return text if text.isprintable() else ascii(text)[1:-1]


def _told(problems: list[str]) -> str:
    if len(problems) == 1:
        return f"the estate can't be imported: {problems[0]}"
    lines = "".join(f"\n  - {problem}" for problem in problems)
    return f"the estate can't be imported, {len(problems)} problems:{lines}"


def _near(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"write one of: {', '.join(names) or '(there is none)'}"


class _Row:
    """One table of an array: its values are asked for by name, and every problem says where it is."""

    def __init__(self, place: str, values: Mapping[str, object], problems: list[str]) -> None:
        self.place = place
        self._values = values
        self._problems = problems

    def problem(self, text: str) -> None:
        self._problems.append(f"{self.place}: {text}")

    def refuse_unknown(self, known: Collection[str]) -> None:
        for key in self._values.keys() - known:
            self.problem(f"there is no key '{_shown(key)}'; {_near(key, known)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if key == "number" and type(value) is int:
            return str(value)
        if isinstance(value, str):
            return value
        self.problem(f"'{key}' {'is missing' if value is None else 'is no text'}; write {key} = \"…\"")
        return ""

    def checked(self, key: str, ok: Callable[[str], object], remedy: str, default: str | None = None) -> str:
        before = len(self._problems)
        value = self.text(key, default)
        if len(self._problems) == before and not ok(value):
            self.problem(f"'{key}' is '{_shown(value)}'; write {remedy}")
        return value

    def identifier(self) -> str:
        return self.checked("id", ID_PATTERN.fullmatch, "1 to 64 of a-z, 0-9, '_' and '-'")

    def name(self, default: str | None = None) -> str:
        return self.checked("name", _is_name, f"1 to {_MAX_NAME} printable characters", default)

    def whole(self, key: str, default: int, highest: int) -> int:
        value = self._values.get(key, default)
        if type(value) is int and 0 <= value <= highest:
            return value
        self.problem(f"'{key}' is {value!r}; write a whole number from 0 to {highest}")
        return default

    def texts(self, key: str, ok: Callable[[list[str]], bool], remedy: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value) and ok(value):
            return tuple(value)
        self.problem(f"'{key}' is {_shown(value)}; write {remedy}")
        return ()

    def persons(self) -> int:
        found = self._values.get("persons", 1)
        if type(found) is int and 1 <= found <= MOST_PERSONS:
            return found
        self.problem(f"'persons' is {found!r}; write 1, or 2 where a second person is to approve acts")
        return 1

    def truth(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key, default)
        if isinstance(value, bool):
            return value
        self.problem(f"'{key}' is {value!r}; write true or false")
        return default

    def known(self, key: str, value: str, known: Collection[str], noun: str) -> None:
        if value and value not in known:
            self.problem(f"there is no {noun} '{_shown(value)}' for '{key}'; {_near(value, known)}")


class _Reading:
    """One document on its way in."""

    def __init__(self, families: Collection[str] | None) -> None:
        self.problems: list[str] = []
        self._families = families
        self._numbers: set[tuple[str, str]] = set()

    def document(self, tables: Mapping[str, object]) -> EstateDocument:
        known = [field.name for field in fields(EstateDocument)]
        for table in tables.keys() - known:
            self.problems.append(f"there is no table '{_shown(table)}'; {_near(table, known)}")
        sites = self._things(tables, "sites", Site, self._site)
        devices = self._things(tables, "devices", Device, lambda row: self._device(row, sites))
        doors = self._things(tables, "doors", Door, lambda row: self._door(row, sites, devices))
        return EstateDocument(
            sites=tuple(sites.values()), devices=tuple(devices.values()), doors=tuple(doors.values())
        )

    def _things(
        self,
        tables: Mapping[str, object],
        table: str,
        kind: type[_Thing],
        read: Callable[[_Row], _Thing],
    ) -> dict[str, _Thing]:
        found: dict[str, _Thing] = {}
        for row in self._rows(tables, table):
            row.refuse_unknown([field.name for field in fields(kind)])
            thing = read(row)
            if thing.id and thing.id in found:
                row.problem(f"the id '{thing.id}' stands twice; give this one another")
            found[thing.id] = thing
        return found

    def _rows(self, tables: Mapping[str, object], table: str) -> list[_Row]:
        array = tables.get(table, [])
        if not isinstance(array, list) or not all(isinstance(values, dict) for values in array):
            self.problems.append(f"'{table}' must be an array of tables; write [[{table}]] before each")
            return []
        return [
            _Row(f"{table} {ordinal} ({_shown(values.get('id', 'no id'))})", values, self.problems)
            for ordinal, values in enumerate(array, start=1)
        ]

    def _site(self, row: _Row) -> Site:
        zone = row.checked("time_zone", _is_zone, "an IANA time zone such as Europe/Berlin")
        return Site(
            id=row.identifier(),
            name=row.name(),
            time_zone=zone,
            reasons=row.texts("reasons", _are_reasons, _REASONS_REMEDY),
            duress_reason=row.checked("duress_reason", _is_reason_or_none, "what somebody would say", ""),
            missed_after_s=row.whole("missed_after_s", MISSED_AFTER_S, _MAX_MISSED_AFTER_S),
            proof=row.checked("proof", PROOFS.__contains__, " or ".join(f'"{one}"' for one in PROOFS), EACH),
            persons=row.persons(),
        )

    def _device(self, row: _Row, sites: Mapping[str, Site]) -> Device:
        site, family = row.text("site"), row.text("family")
        row.known("site", site, sites, "site")
        if self._families is not None:
            row.known("family", family, self._families, "device family")
        identity = row.identifier()
        return Device(
            id=identity,
            site=site,
            family=family,
            name=row.name(default=identity),
            heartbeat_s=row.whole("heartbeat_s", DEFAULT_HEARTBEAT_S, _MAX_HEARTBEAT_S),
            topic=row.checked("topic", _is_topic, "an MQTT topic without '+', '#' or an end in '/'", ""),
            serial=row.checked("serial", _is_word, "what the device calls itself", ""),
            time_zone=row.checked(
                "time_zone", _is_zone_or_none, "an IANA time zone such as Europe/Berlin", ""
            ),
        )

    def _door(self, row: _Row, sites: Mapping[str, Site], devices: Mapping[str, Device]) -> Door:
        site, device = row.text("site"), row.text("device")
        row.known("site", site, sites, "site")
        row.known("device", device, devices, "device")
        serves = devices.get(device)
        if serves is not None and serves.site != site:
            row.problem(f"its device is at site '{serves.site}'; write site = \"{serves.site}\"")
        number = row.checked("number", _NUMBER.fullmatch, _NUMBER_REMEDY)
        self._refuse_same_number(row, device, number)
        return Door(
            id=row.identifier(),
            site=site,
            device=device,
            number=number,
            name=row.name(),
            sensor=row.truth("sensor", default=True),
            camera=row.checked("camera", _is_word, "what the camera's own family calls it", ""),
            level=row.checked("level", _is_word, "the storey or part of the building it is on", ""),
            persons=row.persons(),
        )

    def _refuse_same_number(self, row: _Row, device: str, number: str) -> None:
        if device and number and (device, number) in self._numbers:
            row.problem(
                f"another door of device '{_shown(device)}' has the number '{_shown(number)}' too; "
                "write the number by which the device knows this one"
            )
        self._numbers.add((device, number))


def _is_name(text: str) -> bool:
    return text.strip() != "" and len(text) <= _MAX_NAME and text.isprintable()


def _are_reasons(texts: list[str]) -> bool:
    different = len({" ".join(text.split()).casefold() for text in texts}) == len(texts)
    return (
        len(texts) <= _MAX_REASONS and different and all(text and _is_reason_or_none(text) for text in texts)
    )


def _is_reason_or_none(text: str) -> bool:
    """Whether it can be given as a reason as it stands: an act's reason is kept with single spaces."""
    return len(text) <= MAX_REASON and text.isprintable() and " ".join(text.split()) == text


def _is_word(text: str) -> bool:
    return len(text) <= _MAX_NAME and text.isprintable()


def _is_topic(text: str) -> bool:
    return _is_word(text) and not set(text) & set("+#") and not text.endswith("/")


def _is_zone_or_none(text: str) -> bool:
    return text == "" or _is_zone(text)


def _is_zone(text: str) -> bool:
    try:
        return ZoneInfo(text) is not None
    except (KeyError, OSError, ValueError):
        # ZoneInfoNotFoundError is a KeyError; the others are malformed names and folders of the database.
        return False
