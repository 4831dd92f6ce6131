"""The one place outside the pages that knows Streamlit: its configuration, its sessions, its components."""

import asyncio
import gc
import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

import streamlit
import uvicorn.config
from streamlit import config
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from core.errors import StartRefused
from web.addresses import PublicUrl
from web.sockets import FAREWELL_S

_USER_KEY: Final = "session"
_PACKAGE: Final = "gatehouse"
# Below it lies each component's folder.
COMPONENT_PATHS: Final = f"/_stcore/bidi-components/{_PACKAGE}."
# Each of these opens a door past the gate when it is set otherwise (reference: trust, section 5).
REQUIRED: Final[Mapping[str, object]] = {
    "server.enableAgentApi": False,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.trustedUserHeaders": {"X-Gatehouse-Session": _USER_KEY},
    "server.fileWatcherType": "none",
    "server.baseUrlPath": "",
    "client.showErrorDetails": "none",
    "client.allowedOrigins": [],
    "browser.gatherUsageStats": False,
    "global.developmentMode": False,
}


def static_index() -> Path:
    """Find the page that Streamlit serves for every path."""
    return Path(streamlit.__file__).parent / "static" / "index.html"


def check_configuration() -> None:
    """Refuse to start on a dangerous option; raises StartRefused with the value to use."""
    for option, value in REQUIRED.items():
        found = config.get_option(option)
        if found != value:
            raise StartRefused(
                f"Streamlit's {option} is {found!r} and must be {value!r}: look at .streamlit/config.toml, "
                "at the command line and at STREAMLIT_ variables"
            )


def adopt_public_url(public: PublicUrl) -> None:
    """Make Streamlit's own fence against foreign host names know the name people use."""
    config.set_option("server.allowedHosts", [public.name])


def distrust_forwarded_headers() -> None:
    """Keep uvicorn from believing X-Forwarded-For of whoever connects from this machine.

    It would rewrite the client's address before the gate sees it; only the gate knows whom to trust. It
    reads its settings before our code is loaded, hence the replacement; to be called while that happens.
    """
    uvicorn.config.ProxyHeadersMiddleware = _Untouched  # type: ignore[attr-defined]


class _Untouched(ProxyHeadersMiddleware):
    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await self.app(scope, receive, send)


def is_input(data: bytes) -> bool:
    """Whether a browser's message runs the script for a person, not by a timer.

    Raises for what is no message of Streamlit's; that ends the websocket, as Streamlit would end it.
    """
    message = BackMsg.FromString(data)
    return message.WhichOneof("type") == "rerun_script" and not message.rerun_script.is_auto_rerun


# --- Ending pages -------------------------------------------------------------------------------------


def sessions_of(ref: str) -> list[AppSession]:
    """Give the Streamlit sessions that belong to a session of ours: the gate's header binds them."""
    if not Runtime.exists():
        return []
    active = Runtime.instance()._session_mgr.list_active_sessions()  # noqa: SLF001 - there is no public list
    return [info.session for info in active if info.session.matches_user_info({_USER_KEY: ref})]


def end_pages(ref: str, reason: str, paths: Mapping[str, str]) -> None:
    """Send every page of a session to the sign-in and give up its state; on the event loop only.

    In this order: the redirect must be on its way before the socket closes, and a session that was not
    marked could be resumed.
    """
    for session in sessions_of(ref):
        _redirect(session, reason, paths.get(session.id, ""))
        Runtime.instance().mark_session_nonresumable(session.id)
        asyncio.get_running_loop().call_later(2 * FAREWELL_S, _close, session.id)


def send_to_sign_in(ref: str, reason: str, paths: Mapping[str, str]) -> None:
    """Send the named pages of a session to the sign-in, and leave the others; on the event loop only."""
    for session in sessions_of(ref):
        if session.id in paths:
            _redirect(session, reason, paths[session.id])


def _redirect(session: AppSession, reason: str, path: str) -> None:
    message = ForwardMsg()
    onwards = f"&next={quote(path, safe='/')}" if path else ""
    message.auth_redirect.url = f"/sign-in?reason={reason}{onwards}"
    session._enqueue_forward_msg(message)  # noqa: SLF001 - st.logout does the same from a script's side


def _close(page_id: str) -> None:
    if Runtime.exists():
        Runtime.instance().close_session(page_id)


# --- Start --------------------------------------------------------------------------------------------


def register_components(folder: Path) -> tuple[str, ...]:
    """Register each folder with scripts as the component `gatehouse.<folder>`; raises StartRefused."""
    names = (
        sorted(path.name for path in folder.iterdir() if any(path.glob("*.js"))) if folder.is_dir() else []
    )
    parts = [ComponentConfig(name, name) for name in names]
    registry = Runtime.instance().bidi_component_registry
    registry.register_from_manifest(ComponentManifest(_PACKAGE, "1", parts), folder)
    known = tuple(f"{_PACKAGE}.{name}" for name in names)
    missing = [name for name in known if registry.get(name) is None]
    if missing:
        raise StartRefused(f"Streamlit did not take the component {missing[0]}: look at {folder}")
    return known


def component_address(script: Path) -> str:
    """Give the address at which a script in a component's folder is served."""
    return f"{COMPONENT_PATHS}{script.parent.name}/{script.name}"


def settle(modules: Iterable[str]) -> None:
    """Import what is heavy, then keep the collector off it: Streamlit collects after every run."""
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
