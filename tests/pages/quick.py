"""Takes out of Streamlit's test runner what costs most of its time and tries nothing of ours."""

from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

_compiled = cache(ScriptCache().get_bytecode)


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it search no packages for components, compile the main script once, and not collect at each run."""
    monkeypatch.setattr(BidiComponentManager, "discover_and_register_components", _nothing)
    monkeypatch.setattr(script_runner, "gc", SimpleNamespace(collect=_nothing))
    monkeypatch.setattr(ScriptCache, "get_bytecode", lambda _, path: _compiled(path))


def _nothing(*_: Any, **__: Any) -> None:
    """Find no components, which the tests mount, and no garbage, which Python finds when there is enough."""
