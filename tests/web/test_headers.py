"""The content security policy, and what a client may not send."""

from pathlib import Path

import pytest

from core.errors import GatehouseError
from web.addresses import PublicUrl
from web.headers import cleaned, completed, content_security_policy, inline_script_hashes
from web.streamlit_runtime import static_index

PUBLIC = PublicUrl.of("http://localhost:8501")


def test_the_policy_allows_the_one_inline_script_by_its_hash_and_no_evaluation() -> None:
    hashes = inline_script_hashes(static_index())
    policy = content_security_policy(PUBLIC, hashes)

    assert len(hashes) == 1
    assert f"script-src 'self' {hashes[0]};" in policy
    assert "unsafe-eval" not in policy
    assert "connect-src 'self' ws://localhost:8501;" in policy
    assert "frame-ancestors 'none'" in policy


def test_the_hash_is_of_the_very_bytes(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<script type='module' src='x'></script><script>alert(1)</script>", encoding="utf-8")

    # echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert inline_script_hashes(page) == ("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",)


def test_a_page_without_an_inline_script_is_looked_at_by_a_person(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<script src='x'></script>", encoding="utf-8")

    with pytest.raises(GatehouseError, match="release notes"):
        inline_script_hashes(page)


def test_a_route_keeps_the_headers_it_sets_itself() -> None:
    ours = [(b"content-security-policy", b"wide"), (b"x-content-type-options", b"nosniff")]
    found = completed([(b"Content-Security-Policy", b"narrow")], ours, cache=None)

    assert found == [(b"Content-Security-Policy", b"narrow"), (b"x-content-type-options", b"nosniff")]


@pytest.mark.parametrize(
    "name",
    [
        b"X-Gatehouse-Session",
        b"x_gatehouse_session",
        b"X-Auth-Sub",
        b"X-Forwarded-User",
        b"Forwarded",
        b"Remote-User",
    ],
)
def test_whatever_names_a_person_or_place_is_taken_out(name: bytes) -> None:
    assert cleaned([(name, b"x"), (b"accept", b"*/*")], "gatehouse", keep_forwarded=False) == [
        (b"accept", b"*/*")
    ]


def test_a_trusted_proxy_keeps_its_word_on_places_but_never_on_people() -> None:
    sent = [(b"x-forwarded-for", b"192.0.2.1"), (b"x-gatehouse-session", b"x")]

    assert cleaned(sent, "gatehouse", keep_forwarded=True) == [(b"x-forwarded-for", b"192.0.2.1")]
