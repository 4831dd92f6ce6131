"""Runs a page as the console does and gives everything that is sent to the browser, as text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

from auth.sessions import Actor
from pages import parts, state
from tests.pages.conftest import SHELL, page_hash
from tests.pages.quick import quicken

# What carries no word of ours: Streamlit's own ids, which are new in each run.
_SAYS_NOTHING: Final = frozenset(
    {"new_session", "script_finished", "session_event", "session_status_changed"}
)


@dataclass(kw_only=True)
class Screen:
    """Draws pages; `sent` is what went to the browser since the last page was begun."""

    monkeypatch: pytest.MonkeyPatch
    sent: list[str] = field(default_factory=list)
    word: str | None = None

    def __post_init__(self) -> None:
        """Listen to all that is queued for a browser, and to the data of components."""
        listens = ForwardMsgQueue.enqueue

        def enqueue(queue: ForwardMsgQueue, message: ForwardMsg) -> None:
            if message.WhichOneof("type") not in _SAYS_NOTHING:
                self.sent.append(str(message))
            listens(queue, message)

        def mount(name: str, *, key: str, data: Mapping[str, object], **changes: Any) -> None:
            self.sent.append(json.dumps([name, key, data], default=str))
            if self.word is not None:
                for heard in changes.values():
                    heard()

        self.monkeypatch.setattr(ForwardMsgQueue, "enqueue", enqueue)
        self.monkeypatch.setattr(parts, "mount", mount)
        self.monkeypatch.setattr(state, "triggered", lambda *_: self.word)
        quicken(self.monkeypatch)

    def draw(self, who: Actor, path: str, query: Mapping[str, str] | None = None) -> str:
        """Open a page with this address, in a browser that is new, and give all it was sent."""
        app = self.open(who, path, query)
        return "\n".join([*self.sent, json.dumps(app.query_params)])

    def say(self, who: Actor, path: str, word: str) -> str:
        """Let every component of a page tell the server this word, and give what is sent for that."""
        self.word = word
        try:
            app = self.open(who, path)
        finally:
            self.word = None
        app.run()
        assert not app.exception, app.exception
        return "\n".join([*self.sent, json.dumps(app.query_params)])

    def again(self, app: AppTest) -> str:
        """Draw a page once more in the same browser, and give what that sends."""
        self.sent.clear()
        app.run()
        assert not app.exception, app.exception
        return "\n".join(self.sent)

    def open(self, who: Actor, path: str, query: Mapping[str, str] | None = None) -> AppTest:
        """Open a page in a new browser; `sent` is what it was sent."""
        self.sent.clear()
        self.monkeypatch.setattr(state, "session_ref", lambda: who.session)
        app = AppTest.from_file(str(SHELL), default_timeout=20)
        app.query_params.update(query or {})
        if path:
            app._page_hash = page_hash(path)
        app.run()
        assert not app.exception, app.exception
        return app
