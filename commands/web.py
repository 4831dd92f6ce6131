"""`gatehouse.py web`: the console's web process, under a uvicorn that ends in time with sockets open."""

import importlib
import os
import signal
import sys
from argparse import Namespace
from contextlib import nullcontext
from types import FrameType
from typing import Final, NoReturn

import uvicorn

from commands import demo_accounts, logs, parent, ports
from commands.process import ROOT
from commands.programs import environment
from settings import Settings

# Seconds for answers under way; then they are cancelled. Websockets are told at once.
GRACE_S: Final = 1
_PING_S: Final = 20
# How long a thread may keep the interpreter while another waits for it: Python's own 5 ms would be what a
# press waits, again after each look into the store, while the log is followed on another thread.
_SWITCH_S: Final = 0.0005
_MAX_FRAME_BYTES: Final = 1_048_576


def main(_arguments: Namespace, settings: Settings) -> int:
    """Serve until told to stop."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    parent.follow()
    logs.set_up("web")
    ports.need_free(settings.address, settings.port, "GATEHOUSE_PORT (web.port)")
    sys.setswitchinterval(_SWITCH_S)
    os.environ.update(environment(settings))
    # Streamlit looks for .streamlit/config.toml where the process stands.
    os.chdir(ROOT)
    config = _config(settings)
    # Loaded before the server takes the signals over, so that a stop during a slow import is obeyed.
    with demo_accounts.being_stored(settings) if settings.demo else nullcontext():
        config.load()
        _import_heavy()
    logs.adopt()
    uvicorn.Server(config).run()
    return 0


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        "app:app",
        host=settings.address,
        port=settings.port,
        lifespan="on",
        ws="websockets-sansio",
        ws_ping_interval=_PING_S,
        ws_ping_timeout=_PING_S,
        ws_max_size=_MAX_FRAME_BYTES,
        # Per message it costs more time than a local network gains.
        ws_per_message_deflate=False,
        # The gate believes forwarded addresses, from trusted proxies only.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_S,
    )


def _import_heavy() -> None:
    """Import what the start would, here, where the demo's passwords are hashed beside it."""
    for module in sys.modules["app"].HEAVY:
        importlib.import_module(module)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """End with 0: being told to stop is no failure."""
    sys.exit(0)
