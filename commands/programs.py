"""The processes of one machine, as the supervisor needs to know them."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from auth.identity_settings import read_identity
from commands import ports
from commands.backup_settings import read_backup
from commands.checkpoint_settings import read_checkpoints
from commands.process import ROOT, Program, always
from connectors.mqtt.broker import ADDRESS, EmbeddedBroker, find_mosquitto
from settings import Settings
from store.database import Database
from store.estate import load_estate
from store.touch import PartState, parts

BROKER: Final = "broker"
INGEST: Final = "ingest"
WEB: Final = "web"
SIMULATOR: Final = "simulator"


def need_all(settings: Settings) -> None:
    """Raise for what the programs can't start with: a port, the broker, or tables of the settings."""
    # The processes would refuse them too, and be started again and again.
    read_identity(settings.tables, settings.data)
    # Who can't make the backup of tonight is to learn it today.
    read_backup(settings.tables, settings.data)
    read_checkpoints(settings)
    ports.need_free(settings.address, settings.port, "GATEHOUSE_PORT (web.port)")
    if settings.embedded_broker:
        ports.need_free(ADDRESS, settings.mqtt_port, "GATEHOUSE_MQTT_PORT (mqtt.port)")
        find_mosquitto()


def programs(
    settings: Settings,
    db: Database,
    *,
    simulate: bool = False,
    still: Sequence[str] = (),
    demo_port: int | None = None,
) -> tuple[Program, ...]:
    """List what to start, in this order; raises BrokerMissing or SettingsRefused before anything runs.

    `still` are the devices to which the simulator lets nothing happen; `demo_port` is where the embedded
    broker lets in the account that speaks for every device.
    """
    need_all(settings)
    own = (_broker(settings, db, demo_port),) if settings.embedded_broker else ()
    life = (_simulator(settings, still),) if simulate else ()
    return (*own, _web(settings), _ingest(settings, db), *life)


def _simulator(settings: Settings, still: Sequence[str]) -> Program:
    # After the web: two cores that import both at once would show the first page seconds later.
    left_alone = [f"--still={device}" for device in still]
    return _python(settings, SIMULATOR, "simulate", *left_alone, after=(INGEST, WEB))


def _broker(settings: Settings, db: Database, demo_port: int | None) -> Program:
    broker = EmbeddedBroker(settings.data / "broker", settings.mqtt_port, demo_port=demo_port)

    def write() -> bool:
        return broker.write(load_estate(db))

    write()
    return Program(
        name=BROKER,
        command=(sys.executable, "-m", "commands.parent", *broker.command_line()),
        ready=lambda _pid: ports.answers(ADDRESS, settings.mqtt_port),
        # A device that came into the estate gets its account while the broker runs.
        refresh=write,
    )


def _web(settings: Settings) -> Program:
    return _python(settings, WEB, WEB, ready=lambda _pid: ports.serves(settings))


def _ingest(settings: Settings, db: Database) -> Program:
    after = (BROKER,) if settings.embedded_broker else ()

    def is_ok(pid: int) -> bool:
        own = (part for part in parts(db) if part.name == INGEST and part.pid == pid)
        # Degraded it works as well: a flood by a device must not have it taken for one that does not start.
        return any(part.state in {PartState.OK, PartState.DEGRADED} for part in own)

    return _python(settings, INGEST, INGEST, after=after, ready=is_ok)


def _python(
    settings: Settings,
    name: str,
    verb: str,
    *arguments: str,
    after: tuple[str, ...] = (),
    ready: Callable[[int], bool] = always,
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, str(ROOT / "gatehouse.py"), verb, *arguments),
        environment=environment(settings),
        after=after,
        ready=ready,
    )


def environment(settings: Settings) -> dict[str, str]:
    """Tell a child where everything is, from whatever folder it runs in; no secrets."""
    told = {"GATEHOUSE_DATA": str(settings.data), "GATEHOUSE_DEMO": "true" if settings.demo else "false"}
    return told | ({"GATEHOUSE_CONFIG": str(settings.config)} if settings.config.exists() else {})
