"""/live: the doors of my sites and what happens there, drawn by a component from the live stream."""

from typing import Final

from auth.sessions import Actor
from pages import parts

STREAM: Final = "/live/stream"


def render(_actor: Actor) -> None:
    """Mount the wall; it draws itself, and runs of this page leave it as it is."""
    parts.mount("wall", key="wall", data={"stream": STREAM, "sign_in": parts.SIGN_IN})
