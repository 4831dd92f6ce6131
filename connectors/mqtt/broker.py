"""The embedded broker: a mosquitto of our own on this machine, with a generated configuration.

A device is believed because of its topic, and its topic because of these ACLs. What mosquitto says it has
(PUBACK) is in its memory only: losing nothing stands on the devices' sequence numbers and back-fill, so the
session file is a convenience for clean restarts and needs no costly rewriting.

A client's id is the name of its account, so that nobody can cut off or take over the session of another by
calling itself by its name (docs/decisions/0013). The demo's account alone may have many clients: it has a
listener of its own, where no other account is let in.
"""

import base64
import hashlib
import os
import pwd
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from connectors.mqtt.files import private_folder, write_private
from connectors.mqtt.principals import DEMO, Principal, access_list, keep_passwords
from core.errors import BrokerMissing
from core.model import Estate

ADDRESS: Final = "127.0.0.1"
# Who sends more is cut off. Pictures of bridges are smaller: a cut would lose the bridge's next words.
MAX_PACKET_BYTES: Final = 1024 * 1024
# What is larger goes to nobody, without a word: no more than ingest takes, with its topic.
MAX_MESSAGE_BYTES: Final = 127 * 1024
MAX_INFLIGHT: Final = 2_000  # ingest's receive maximum: a batch must fit
MAX_QUEUED_MESSAGES: Final = 1_000_000_000
MAX_QUEUED_BYTES: Final = 128 * 1024 * 1024
AUTOSAVE_S: Final = 30
LOG_BYTES: Final = 4 * 1024 * 1024
_PLACES: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/local/opt/mosquitto/sbin")
# Passwords are 32 random bytes, so mosquitto's own small count is enough and a reload stays quick.
_ROUNDS: Final = 101
_SALT_BYTES: Final = 12


def find_mosquitto() -> Path:
    """Find the program, which Debian keeps off a user's PATH; raises BrokerMissing."""
    search = os.pathsep.join((os.environ.get("PATH", ""), *_PLACES))
    found = shutil.which("mosquitto", path=search)
    if found is None:
        raise BrokerMissing(
            "no broker is configured and mosquitto is not installed: run `apt-get install mosquitto`, "
            "or set mqtt.host (GATEHOUSE_MQTT_HOST) to a broker you have"
        )
    return Path(found)


class EmbeddedBroker:
    """The files of one mosquitto and how to start it; starting and watching is the supervisor's."""

    def __init__(self, folder: Path, port: int, *, demo_port: int | None = None) -> None:
        """Take the ports; with one for the demo there is an account that speaks for every device."""
        self.folder = folder
        self.port = port
        self.demo_port = demo_port

    def write(self, estate: Estate) -> bool:
        """Write configuration and accounts, all 0600; returns whether a running broker must reload (SIGHUP).

        Passwords of accounts that stay are kept; accounts of devices no longer named are gone.
        """
        private_folder(self.folder)
        trimmed = self._trim_log()
        access = access_list(estate, demo=self.demo_port is not None)
        accounts = keep_passwords(self.folder, access)
        write_private(self._path("mosquitto.conf"), self._configuration())
        written = [
            write_private(self._path("acl"), _acl(access)),
            self._write_passwords("", accounts.values()),
        ]
        if DEMO in accounts:
            written.append(self._write_passwords(DEMO, [accounts[DEMO]]))
        return trimmed or any(written)

    def _write_passwords(self, listener: str, accounts: Iterable[Principal]) -> bool:
        lines = "".join(f"{password_line(one)}\n" for one in accounts)
        return write_private(self._passwords(listener), lines)

    def _passwords(self, listener: str) -> Path:
        return self._path(f"passwords-{listener}" if listener else "passwords")

    def command_line(self) -> tuple[str, ...]:
        """Give the program and its arguments; raises BrokerMissing."""
        return (str(find_mosquitto()), "-c", str(self._path("mosquitto.conf")))

    def _path(self, name: str) -> Path:
        return self.folder.resolve() / name

    def _trim_log(self) -> bool:
        """Put a large log aside: the broker opens a new one on SIGHUP and on start."""
        log = self._path("mosquitto.log")
        large = log.exists() and log.stat().st_size > LOG_BYTES
        if large:
            log.replace(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        return large

    def _configuration(self) -> str:
        lines = (
            # As root, mosquitto would change to a user who can't open this folder.
            *_user_line(),
            "per_listener_settings true",
            *self._storing(),
            f"log_dest file {self._path('mosquitto.log')}",
            # None of these types prints a payload.
            *(f"log_type {kind}" for kind in ("error", "warning", "notice")),
            "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
            "connection_messages true",
            *self._listener(self.port, ""),
            "use_username_as_clientid true",
            *(self._listener(self.demo_port, DEMO) if self.demo_port is not None else ()),
        )
        return "".join(f"{line}\n" for line in lines)

    def _storing(self) -> Iterator[str]:
        yield "persistence true"
        yield f"persistence_location {self._path('')}/"
        yield "persistence_file mosquitto.db"
        yield f"autosave_interval {AUTOSAVE_S}"
        yield "autosave_on_changes false"
        yield "persistent_client_expiration 14d"
        # The bytes are the bound. With 0, which is "no limit" too, mosquitto 2.0 cuts off whoever sends a
        # message that it does not take: one too large, or one that the access list forbids.
        yield f"max_queued_messages {MAX_QUEUED_MESSAGES}"
        yield f"max_queued_bytes {MAX_QUEUED_BYTES}"
        yield f"max_inflight_messages {MAX_INFLIGHT}"
        yield f"max_packet_size {MAX_PACKET_BYTES}"
        yield f"message_size_limit {MAX_MESSAGE_BYTES}"
        yield "set_tcp_nodelay true"
        yield "retain_available true"
        yield "sys_interval 5"

    def _listener(self, port: int, name: str) -> Iterator[str]:
        yield f"listener {port} {ADDRESS}"
        yield "allow_anonymous false"
        yield f"password_file {self._passwords(name)}"
        yield f"acl_file {self._path('acl')}"
        yield "auto_id_prefix auto-"


def password_line(principal: Principal) -> str:
    """Write an account as mosquitto's password file wants it ($7$: PBKDF2-HMAC-SHA512).

    The salt follows from the password, so that an unchanged account gives an unchanged line; salts keep
    equal passwords apart, and these are 32 random bytes each.
    """
    secret = principal.password.encode()
    salt = hashlib.sha256(b"gatehouse broker salt\0" + secret).digest()[:_SALT_BYTES]
    digest = hashlib.pbkdf2_hmac("sha512", secret, salt, _ROUNDS)
    return f"{principal.username}:$7${_ROUNDS}${_text(salt)}${_text(digest)}"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _acl(access: Mapping[str, tuple[str, ...]]) -> str:
    users = (
        f"user {name}\n" + "".join(f"topic {line}\n" for line in lines) for name, lines in access.items()
    )
    return "\n".join(users)


def _user_line() -> tuple[str, ...]:
    try:
        return (f"user {pwd.getpwuid(os.geteuid()).pw_name}",)
    except KeyError:
        # A user without a name (some containers) is not root, for whom alone the line counts.
        return ()
