"""The table `checkpoints` of gatehouse.toml: where signed checkpoints of the log are sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from auth.private_files import read_private
from connectors.checkpoints.reaching import Address, is_loopback
from connectors.checkpoints.syslog import Transport
from connectors.checkpoints.webhook import Hook
from core.errors import StartRefused
from settings import Setting, Settings, SettingsRefused, read_secret

TABLE: Final = "checkpoints"
_PORTS: Final = {Transport.UDP: 514, Transport.TCP: 601, Transport.TLS: 6514}
_SYSLOG: Final = "tls://syslog.example.org:6514"
_WEBHOOK: Final = "https://siem.example.org/checkpoints"
_MQTT: Final = (
    "Whether your broker retains the newest; the own one does without being asked, here: true or false"
)
KEYS: Final = (
    Setting(f"{TABLE}.folder", str, None, "A folder elsewhere, mounted here, that gets every checkpoint"),
    Setting(f"{TABLE}.syslog", str, None, "A syslog server: `udp://`, `tcp://` or `tls://`, host and port"),
    Setting(f"{TABLE}.syslog_ca_file", str, None, "PEM file of who vouches for it; without it the system's"),
    Setting(f"{TABLE}.webhook", str, None, "An https address that each checkpoint is posted to"),
    Setting(f"{TABLE}.webhook_token_file", str, None, "File with the bearer token for it, mode 0600"),
    Setting(f"{TABLE}.webhook_ca_file", str, None, "PEM file of who vouches for it; without it the system's"),
    Setting(f"{TABLE}.mqtt", bool, None, _MQTT),
    Setting(f"{TABLE}.mqtt_username", str, None, "Name of the principal `sealer` at your broker"),
    Setting(f"{TABLE}.mqtt_password_file", str, None, "File with that principal's password"),
)
_NEEDS: Final = (
    ("syslog_ca_file", "syslog"),
    ("webhook_token_file", "webhook"),
    ("webhook_ca_file", "webhook"),
    ("mqtt_username", "mqtt_password_file"),
    ("mqtt_password_file", "mqtt_username"),
    ("mqtt_username", "mqtt"),
)
_T = TypeVar("_T", str, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSettings:
    """Where checkpoints go; None or False: not there."""

    folder: Path | None = None
    syslog: tuple[Transport, Address] | None = None
    webhook: Hook | None = None
    mqtt: bool = False
    mqtt_username: str | None = None
    mqtt_password_file: Path | None = None


def read_checkpoints(settings: Settings) -> CheckpointSettings:
    """Read and check the table; raises SettingsRefused naming what to write instead."""
    table = settings.tables.get(TABLE, {})
    if not isinstance(table, Mapping):
        raise SettingsRefused(f'{TABLE}: write a table, [{TABLE}], with folder = "/mnt/elsewhere"')
    _refuse_unknown(table)
    for name, needed in _NEEDS:
        if name in table and not table.get(needed):
            raise SettingsRefused(f"{TABLE}.{name} is given without {TABLE}.{needed}; write both, or neither")
    password = _file(settings.data, table, "mqtt_password_file")
    if password is not None:
        read_secret(password, f"{TABLE}.mqtt_password_file")
    return CheckpointSettings(
        folder=_folder(settings.data, table),
        syslog=_syslog(settings.data, table),
        webhook=_webhook(settings.data, table),
        mqtt=_mqtt(settings, table),
        mqtt_username=_told(table, "mqtt_username", str),
        mqtt_password_file=password,
    )


def _refuse_unknown(table: Mapping[str, object]) -> None:
    known = [one.name.removeprefix(f"{TABLE}.") for one in KEYS]
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean '{TABLE}.{near[0]}'?" if near else f"the names are {', '.join(known)}"
            raise SettingsRefused(f"there is no setting '{TABLE}.{name}'; {hint}")


def _told(table: Mapping[str, object], name: str, kind: type[_T]) -> _T | None:
    value = table.get(name)
    if value is None:
        return None
    if not isinstance(value, kind):
        wanted = "a text" if kind is str else "true or false"
        raise SettingsRefused(f"{TABLE}.{name} must be {wanted}, not {value!r}")
    if value == "":
        raise SettingsRefused(f"{TABLE}.{name} is empty; leave it out instead")
    return value


def _file(data: Path, table: Mapping[str, object], name: str) -> Path | None:
    given = _told(table, name, str)
    return None if given is None else data / given


def _folder(data: Path, table: Mapping[str, object]) -> Path | None:
    folder = _file(data, table, "folder")
    if folder is None:
        return None
    # One that is not there yet may be mounted later.
    if folder.resolve().is_relative_to(data.resolve()) or data.resolve().is_relative_to(folder.resolve()):
        raise SettingsRefused(
            f"{TABLE}.folder is {folder}, where the log itself is: who changes one could change the other; "
            "write a folder on another machine that is mounted here, such as /mnt/checkpoints"
        )
    return folder


def _syslog(data: Path, table: Mapping[str, object]) -> tuple[Transport, Address] | None:
    given = _told(table, "syslog", str)
    ca = _authorities(data, table, "syslog_ca_file")
    if given is None:
        return None
    parts = _split(given, "syslog", _SYSLOG)
    kinds = [one for one in Transport if one.value == parts.scheme]
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if not kinds or more or not parts.hostname:
        raise SettingsRefused(f"{TABLE}.syslog is '{given}'; write one such as {_SYSLOG}")
    kind = kinds[0]
    if ca is not None and kind is not Transport.TLS:
        raise SettingsRefused(
            f"{TABLE}.syslog_ca_file is of use by TLS only; write {_SYSLOG}, or leave it out"
        )
    port = parts.port or _PORTS[kind]
    return kind, Address(host=parts.hostname, port=port, tls=kind is Transport.TLS, ca=ca)


def _webhook(data: Path, table: Mapping[str, object]) -> Hook | None:
    given = _told(table, "webhook", str)
    ca = _authorities(data, table, "webhook_ca_file")
    file = _file(data, table, "webhook_token_file")
    if given is None:
        return None
    parts = _split(given, "webhook", _WEBHOOK)
    if "@" in parts.netloc:
        raise SettingsRefused(f"{TABLE}.webhook holds a name or password; write the token's file beside it")
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.fragment or not given.isascii():
        raise SettingsRefused(f"{TABLE}.webhook is no address of a server; write one such as {_WEBHOOK}")
    tls = parts.scheme == "https"
    if not tls and not is_loopback(parts.hostname):
        raise SettingsRefused(
            f"{TABLE}.webhook is plain http beyond this machine; write one such as {_WEBHOOK}"
        )
    if file is not None:
        _token(file)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    address = Address(host=parts.hostname, port=parts.port or (443 if tls else 80), tls=tls, ca=ca)
    return Hook(address=address, path=path, token=None if file is None else lambda: read_private(file))


def _token(file: Path) -> None:
    try:
        token = read_private(file)
    except StartRefused as error:
        raise SettingsRefused(f"{TABLE}.webhook_token_file: {error}") from error
    if not all("!" <= one <= "~" for one in token):
        raise SettingsRefused(f"{TABLE}.webhook_token_file: {file} must hold one word, in ASCII, and no more")


def _split(given: str, name: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(given)
        _ = parts.port
    except ValueError as error:
        raise SettingsRefused(f"{TABLE}.{name} is no address; write one such as {example}") from error
    if any(one <= " " for one in given):
        raise SettingsRefused(f"{TABLE}.{name} holds a space; write one such as {example}")
    return parts


def _authorities(data: Path, table: Mapping[str, object], name: str) -> Path | None:
    file = _file(data, table, name)
    if file is not None and not file.is_file():
        raise SettingsRefused(f"{TABLE}.{name}: there is no file {file}; write one in PEM")
    return file


def _mqtt(settings: Settings, table: Mapping[str, object]) -> bool:
    wanted = _told(table, "mqtt", bool)
    named = _told(table, "mqtt_username", str) is not None
    if settings.embedded_broker:
        if named:
            raise SettingsRefused(
                f"{TABLE}.mqtt_username is of use at your own broker only (mqtt.host); leave it out"
            )
        return wanted is not False
    if wanted and not named:
        raise SettingsRefused(
            f"{TABLE}.mqtt is given without {TABLE}.mqtt_username and {TABLE}.mqtt_password_file: write the "
            "account of your broker that may write gatehouse/audit/checkpoint and nothing else"
        )
    return bool(wanted)
