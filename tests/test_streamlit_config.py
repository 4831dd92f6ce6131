"""Streamlit ignores a key it does not know with a mere warning; here that is a failure."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config

CONFIG = Path(__file__).parent.parent / ".streamlit" / "config.toml"
# The one value that is a table itself.
HEADERS = "server.trustedUserHeaders"


def options(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Flatten the file into Streamlit's dotted names."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and key != HEADERS:
            yield from options(value, f"{key}.")
        else:
            yield key, value


def written() -> dict[str, object]:
    return dict(options(tomllib.loads(CONFIG.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("key", written())
def test_streamlit_knows_every_key(key: str) -> None:
    known = config.get_config_options(force_reparse=False)

    assert key in known


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("browser.gatherUsageStats", False),
        ("client.allowedOrigins", []),
        ("client.showErrorDetails", "none"),
        ("server.address", "127.0.0.1"),
        ("server.enableAgentApi", False),
        ("server.enableCORS", True),
        ("server.enableStaticServing", False),
        ("server.enableXsrfProtection", True),
        (HEADERS, {"X-Gatehouse-Session": "session"}),
    ],
)
def test_what_trust_stands_on_is_set(key: str, value: object) -> None:
    assert written()[key] == value
