"""The other end of an unlock, in a process of its own: hears each command bare, and answers it at once.

`python -m bench.answering HOST PORT USERNAME` reads the password from its standard input and listens until
that ends. Then it writes {"acts": {act: [heard, answered, echoed]}, "raw": [taken]} to its standard output
(ns UTC, and ns): what is not signed and says `raw` and a time is a bare client's.
"""

import base64
import json
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bench.stand.processes import ROOT, python
from bench.stand.wire import Account, Wire

RAW: Final = b"raw "
_COMMANDS: Final = "gatehouse/v1/+/+/cmd/unlock"
_REPLIES: Final = "gatehouse/v1/+/+/reply/+"
_ENDS_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Times:
    """When a command was heard, when its answer was handed to the socket, and when that was heard; ns UTC."""

    heard: int
    answered: int
    echoed: int


class Answering:
    """The devices of the stand, as one bare subscriber; a process of its own until `end`."""

    def __init__(self, account: Account) -> None:
        """Start it and wait until it listens."""
        self._popen = subprocess.Popen(
            [*python("-m", "bench.answering"), account.host, str(account.port), account.username],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(f"{account.password}\n")
        self._popen.stdin.flush()
        assert self._popen.stdout.readline() == "listens\n"

    def end(self) -> tuple[Mapping[str, Times], list[int]]:
        """Give the times of each act, and how long each raw command was on its way (ns)."""
        out, _ = self._popen.communicate(timeout=_ENDS_S)
        assert self._popen.returncode == 0
        told = json.loads(out)
        return {act: Times(*times) for act, times in told["acts"].items()}, told["raw"]


class _Ear:
    """What was heard so far."""

    def __init__(self, account: Account) -> None:
        self.acts: dict[str, list[int]] = {}
        self.raw: list[int] = []
        self._wire = Wire(account, "bench-devices")
        self._wire.subscribe(_COMMANDS, _REPLIES)

    def listen(self) -> None:
        """Answer until the input ends."""
        while sys.stdin not in select.select([self._wire.socket, sys.stdin], [], [])[0]:
            for topic, payload, now in self._wire.received(0):
                root, _, last = topic.rpartition("/")
                if root.endswith("/reply"):
                    self.acts[last].append(now)
                elif payload.startswith(RAW):
                    self.raw.append(now - int(payload.removeprefix(RAW)))
                else:
                    self._answer(root.removesuffix("/cmd"), payload, now)

    def _answer(self, root: str, payload: bytes, now: int) -> None:
        body = payload.split(b".")[1]
        act = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))["jti"]
        told = json.dumps({"id": act, "result": "accepted"}).encode()
        self.acts[act] = [now, time.time_ns()]
        self._wire.send(f"{root}/reply/{act}", told)


def main(arguments: list[str]) -> None:
    """Listen, answer and tell."""
    host, port, username = arguments
    ear = _Ear(Account(host, int(port), username, sys.stdin.readline().strip()))
    print("listens", flush=True)
    ear.listen()
    print(json.dumps({"acts": {act: one for act, one in ear.acts.items() if len(one) > 2}, "raw": ear.raw}))


if __name__ == "__main__":
    main(sys.argv[1:])
