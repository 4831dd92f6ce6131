"""A web server that is handed each checkpoint: POST of the note as it was signed, by https."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.checkpoints.destination import Sealed
from connectors.checkpoints.reaching import LIMIT_S, Address, is_loopback, reached
from core.errors import StartRefused, Undelivered

_GOOD: Final = range(200, 300)
_ELSEWHERE: Final = range(300, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where to post to; `token` is asked at each delivery, so that a new one is taken up.

    Path and query may hold what only the server's friends know, and stay out of every text.
    """

    address: Address
    path: str
    token: Callable[[], str] | None = None


class Webhook:
    """One server; one thread's own."""

    name = "webhook"

    def __init__(self, hook: Hook, seconds: float = LIMIT_S) -> None:
        """Speak to this server, at most so long a time."""
        self._hook = hook
        self._seconds = seconds
        self.where = f"{'https' if hook.address.tls else 'http'}://{hook.address.text}"

    def leaves(self) -> bool:
        """Whether it is another machine."""
        return not is_loopback(self._hook.address.host)

    def deliver(self, seal: Sealed) -> None:
        """Post a checkpoint, and follow nobody elsewhere; raises Undelivered."""
        address = self._hook.address
        kind = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "Gatehouse"}
        headers = {"Host": address.text} | kind | self._proof()
        with reached(address, self._seconds) as connection:
            client = http.client.HTTPConnection(address.host, address.port)
            client.sock = connection
            # A connection that the other side has closed is not opened again, in the clear.
            client.auto_open = 0
            try:
                client.request("POST", self._hook.path, seal.note, headers)
                status = client.getresponse().status
            except http.client.RemoteDisconnected:
                raise
            except http.client.HTTPException as error:
                raise Undelivered("what it answers is no HTTP") from error
        if status in _ELSEWHERE:
            raise Undelivered(f"it sends us elsewhere ({status}), where we do not follow")
        if status not in _GOOD:
            raise Undelivered(f"it answers {status}")

    def close(self) -> None:
        """Nothing is left open."""

    def _proof(self) -> dict[str, str]:
        if self._hook.token is None:
            return {}
        try:
            token = self._hook.token()
        except StartRefused as error:
            raise Undelivered("the file with its token can't be used") from error
        if not all("!" <= one <= "~" for one in token):
            raise Undelivered("its token is not one word in ASCII")
        return {"Authorization": f"Bearer {token}"}
