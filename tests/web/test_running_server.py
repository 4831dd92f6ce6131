"""The promises of the gate against a real web process (reference: trust, section 0: items 1, 4, 8 to 12)."""

import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from auth.sessions import Sessions
from store.database import FILE_NAME
from store.opening import open_database
from tests.auth.people import LIMITS
from tests.ports import free_port
from tests.waiting import until
from tests.web.console_process import (
    ROOT,
    TOKEN,
    Running,
    command,
    drawn,
    environment,
    redirect_of,
    run_page,
    web_process,
)

pytestmark = pytest.mark.slow
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with web_process(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture(scope="module")
def ben(web: Running) -> str:
    return web.sign_in("ben")


def closed(connection: ClientConnection, within: float = 2.0) -> int | None:
    """Read to the end; gives the code of the close, None when it stays open."""
    deadline = time.monotonic() + within
    try:
        while True:
            connection.recv(timeout=max(0.0, deadline - time.monotonic()))
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None
    except TimeoutError:
        return None


def test_a_page_asked_for_first_on_a_fresh_server_leads_to_sign_in(tmp_path: Path) -> None:
    with web_process(tmp_path) as fresh, fresh.client() as client:
        for path in ("/live", "/log", "/doors", "/wall"):
            answer = client.get(path, headers=HTML)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
        assert fresh.refused(None)


def test_a_session_id_in_another_persons_hands_opens_a_fresh_session(web: Running, ben: str) -> None:
    ada = web.sign_in("ada")
    with web.socket(ben) as mine:
        page = run_page(mine)
        with web.socket(ada, resume=page) as theirs:
            assert run_page(theirs) != page
    with web.socket(ada, resume=page) as after_the_end:
        assert run_page(after_the_end) != page


def test_a_session_id_resumes_for_its_own_session_and_not_for_the_persons_other(
    web: Running, ben: str
) -> None:
    with web.socket(ben) as mine:
        page = run_page(mine)
    with web.socket(ben, resume=page) as again:
        assert run_page(again) == page
    with web.socket(web.sign_in("ben"), resume=page) as other_browser:
        assert run_page(other_browser) != page


def test_nobody_without_a_session_opens_a_socket_or_reads_anything(web: Running) -> None:
    for cookie in (None, "", "x" * 43):
        assert web.refused(cookie)
        assert web.refused(cookie, "/live/stream")
    with web.client() as client:
        for path in (
            "/_stcore/health",
            "/_stcore/host-config",
            "/media/0.csv",
            "/live/stream",
            "/component/x/y",
        ):
            assert client.get(path).status_code == 401, path


@pytest.mark.parametrize("path", ["/_stcore/stream", "/live/stream"])
def test_a_socket_opens_only_for_our_own_page(web: Running, ben: str, path: str) -> None:
    foreign = [
        "https://evil.example",
        "null",
        None,
        "http://localhost:1",
        f"http://127.0.0.1:{web.port}",
        f"https://localhost:{web.port}",
    ]

    assert [web.refused(ben, path, origin) for origin in foreign] == [True] * len(foreign)
    assert not web.refused(ben, path)


def test_a_post_counts_only_from_our_own_page(web: Running, ben: str) -> None:
    with web.client() as client:
        for origin in ({}, {"origin": "https://evil.example"}, {"origin": "http://localhost:1"}):
            for path in ("/auth/local", "/sign-out", "/acts"):
                answer = client.post(path, headers=origin | {"cookie": f"gatehouse={ben}"})
                assert (answer.status_code, answer.json()["error"]) == (403, "wrong_origin")
    assert not web.refused(ben)


def test_an_identity_that_a_client_sends_is_nobody(web: Running, ben: str) -> None:
    with web.socket(ben) as mine:
        page = run_page(mine)
    with web.client() as client:
        ref = _sessions(web, "local:ben")[0]
        forged = {"x-gatehouse-session": ref, "x-auth-sub": "local:ada"}
        assert client.get("/live", headers=HTML | forged).status_code == 303
        ada = web.sign_in("ada", **forged)
    with web.socket(ada, resume=page) as theirs:
        assert run_page(theirs) != page


def test_the_agents_interface_and_the_counts_are_not_there(web: Running, ben: str) -> None:
    headers = {"cookie": f"gatehouse={ben}", "origin": web.url}
    with web.client() as client:
        assert client.post("/_stcore/agent/interact", json={}, headers=headers).status_code == 404
        assert client.post("/_stcore/agent/mcp", json={}, headers=headers).status_code == 404
        for path in ("/_stcore/agent/openapi.json", "/_stcore/metrics", "/scim/v2/Users"):
            assert client.get(path, headers=headers).status_code == 404, path
        for path in ("/auth/login", "/auth/logout", "/oauth2callback"):
            assert client.get(path, headers=headers).status_code == 404, path


def test_the_figures_open_to_their_token_and_never_to_a_session(web: Running, ben: str) -> None:
    with web.client() as client:
        with_session = client.get("/metrics", headers={"cookie": f"gatehouse={ben}"})
        with_token = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})

    assert (with_session.status_code, with_token.status_code) == (401, 200)
    assert "gatehouse_log_head " in with_token.text
    assert 'gatehouse_part_state{part="web",state="ok"} 1.0' in with_token.text
    assert "ben" not in with_token.text


def test_a_method_that_a_route_has_not_is_answered_in_our_form(web: Running) -> None:
    with web.client() as client:
        answer = client.post("/healthz")

    assert answer.status_code == 405
    assert set(answer.json()) == {"error", "message", "reference"}


def test_media_needs_a_session_and_is_never_kept(web: Running, ben: str) -> None:
    with web.client() as client:
        assert client.get("/media/0.csv").status_code == 401
        answer = client.get("/media/0.csv", headers={"cookie": f"gatehouse={ben}"})
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_comes_with_the_policy_its_own_script_needs(web: Running, ben: str) -> None:
    with web.client() as client:
        headers = client.get("/live", headers=HTML | {"cookie": f"gatehouse={ben}"}).headers

    assert "'sha256-" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_signing_out_ends_every_page_and_stream_of_the_browser(web: Running) -> None:
    cookie = web.sign_in("ben")
    with web.socket(cookie) as page, web.socket(cookie, "/live/stream") as stream, web.client() as client:
        drawn(page, "live")
        stream.recv(timeout=10)
        start = time.monotonic()
        client.post("/sign-out", headers={"origin": web.url, "cookie": f"gatehouse={cookie}"})

        assert redirect_of(page) == "/sign-in?reason=signed_out&next=/live"
        assert closed(page) == 4401
        assert closed(stream) == 4401
        assert time.monotonic() - start < 2
    assert web.refused(cookie)


def test_ending_a_session_from_another_process_ends_its_sockets_within_two_seconds(web: Running) -> None:
    cookie = web.sign_in("ben")
    with web.socket(cookie) as page:
        run_page(page)
        db = open_database(web.data)
        sessions = Sessions(db, LIMITS)
        newest = sessions.of("local:ben")[0].ref
        sessions.end(newest, "ended_by_admin", time.time_ns() // 1_000)
        db.close()

        assert closed(page) == 4401


def test_noise_on_a_socket_ends_it_and_nothing_else(web: Running, ben: str) -> None:
    with web.socket(ben) as noisy, web.socket(ben) as other:
        run_page(other)
        noisy.send(b"\xff\xff\xff\xff")
        assert closed(noisy, within=20) == 1011
        run_page(other)


def test_a_forwarded_address_from_this_machine_is_not_believed(web: Running) -> None:
    web.sign_in("dan", **{"x-forwarded-for": "203.0.113.9:4711", "x-forwarded-proto": "https"})

    db = open_database(web.data)
    addresses = {row.address for row in Sessions(db, LIMITS).of("local:dan")}
    db.close()
    assert addresses == {"127.0.0.1"}


def test_a_page_under_another_name_leads_to_the_public_url(web: Running) -> None:
    with web.client() as client:
        answer = client.get(f"http://127.0.0.1:{web.port}/live", headers=HTML)

    assert (answer.status_code, answer.headers["location"]) == (307, f"{web.url}/live")


def test_readiness_names_each_part(web: Running) -> None:
    with web.client() as client:
        answer = client.get("/readyz")

    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert (parts["web"]["state"], parts["ingest"]["state"]) == ("ok", "down")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full", "client.showErrorDetails"),
        ("STREAMLIT_SERVER_ENABLE_AGENT_API", "true", "server.enableAgentApi"),
        ("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false", "server.enableXsrfProtection"),
        ("GATEHOUSE_PUBLIC_URL", "http://doors.example.org", "public_url"),
    ],
)
def test_a_dangerous_setting_is_refused_at_start(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    port = free_port()
    started = subprocess.run(
        command(port),
        cwd=ROOT,
        env=environment(tmp_path / "data", port, **{variable: value}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert started.returncode == 1
    assert words in started.stderr
    assert "Traceback" not in started.stderr


def test_the_process_ends_in_time_with_sockets_open(tmp_path: Path) -> None:
    with web_process(tmp_path) as running:
        cookie = running.sign_in("ben")
        with running.socket(cookie) as page, running.socket(cookie, "/live/stream") as stream:
            run_page(page)
            stream.recv(timeout=10)
            running.process.send_signal(signal.SIGINT)
            running.process.wait(5)
    assert "Traceback" not in running.log.read_text()


@contextmanager
def broken_row(web: Running) -> Iterator[None]:
    """Have a row in the store that no reader expects."""
    with closing(sqlite3.connect(web.data / FILE_NAME, isolation_level=None)) as plain:
        plain.execute("INSERT INTO part VALUES ('hunter2', 'a-state-nobody-knows', 1, 1, NULL, x'7b7d')")
        try:
            yield
        finally:
            plain.execute("DELETE FROM part WHERE name = 'hunter2'")


def test_a_page_that_fails_shows_a_reference_and_no_details_and_the_log_tells_the_rest(
    web: Running, ben: str
) -> None:
    with web.socket(ben) as page, broken_row(web):
        shown = drawn(page, "health")

    found = re.search(rb"Reference ([0-9a-f]{8})", shown)
    assert found is not None
    for word in (b"a-state-nobody-knows", b"hunter2", b"ValueError", b"Traceback", b"PartState", b"touch.py"):
        assert word not in shown
    told = f"reference={found[1].decode()}"
    until(lambda: told in web.log.read_text() and "ValueError: 'a-state-nobody-knows'" in web.log.read_text())


def _sessions(web: Running, subject: str) -> list[str]:
    db = open_database(web.data)
    try:
        return [row.ref for row in Sessions(db, LIMITS).of(subject)]
    finally:
        db.close()
