"""Where checkpoints go: what may be written in `[checkpoints]`, and what is refused with what to write."""

import re
import tomllib
from pathlib import Path

import pytest

from commands.checkpoint_settings import KEYS, TABLE, CheckpointSettings, read_checkpoints
from connectors.checkpoints.syslog import Transport
from settings import Settings, SettingsRefused, load_settings

ROOT = Path(__file__).parent.parent.parent


def load(folder: Path, table: str, before: str = "") -> Settings:
    (folder / "gatehouse.toml").write_text(f"{before}[checkpoints]\n{table}", encoding="utf-8")
    return load_settings({"GATEHOUSE_DATA": str(folder)})


def chosen(folder: Path, table: str, before: str = "") -> CheckpointSettings:
    return read_checkpoints(load(folder, table, before))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    for name, text in (("token", "short-but-theirs"), ("words", "two words"), ("password", "p" * 40)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    (folder / "open").write_text("k" * 40)
    (folder / "open").chmod(0o644)
    return folder


OUTSIDE = '[mqtt]\nhost = "localhost"\n'
ACCOUNT = 'mqtt_username = "sealer"\nmqtt_password_file = "password"\n'


def test_without_the_table_the_own_broker_retains_them_and_they_go_nowhere_else(data: Path) -> None:
    assert read_checkpoints(load_settings({"GATEHOUSE_DATA": str(data)})) == CheckpointSettings(mqtt=True)
    assert chosen(data, "mqtt = false\n") == CheckpointSettings()
    assert chosen(data, "", OUTSIDE) == CheckpointSettings()


def test_every_destination_can_be_set_up(data: Path) -> None:
    folder = data.parent / "elsewhere"
    found = chosen(
        data,
        f'folder = "{folder}"\nsyslog = "tls://[fd00::7]"\nsyslog_ca_file = "ca.pem"\n'
        'webhook = "https://siem.example.org/in?key=1"\nwebhook_token_file = "token"\n'
        'webhook_ca_file = "ca.pem"\nmqtt = true\n' + ACCOUNT,
        OUTSIDE,
    )

    assert found.folder == folder
    assert found.syslog is not None
    transport, address = found.syslog
    assert (transport, address.host, address.port, address.tls) == (Transport.TLS, "fd00::7", 6514, True)
    assert found.webhook is not None
    hook = found.webhook
    assert (hook.address.host, hook.address.port, hook.path) == ("siem.example.org", 443, "/in?key=1")
    assert hook.token is not None
    assert hook.token() == "short-but-theirs"
    assert hook.address.ca == address.ca == data / "ca.pem"
    assert (found.mqtt, found.mqtt_username) == (True, "sealer")


@pytest.mark.parametrize(("given", "port"), [("udp://a", 514), ("tcp://a", 601), ("tcp://a:7", 7)])
def test_a_syslog_server_has_the_usual_port(data: Path, given: str, port: int) -> None:
    found = chosen(data, f'syslog = "{given}"\n').syslog

    assert found is not None
    assert found[1].port == port


def test_a_token_that_was_changed_is_taken_up(data: Path) -> None:
    hook = chosen(data, 'webhook = "http://[::1]:8080"\nwebhook_token_file = "token"\n').webhook
    (data / "token").write_text("another\n")

    assert hook is not None
    assert hook.token is not None
    assert (hook.token(), hook.path, hook.address.tls) == ("another", "/", False)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('foldr = "/x"\n', "'checkpoints.foldr'; did you mean 'checkpoints.folder'?"),
        ("zzzz = 1\n", "the names are folder, syslog"),
        ("folder = 1\n", "checkpoints.folder must be a text"),
        ('folder = ""\n', "checkpoints.folder is empty"),
        ('folder = "checkpoints"\n', "where the log itself is"),
        ('folder = ".."\n', "where the log itself is"),
        ('syslog = "logs.example.org:514"\n', "tls://syslog.example.org:6514"),
        ('syslog = "https://logs.example.org"\n', "tls://syslog.example.org:6514"),
        ('syslog = "tcp://"\n', "tls://syslog.example.org:6514"),
        ('syslog = "tcp://a/b"\n', "tls://syslog.example.org:6514"),
        ('syslog = "tcp://a:99999"\n', "tls://syslog.example.org:6514"),
        ('syslog = "tcp://a b"\n', "holds a space"),
        ('syslog = "tcp://a"\nsyslog_ca_file = "ca.pem"\n', "of use by TLS only"),
        ('syslog = "tls://a"\nsyslog_ca_file = "none.pem"\n', "there is no file"),
        ('syslog_ca_file = "ca.pem"\n', "syslog_ca_file is given without checkpoints.syslog"),
        ('webhook = "http://siem.example.org"\n', "plain http beyond this machine"),
        ('webhook = "ftp://siem.example.org"\n', "https://siem.example.org/checkpoints"),
        ('webhook = "https://"\n', "https://siem.example.org/checkpoints"),
        ('webhook = "https://a/#b"\n', "https://siem.example.org/checkpoints"),
        ('webhook = "https://user:hidden@a"\n', "holds a name or password"),
        ('webhook = "https://a"\nwebhook_token_file = "open"\n', "others can read"),
        ('webhook = "https://a"\nwebhook_token_file = "none"\n', "can't be read"),
        ('webhook = "https://a"\nwebhook_token_file = "words"\n', "must hold one word"),
        ('webhook_token_file = "token"\n', "without checkpoints.webhook"),
        ('mqtt = "yes"\n', "checkpoints.mqtt must be true or false"),
        (ACCOUNT, "without checkpoints.mqtt"),
        (f"mqtt = true\n{ACCOUNT}", "of use at your own broker only"),
        ('mqtt = true\nmqtt_username = "sealer"\n', "without checkpoints.mqtt_password_file"),
    ],
)
def test_what_can_t_be_meant_is_refused_with_what_to_write(data: Path, table: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=re.escape(words)) as refused:
        chosen(data, table)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("mqtt = true\n", "given without checkpoints.mqtt_username"),
        ('mqtt = true\nmqtt_username = "x"\nmqtt_password_file = "open"\n', "others can read"),
        ('mqtt = true\nmqtt_username = "x"\nmqtt_password_file = "token"\n', "is short"),
    ],
)
def test_a_broker_of_ones_own_needs_an_account_for_them(data: Path, table: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words):
        chosen(data, table, OUTSIDE)


def test_the_table_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "gatehouse.toml").write_text("checkpoints = 3\n")
    with pytest.raises(SettingsRefused, match=r"write a table, \[checkpoints\]"):
        read_checkpoints(load_settings({"GATEHOUSE_DATA": str(tmp_path)}))


def test_every_setting_has_its_line_in_the_readme_and_stands_in_the_example() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    example = (ROOT / "deploy" / "gatehouse.toml").read_text(encoding="utf-8")
    shown = tomllib.loads("\n".join(line.removeprefix("#: ") for line in example.splitlines()))

    assert [one.name for one in KEYS if f"| `{one.name}` | - | - | {one.help} |" not in readme] == []
    assert set(shown[TABLE]) == {one.name.removeprefix(f"{TABLE}.") for one in KEYS}
