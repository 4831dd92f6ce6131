"""`gatehouse.py demo`: `run` with a demo estate, a simulator that speaks real MQTT, and accounts."""

import json
import logging
import secrets
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from commands import demo_accounts, lock, logs, ports
from commands.console import Console
from commands.programs import WEB, need_all, programs
from commands.sealing import make_key
from commands.supervisor import Supervisor
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.files import write_private
from connectors.mqtt.principals import DEMO, load_principal
from connectors.simulator.estate import DEMO_ESTATE, DEMO_POLICY, PEOPLE
from connectors.simulator.simulation import NATIVE, PROVED
from core.errors import Invalid
from core.times import DAY_US
from operations.device_keys import DeviceKeys, Standing
from settings import Settings, SettingsRefused
from store.clock import now_us
from store.database import Database
from store.directory import all_accounts
from store.estate import import_estate, load_estate, note_key, parse_estate
from store.opening import open_database
from store.people import save_people
from store.policies import apply_policy, current_policy
from store.rows import read_head

BROKER_FILE: Final = "demo-broker.json"
_BY: Final = "demo"
# Out of the numbers of the demo's people, whose cards begin with 816.
_FIRST_CARD, _CARDS = 8_170_000, 10_000
_HOTP_BYTES: Final = 20


def main(arguments: Namespace, given: Settings) -> int:
    """Run until told to stop; the estate, accounts and passwords of an earlier start are kept."""
    if not given.embedded_broker:
        raise SettingsRefused("the demo has a broker of its own: leave GATEHOUSE_MQTT_HOST (mqtt.host) out")
    settings = replace(given, demo=True)
    console = Console()
    logs.set_up("supervisor", logging.WARNING)
    with lock.hold(settings.data):
        db = open_database(settings.data)
        begin = now_us() if arguments.history is None else _history_begins(db, arguments.history)
        # Before anything is written: once furnished, a folder takes no history any more.
        need_all(settings)
        _furnish(db, settings.data, begin)
        make_key(settings, console)
        _need_devices(db, arguments.still)
        demo_port = ports.free_beside(ADDRESS, settings.mqtt_port, settings.port)
        children = programs(settings, db, simulate=True, still=arguments.still, demo_port=demo_port)
        _write_broker_account(settings, demo_port)
        if arguments.history is not None:
            _write_history(db, settings, begin, console)
        supervisor = Supervisor(children, settings.data / "logs", db, console)
        supervisor.run(WEB, lambda: _greet(console, settings))
    return 0


def _history_begins(db: Database, days: int) -> int:
    """Give when a history of so many days begins (µs UTC); raises Invalid for a log that is not empty."""
    with db.read() as connection:
        head = read_head(connection)
    if head:
        raise Invalid(
            f"the log holds {head} records already, and a history comes before all others: leave --history "
            "out, or give the demo an empty folder in GATEHOUSE_DATA"
        )
    return now_us() - days * DAY_US


def _write_history(db: Database, settings: Settings, begin: int, console: Console) -> None:
    # What reads devices' words takes long to import, and only ingest and a history need it.
    from commands.history import hand_over, write  # noqa: PLC0415

    with demo_accounts.being_stored(settings, begin):
        console.say("writes a history first")
    hand_over(write(db, begin, now_us(), console.say), settings.data)


def _furnish(db: Database, folder: Path, at: int) -> None:
    """Write what a demo has and this folder lacks, as of then (µs UTC).

    Raises Invalid for a folder that is no demo's.
    """
    if not (folder / demo_accounts.FILE_NAME).exists():
        if all_accounts(db) or load_estate(db).sites:
            raise Invalid(
                f"{folder} holds an estate of your own: give the demo another folder in GATEHOUSE_DATA"
            )
        demo_accounts.write_logins(folder)
    if not load_estate(db).sites:
        import_estate(db, parse_estate(DEMO_ESTATE), at, _BY)
    _issue_keys(db, DeviceKeys(folder), at)
    if current_policy(db).version == 0:
        apply_policy(db, DEMO_POLICY, at, _BY)
        save_people(db, PEOPLE)


def _need_devices(db: Database, still: Sequence[str]) -> None:
    unknown = sorted(set(still) - set(load_estate(db).devices))
    if unknown:
        raise Invalid(f"--still: no device is called {unknown[0]!r}; gatehouse.py estate export lists them")


def _issue_keys(db: Database, keys: DeviceKeys, at: int) -> None:
    """Give each device what our commands are proved with that knows such a thing and never had any.

    As `estate key issue` does it; the simulator finds it in the data folder.
    """
    for device in load_estate(db).devices.values():
        if device.family not in {NATIVE, PROVED} or keys.standing(device.id) is not Standing.NONE:
            continue
        if device.family == NATIVE:
            keys.issue(device.id)
        else:
            card = str(_FIRST_CARD + secrets.randbelow(_CARDS))
            keys.put(
                device.id,
                hotp=secrets.token_bytes(_HOTP_BYTES),
                signing=secrets.token_urlsafe().encode(),
                card=card,
            )
        note_key(db, device, "key_issued" if device.family == NATIVE else "key_kept", now=at, by=_BY)


def _write_broker_account(settings: Settings, port: int) -> None:
    demo = load_principal(settings.data / "broker", DEMO)
    account = {
        "host": ADDRESS,
        "port": port,
        "username": demo.username,
        "password": demo.password,
    }
    write_private(settings.data / BROKER_FILE, json.dumps(account) + "\n")


def _greet(console: Console, settings: Settings) -> None:
    console.block(demo_accounts.table(demo_accounts.read_logins(settings.data)))
    console.say(f"is at {settings.public_url}; sign in with one of the above; Ctrl-C stops it")
