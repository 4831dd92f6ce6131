"""Settings: what is read from where, and what is refused to start with."""

import re
import tomllib
from functools import reduce
from pathlib import Path
from typing import Any, cast

import pytest

from settings import (
    EMBEDDED_MQTT_PORT,
    EXTERNAL_MQTT_PORT,
    ROLES,
    SETTINGS,
    TLS_MQTT_PORT,
    Settings,
    SettingsRefused,
    load_settings,
    read_secret,
)

ROOT = Path(__file__).parent.parent


def load(folder: Path, config: str = "", **environ: str) -> Settings:
    (folder / "gatehouse.toml").write_text(config, encoding="utf-8")
    return load_settings({"GATEHOUSE_DATA": str(folder), **environ})


def secret_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "secret"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def pem_file(folder: Path, name: str, mode: int = 0o600) -> Path:
    """Write what looks like PEM: whether it is any good is seen when the broker is reached."""
    file = folder / name
    file.write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
    file.chmod(mode)
    return file


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings({"GATEHOUSE_DATA": str(tmp_path)})

    assert settings.public_url == "http://localhost:8501"
    assert settings.embedded_broker
    assert settings.mqtt_port == EMBEDDED_MQTT_PORT
    assert set(settings.sessions) == set(ROLES)
    assert not settings.demo


def test_the_file_is_read_and_the_environment_wins_over_it(tmp_path: Path) -> None:
    settings = load(tmp_path, "[web]\nport = 9000\n[mqtt]\nport = 1999\n", GATEHOUSE_PORT="9001")

    assert (settings.port, settings.mqtt_port) == (9001, 1999)
    assert settings.public_url == "http://localhost:9001"


def test_an_empty_variable_counts_as_none(tmp_path: Path) -> None:
    assert load(tmp_path, GATEHOUSE_PORT="").port == 8501


def test_paths_are_absolute_so_that_children_may_run_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load_settings({"GATEHOUSE_DATA": "d"}).data == tmp_path / "d"


def test_a_broker_of_ones_own_has_the_usual_port(tmp_path: Path) -> None:
    pem_file(tmp_path, "ca.pem")

    assert load(tmp_path, '[mqtt]\nhost = "localhost"\n').mqtt_port == EXTERNAL_MQTT_PORT
    assert load(tmp_path, '[mqtt]\nhost = "b.example"\nca_file = "ca.pem"\n').mqtt_port == TLS_MQTT_PORT
    assert load(tmp_path, '[mqtt]\nhost = "b.example"\nca_file = "ca.pem"\nport = 7\n').mqtt_port == 7


def test_a_config_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="GATEHOUSE_CONFIG"):
        load_settings({"GATEHOUSE_DATA": str(tmp_path), "GATEHOUSE_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[web]\nprot = 1\n", "'web.prot'; did you mean 'web.port'"),
        ("nonsense_xyz = 1\n", "'nonsense_xyz'; the names are public_url"),
        ('[web]\nport = "8501"\n', "web.port must be a whole number"),
        ("[web]\nport = true\n", "web.port must be a whole number"),
        ("[web]\nport = 0\n", "from 1 to 65535"),
        ("[web]\nport = 65536\n", "from 1 to 65535"),
        ("[mqtt]\nport = 70000\n", "mqtt.port is 70000"),
        ('[mqtt]\nhost = "10.0.0.1"\n', 'write ca_file = "/etc/ssl/certs/ca-certificates.crt"'),
        ('[mqtt]\nhost = "broker"\n', "(usually 8883)"),
        ('[mqtt]\nhost = "a.localhost"\n', "not this machine"),
        ('[mqtt]\nhost = "0.0.0.0"\n', "not this machine"),
        ('[mqtt]\nhost = "localhost"\nusername = "x"\n', "mqtt.username is given without mqtt.password_file"),
        ('[mqtt]\nhost = "localhost"\npassword_file = "x"\n', "without mqtt.username"),
        ('[mqtt]\nusername = "x"\npassword_file = "x"\n', "without mqtt.host"),
        ('[mqtt]\nca_file = "x"\n', "without mqtt.host"),
        (
            '[mqtt]\nhost = "b"\nca_file = "x"\nclient_certificate_file = "x"\n',
            "without mqtt.client_key_file",
        ),
        (
            '[mqtt]\nhost = "b"\nca_file = "x"\nclient_key_file = "x"\n',
            "without mqtt.client_certificate_file",
        ),
        (
            '[mqtt]\nhost = "::1"\nclient_certificate_file = "x"\nclient_key_file = "x"\n',
            "mqtt.client_key_file is given without mqtt.ca_file",
        ),
        ('[mqtt]\nhost = "b"\nca_file = "nowhere"\n', "mqtt.ca_file: there is no file"),
        ("[web]\ntrusted_proxies = 3\n", "must be a list of texts"),
        ('[web]\ntrusted_proxies = ["10.0.0.0/99"]\n', "10.0.0.0/24"),
        ('[web]\ntrusted_proxies = ["10.0.0.1/24"]\n', "'10.0.0.1/24'"),
        ('[web]\naddress = "localhost"\n', "such as 127.0.0.1"),
        ('public_url = "doors.example.org"\n', "https://doors.example.org"),
        ('public_url = "https://doors.example.org/console"\n', "scheme and host only"),
        ('public_url = "https://user:pw@doors.example.org"\n', "scheme and host only"),
        ('public_url = "https://doors.example.org:x"\n', "such as https://doors.example.org"),
        ('public_url = "ftp://doors.example.org"\n', "scheme and host only"),
        ('public_url = "http://doors.example.org"\n', "write an https public_url"),
        ('[web]\naddress = "0.0.0.0"\n', "write an https public_url"),
        ("[sessions.idle_minutes]\nadmin = 0\n", "whole number from 1"),
        ("[sessions.idle_minutes]\nadmn = 5\n", "did you mean 'sessions.idle_minutes.admin'"),
        ("[limits]\nmessages_a_second = 0\n", "limits.messages_a_second is 0; write a whole number from 1"),
        ("[limits]\nfree_megabytes = -1\n", "limits.free_megabytes is -1"),
        ("[web\n", "is no TOML"),
    ],
)
def test_a_bad_file_is_refused_with_the_value_to_use(tmp_path: Path, config: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=re.escape(words)):
        load(tmp_path, config)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GATEHOUSE_PORT", "eighty", "GATEHOUSE_PORT must be a whole number"),
        ("GATEHOUSE_DEMO", "perhaps", "GATEHOUSE_DEMO must be true or false"),
        ("GATEHOUSE_PUBLIC_URL", "http://192.168.1.4:8501", "write an https public_url"),
    ],
)
def test_a_bad_variable_is_refused_by_its_name(tmp_path: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=re.escape(words)):
        load(tmp_path, **{name: value})


@pytest.mark.parametrize(
    "url", ["http://localhost", "http://127.0.0.1:9", "http://[::1]:9", "http://a.localhost"]
)
def test_plain_http_is_fine_on_this_machine(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, GATEHOUSE_PUBLIC_URL=url).public_url == url


def test_https_may_listen_anywhere(tmp_path: Path) -> None:
    settings = load(tmp_path, 'public_url = "https://Doors.example.org/"\n[web]\naddress = "0.0.0.0"\n')

    assert settings.public_url == "https://doors.example.org"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = secret_file(tmp_path, "k" * 40, mode)

    with pytest.raises(SettingsRefused, match="chmod 600"):
        load(tmp_path, f'[web]\nmetrics_token_file = "{file}"\n')


@pytest.mark.parametrize("text", ["", "k" * 31, "changeme-changeme-changeme-changeme-changeme"])
def test_a_short_or_well_known_secret_is_refused(tmp_path: Path, text: str) -> None:
    file = secret_file(tmp_path, text)

    with pytest.raises(SettingsRefused, match="openssl rand") as caught:
        load(tmp_path, f'[mqtt]\nhost = "localhost"\nusername = "x"\npassword_file = "{file}"\n')
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_a_broker_on_this_machine_may_be_spoken_to_in_the_clear(tmp_path: Path, host: str) -> None:
    settings = load(tmp_path, f'[mqtt]\nhost = "{host}"\n')

    assert (settings.mqtt_host, settings.mqtt_ca_file, settings.embedded_broker) == (host, None, False)


def test_a_broker_beyond_this_machine_is_spoken_to_by_tls(tmp_path: Path) -> None:
    ca, certificate = pem_file(tmp_path, "ca.pem", 0o644), pem_file(tmp_path, "i.crt", 0o644)
    key = pem_file(tmp_path, "i.key")
    names = f'client_certificate_file = "{certificate}"\nclient_key_file = "i.key"\n'
    settings = load(tmp_path, f'[mqtt]\nhost = "b.example"\nca_file = "ca.pem"\n{names}')

    assert settings.mqtt_ca_file == ca
    assert (settings.mqtt_client_certificate_file, settings.mqtt_client_key_file) == (certificate, key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    pem_file(tmp_path, "ca.pem")
    pem_file(tmp_path, "i.key", mode)
    names = 'client_certificate_file = "ca.pem"\nclient_key_file = "i.key"\n'

    with pytest.raises(SettingsRefused, match=r"mqtt\.client_key_file: others can read .*chmod 600"):
        load(tmp_path, f'[mqtt]\nhost = "b.example"\nca_file = "ca.pem"\n{names}')


def test_a_missing_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="can't be read"):
        load(tmp_path, '[web]\nmetrics_token_file = "nowhere"\n')


def test_a_good_secret_is_read_without_its_line_end_and_kept_out_of_the_settings(tmp_path: Path) -> None:
    file = secret_file(tmp_path, "k" * 32 + "\n")
    settings = load(tmp_path, '[web]\nmetrics_token_file = "secret"\n')

    assert settings.metrics_token_file == file
    assert read_secret(file, "web.metrics_token_file") == "k" * 32
    assert "kkk" not in repr(settings)


def test_limits_of_devices_and_of_the_disk_are_set_in_numbers_people_know(tmp_path: Path) -> None:
    settings = load(tmp_path, "[limits]\nmessages_a_second = 7\n", GATEHOUSE_FREE_MEGABYTES="2000")

    assert (settings.device_rate, settings.low_bytes) == (7, 2_000_000_000)
    assert (load(tmp_path).device_rate, load(tmp_path).low_bytes) == (50, None)


def test_whom_to_call_is_one_line_that_fits_on_a_page(tmp_path: Path) -> None:
    assert load(tmp_path, 'help_contact = " Desk, 4400 "').help_contact == "Desk, 4400"
    assert load(tmp_path).help_contact == ""
    for text in ("x" * 201, "a\nb", "\u202e4400"):
        with pytest.raises(SettingsRefused, match="help_contact"):
            load(tmp_path, GATEHOUSE_HELP_CONTACT=text)


def shown(default: object) -> str:
    if default is None or default == ():
        return "-"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_setting_has_its_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    missing = [
        line
        for one in SETTINGS
        if (
            line := f"| {f'`{one.name}`' if one.name else '-'} "
            f"| {f'`{one.environment}`' if one.environment else '-'} | {shown(one.default)} | {one.help} |"
        )
        not in readme
    ]

    assert missing == []
    assert len({setting.label for setting in SETTINGS}) == len(SETTINGS)


def test_the_example_file_knows_every_setting_with_its_default(tmp_path: Path) -> None:
    example = (ROOT / "deploy" / "gatehouse.toml").read_text(encoding="utf-8")
    shown = "\n".join(line.removeprefix("#: ") for line in example.splitlines())
    for name in ("broker-ca.pem", "ingest.crt", "ingest.key"):
        pem_file(tmp_path, name)
    for name in ("metrics-token", "mqtt-password", "command-password"):
        (tmp_path / name).write_text("k" * 40, encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    document = tomllib.loads(shown)

    assert load(tmp_path, example) == load(tmp_path)
    assert load(tmp_path, shown).sessions == load(tmp_path).sessions
    for setting in filter(lambda setting: setting.name, SETTINGS):
        value = reduce(lambda table, part: table[part], setting.name.split("."), cast("Any", document))
        assert setting.default in {None, ()} or value == setting.default, setting.name
