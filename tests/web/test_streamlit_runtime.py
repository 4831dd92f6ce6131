"""What the gate relies on in Streamlit: its messages and its options."""

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg

from core.errors import StartRefused
from web.addresses import PublicUrl
from web.streamlit_runtime import REQUIRED, adopt_public_url, check_configuration, is_input


@pytest.fixture
def options() -> Iterator[None]:
    """Put every option back that a test sets."""
    before = {name: config.get_option(name) for name in (*REQUIRED, "server.allowedHosts")}
    for name, value in REQUIRED.items():
        config.set_option(name, value)
    yield
    for name, value in before.items():
        config.set_option(name, value)


def rerun(*, auto: bool) -> bytes:
    message = BackMsg()
    message.rerun_script.page_name = "live"
    message.rerun_script.is_auto_rerun = auto
    raw: bytes = message.SerializeToString()
    return raw


def test_a_run_for_a_person_is_told_from_a_timers() -> None:
    assert is_input(rerun(auto=False))
    assert not is_input(rerun(auto=True))


def test_a_heartbeat_or_nothing_is_no_person() -> None:
    heartbeat = BackMsg()
    heartbeat.app_heartbeat = True

    assert not is_input(heartbeat.SerializeToString())
    assert not is_input(b"")


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_each_dangerous_option_is_refused_by_its_name_and_with_the_value(options: None, name: str) -> None:
    check_configuration()
    config.set_option(name, "something else")

    with pytest.raises(StartRefused) as refused:
        check_configuration()
    assert name in str(refused.value)
    assert repr(REQUIRED[name]) in str(refused.value)


def test_streamlits_own_fence_knows_the_name_people_use(options: None) -> None:
    adopt_public_url(PublicUrl.of("https://doors.example.org:8443"))

    assert config.get_option("server.allowedHosts") == ["doors.example.org"]
