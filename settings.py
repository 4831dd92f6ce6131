"""All settings, read once from the environment and `gatehouse.toml`; refuses what must not be started with.

Imports nothing of ours. The environment wins over the file; secrets are given only as files.
"""

import ipaddress
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeAlias, cast
from urllib.parse import SplitResult, urlsplit

Value: TypeAlias = str | int | bool | tuple[str, ...] | None
ROLES: Final = ("admin", "supervisor", "agent", "user", "auditor")
MIN_SECRET_BYTES: Final = 32
LONGEST_CONTACT: Final = 200
EXTERNAL_MQTT_PORT: Final = 1883
TLS_MQTT_PORT: Final = 8883
EMBEDDED_MQTT_PORT: Final = 18830
_MAKE_SECRET: Final = "openssl rand -base64 48"  # noqa: S105 - a command, not a secret
_LIMITS: Final = ("idle_minutes", "absolute_hours")
_LOW: Final = "limits.free_megabytes"
_EXAMPLE: Final = "https://doors.example.org"
# What makes no sense, or is not safe, without the other.
_PAIRS: Final = (
    ("mqtt.username", "mqtt.password_file"),
    ("mqtt.command_username", "mqtt.command_password_file"),
    ("mqtt.client_certificate_file", "mqtt.client_key_file"),
)
_NEEDS: Final = (
    *_PAIRS,
    *(pair[::-1] for pair in _PAIRS),
    ("mqtt.client_key_file", "mqtt.ca_file"),
    *((name, "mqtt.host") for name in ("mqtt.username", "mqtt.command_username", "mqtt.ca_file")),
)
_TEACHING_VALUES: Final = ("change", "default", "example", "password", "secret")
# Read elsewhere: who vouches for people, and where what may be done; where seals and copies of the log go.
TABLES: Final[tuple[str, ...]] = ("providers", "networks", "conditions", "checkpoints", "backup")
_KIND_NAMES: Final = {str: "a text", int: "a whole number", bool: "true or false", tuple: "a list of texts"}


class SettingsRefused(Exception):
    """A configuration that Gatehouse refuses to start with; the sentence names the value to use."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the README's table; `name` is dotted as in gatehouse.toml, empty if it has none."""

    name: str
    kind: type
    default: Value
    help: str
    environment: str = ""

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return self.name or self.environment


def _minutes(role: str, idle: int) -> Setting:
    text = f"Minutes without human input after which a session of the role {role} must sign in again"
    return Setting(f"sessions.idle_minutes.{role}", int, idle, text)


def _hours(role: str, absolute: int) -> Setting:
    text = f"Hours after which a session of the role {role} ends in any case"
    return Setting(f"sessions.absolute_hours.{role}", int, absolute, text)


def _mqtt(name: str, kind: type, text: str) -> Setting:
    return Setting(f"mqtt.{name}", kind, None, text, f"GATEHOUSE_MQTT_{name.upper()}")


def _web(name: str, kind: type, default: Value, text: str) -> Setting:
    return Setting(f"web.{name}", kind, default, text, f"GATEHOUSE_{name.upper()}")


_URL: Final = "The address in people's browsers; without it `http://localhost:<web.port>`"
_HELP: Final = "Whom people call when something is wrong, as the page Health shows it"
_RATE: Final = "What a device may send in the long run, and twenty times that at once; the rest is counted"
_FREE: Final = "Free disk space below which an alarm is raised; without it 1 GiB or 5 %, whichever is more"
SETTINGS: Final = (
    Setting("", str, "data", "Data folder", "GATEHOUSE_DATA"),
    Setting("", str, None, "This file; without it `gatehouse.toml` in the data folder", "GATEHOUSE_CONFIG"),
    Setting("", bool, False, "Password alone signs in; `gatehouse.py demo` sets it", "GATEHOUSE_DEMO"),
    Setting("public_url", str, None, _URL, "GATEHOUSE_PUBLIC_URL"),
    Setting("help_contact", str, None, _HELP, "GATEHOUSE_HELP_CONTACT"),
    _web("port", int, 8501, "Port of the console"),
    _web("address", str, "127.0.0.1", "Address the console listens at; any other needs an https public_url"),
    _web("trusted_proxies", tuple, (), "Networks (CIDR) of proxies whose word on a client's address counts"),
    _web("metrics_token_file", str, None, "File with `/metrics`' token; paths start in the data folder"),
    _mqtt("host", str, "Your MQTT broker; without it Gatehouse starts a mosquitto of its own"),
    _mqtt(
        "port", int, f"Its port: {EXTERNAL_MQTT_PORT}, or {TLS_MQTT_PORT} by TLS; own: {EMBEDDED_MQTT_PORT}"
    ),
    _mqtt("username", str, "Name of the principal `ingest` at your broker"),
    _mqtt("password_file", str, "File with that principal's password"),
    _mqtt("command_username", str, "Name of the principal `command` there; without it nothing is unlocked"),
    _mqtt("command_password_file", str, "File with that principal's password"),
    _mqtt("ca_file", str, "PEM file of who vouches for your broker; needed beyond this machine"),
    _mqtt("client_certificate_file", str, "PEM file of ingest's certificate, if your broker asks for one"),
    _mqtt("client_key_file", str, "PEM file of its key: without a passphrase, mode 0600"),
    Setting("limits.messages_a_second", int, 50, _RATE, "GATEHOUSE_MESSAGES_A_SECOND"),
    Setting("limits.free_megabytes", int, None, _FREE, "GATEHOUSE_FREE_MEGABYTES"),
    *(_minutes(role, idle) for role, idle in zip(ROLES, (15, 30, 30, 30, 30), strict=True)),
    *(_hours(role, absolute) for role, absolute in zip(ROLES, (8, 12, 12, 12, 12), strict=True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session of one role lasts, in µs: without human input, and in any case."""

    idle_us: int
    absolute_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What Gatehouse was started with; paths are absolute, secrets stay in their files (`read_secret`).

    `tables` holds what is read elsewhere, as it was written.
    """

    data: Path
    config: Path
    demo: bool
    public_url: str
    help_contact: str
    port: int
    address: str
    trusted_proxies: tuple[str, ...]
    metrics_token_file: Path | None
    mqtt_host: str | None
    mqtt_port: int
    mqtt_username: str | None
    mqtt_password_file: Path | None
    mqtt_command_username: str | None
    mqtt_command_password_file: Path | None
    mqtt_ca_file: Path | None
    mqtt_client_certificate_file: Path | None
    mqtt_client_key_file: Path | None
    device_rate: int
    low_bytes: int | None
    sessions: Mapping[str, SessionLimits]
    tables: Mapping[str, object] = field(default_factory=dict)

    @property
    def public_host(self) -> str:
        """Host and port as a browser sends them in `Host`."""
        return urlsplit(self.public_url).netloc

    @property
    def embedded_broker(self) -> bool:
        """Whether Gatehouse starts a mosquitto of its own."""
        return self.mqtt_host is None


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read, check and freeze every setting; raises SettingsRefused in one sentence."""
    data = Path(environ.get("GATEHOUSE_DATA") or "data").absolute()
    config = Path(environ.get("GATEHOUSE_CONFIG") or data / "gatehouse.toml").absolute()
    values: dict[str, Value] = {setting.label: setting.default for setting in SETTINGS}
    document = _document(config, required=bool(environ.get("GATEHOUSE_CONFIG")))
    tables = {name: document.pop(name) for name in TABLES if name in document}
    values |= _from_file(config, document) | _from_environment(environ)
    return replace(_checked(data, config, values), tables=tables)


def read_secret(file: Path, name: str) -> str:
    """Give a secret without the line's end; raises SettingsRefused for a file or value not fit for one."""
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{name}: {file} can't be read; write it with `{_MAKE_SECRET}`") from error
    _refuse_open(mode, file, name)
    if len(text.encode()) < MIN_SECRET_BYTES or text.lower().startswith(_TEACHING_VALUES):
        raise SettingsRefused(
            f"{name}: the secret in {file} is short or a well-known one; write one of at least "
            f"{MIN_SECRET_BYTES} bytes with `{_MAKE_SECRET}`"
        )
    return text


def _refuse_open(mode: int, file: Path, name: str) -> None:
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsRefused(f"{name}: others can read {file}; say `chmod 600 {file}`")


def _document(config: Path, *, required: bool) -> dict[str, object]:
    if not config.exists() and not required:
        return {}
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{config} can't be read: name a readable file in GATEHOUSE_CONFIG") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{config} is no TOML: {error}") from error


def _from_file(config: Path, document: Mapping[str, object]) -> dict[str, Value]:
    known = {setting.name: setting for setting in SETTINGS if setting.name}
    return {name: _typed(_known(name, known, config), value) for name, value in _flat(document)}


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _known(name: str, known: Mapping[str, Setting], config: Path) -> Setting:
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"the names are {', '.join(known)}"
    raise SettingsRefused(f"{config}: there is no setting '{name}'; {hint}")


def _typed(setting: Setting, value: object) -> Value:
    if setting.kind is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    # bool is an int to Python, but `port = true` is a mistake.
    if setting.kind is not tuple and type(value) is setting.kind:
        return cast("Value", value)
    raise SettingsRefused(f"{setting.label} must be {_KIND_NAMES[setting.kind]}, not {value!r}")


def _from_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    given = (setting for setting in SETTINGS if environ.get(setting.environment))
    return {setting.label: _parsed(setting, environ[setting.environment]) for setting in given}


def _parsed(setting: Setting, text: str) -> Value:
    try:
        return _PARSERS[setting.kind](text)
    except (ValueError, KeyError) as error:
        wanted = _KIND_NAMES[setting.kind]
        raise SettingsRefused(f"{setting.environment} must be {wanted}, not '{text}'") from error


_PARSERS: Final[Mapping[type, Callable[[str], Value]]] = {
    str: str,
    int: int,
    bool: {"1": True, "true": True, "0": False, "false": False}.__getitem__,
    tuple: lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
}


def _checked(data: Path, config: Path, values: Mapping[str, Value]) -> Settings:
    port = _port("web.port", values["web.port"])
    host = _broker(values)
    usual = TLS_MQTT_PORT if values["mqtt.ca_file"] else EXTERNAL_MQTT_PORT
    mqtt_port = values["mqtt.port"] or (usual if host else EMBEDDED_MQTT_PORT)
    address = _address(cast("str", values["web.address"]))
    return Settings(
        data=data,
        config=config,
        demo=bool(values["GATEHOUSE_DEMO"]),
        public_url=_public_url(cast("str | None", values["public_url"]), port, address),
        help_contact=_contact(cast("str | None", values["help_contact"]) or ""),
        port=port,
        address=address,
        trusted_proxies=_networks(cast("tuple[str, ...]", values["web.trusted_proxies"])),
        metrics_token_file=_secret_file("web.metrics_token_file", data, values),
        mqtt_host=host,
        mqtt_port=_port("mqtt.port", mqtt_port),
        mqtt_username=cast("str | None", values["mqtt.username"]),
        mqtt_password_file=_secret_file("mqtt.password_file", data, values),
        mqtt_command_username=cast("str | None", values["mqtt.command_username"]),
        mqtt_command_password_file=_secret_file("mqtt.command_password_file", data, values),
        mqtt_ca_file=_pem_file("mqtt.ca_file", data, values),
        mqtt_client_certificate_file=_pem_file("mqtt.client_certificate_file", data, values),
        mqtt_client_key_file=_pem_file("mqtt.client_key_file", data, values, secret=True),
        device_rate=_positive("limits.messages_a_second", values),
        low_bytes=_positive(_LOW, values) * 1_000_000 if values[_LOW] is not None else None,
        sessions={role: _limits(role, values) for role in ROLES},
    )


def _port(name: str, value: Value) -> int:
    port = cast("int", value)
    if not 1 <= port <= 65535:  # noqa: PLR2004 - the range of TCP ports
        raise SettingsRefused(f"{name} is {port}; write a port from 1 to 65535")
    return port


def _broker(values: Mapping[str, Value]) -> str | None:
    """Give the broker's host; refuses halves of what belongs together, and the network in the clear."""
    for name, needed in _NEEDS:
        if values[name] is not None and values[needed] is None:
            raise SettingsRefused(f"{name} is given without {needed}; write both, or leave {name} out")
    host = cast("str | None", values["mqtt.host"])
    local = host is None or (_is_local(host) and not host.endswith(".localhost"))
    if not local and values["mqtt.ca_file"] is None:
        raise SettingsRefused(
            f"mqtt.host is '{host}', which is not this machine, and mqtt.ca_file is missing; write ca_file = "
            '"/etc/ssl/certs/ca-certificates.crt", or the file of your own authority, and the port for TLS '
            f"(usually {TLS_MQTT_PORT}): in the clear, anybody on the way could speak for the doors"
        )
    return host


def _address(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError as error:
        raise SettingsRefused(f"web.address is '{address}'; write an IP address such as 127.0.0.1") from error


def _public_url(given: str | None, port: int, address: str) -> str:
    url = given or f"http://localhost:{port}"
    parts = _url_parts(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or _has_more(parts):
        raise SettingsRefused(f"public_url is '{url}'; write scheme and host only, such as {_EXAMPLE}")
    plain = parts.scheme == "http"
    if plain and not (_is_local(parts.hostname) and _is_local(address)):
        raise SettingsRefused(
            f"public_url is plain http ('{url}') and open to the network; write an https public_url and put "
            "a TLS proxy in front (deploy/Caddyfile), or keep to localhost and web.address 127.0.0.1"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _contact(text: str) -> str:
    if len(text) > LONGEST_CONTACT or not text.isprintable():
        raise SettingsRefused(
            f"help_contact is not one line of at most {LONGEST_CONTACT} characters; write one such as "
            "'IT service desk, extension 4400'"
        )
    return text.strip()


def _url_parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsRefused(f"public_url is '{url}'; write one such as {_EXAMPLE}") from error
    return parts


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            message = f"web.trusted_proxies holds '{text}'; write networks such as 10.0.0.0/24 or 10.0.0.7/32"
            raise SettingsRefused(message) from error
    return given


def _secret_file(name: str, data: Path, values: Mapping[str, Value]) -> Path | None:
    if (given := cast("str | None", values[name])) is None:
        return None
    read_secret(data / given, name)
    return data / given


def _pem_file(name: str, data: Path, values: Mapping[str, Value], *, secret: bool = False) -> Path | None:
    file = None if values[name] is None else data / cast("str", values[name])
    if file is not None and not file.is_file():
        raise SettingsRefused(f"{name}: there is no file {file}; write one in PEM")
    if file is not None and secret:
        _refuse_open(file.stat().st_mode, file, name)
    return file


def _limits(role: str, values: Mapping[str, Value]) -> SessionLimits:
    minutes, hours = (_positive(f"sessions.{name}.{role}", values) for name in _LIMITS)
    return SessionLimits(idle_us=minutes * 60 * 1_000_000, absolute_us=hours * 3_600 * 1_000_000)


def _positive(name: str, values: Mapping[str, Value]) -> int:
    value = cast("int", values[name])
    if value < 1:
        raise SettingsRefused(f"{name} is {value}; write a whole number from 1")
    return value
