"""The ASGI application: settings → store → auth → routes → Streamlit. Run by `streamlit run app.py`."""

import os
import sys
from pathlib import Path

import streamlit as st

from commands.brokers import command_line
from connectors.devices import FAMILIES
from core.errors import GatehouseError
from settings import Settings, SettingsRefused, load_settings, read_secret
from web.application import Built, build

# What pages draw with; imported before the first request, not in it.
HEAVY = ("pandas", "pyarrow", "pages.catalogue")


def _tokens(settings: Settings) -> dict[str, str]:
    file = settings.metrics_token_file
    return {} if file is None else {"/metrics": read_secret(file, "web.metrics_token_file")}


def _built() -> Built:
    try:
        settings = load_settings(os.environ)
        can = {name: family.capabilities for name, family in FAMILIES.items()}
        return build(
            settings, tokens=_tokens(settings), families=can, line=command_line(settings), preload=HEAVY
        )
    except (SettingsRefused, GatehouseError) as error:
        sys.exit(f"gatehouse: {error}")


built = _built()
app = st.App(
    Path(__file__).parent / "pages" / "shell.py",
    routes=built.routes,
    middleware=built.middleware,
    lifespan=built.lifespan,
    exception_handlers=built.exception_handlers,
)
