"""A whole Gatehouse in processes of its own, started and watched as a person would."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from commands.health import Line, lines, well
from commands.ports import answers
from store.database import Database
from store.opening import open_database
from store.touch import parts
from tests.ports import free_port
from tests.waiting import until

ROOT: Final = Path(__file__).parent.parent.parent
# A quiet machine needs a tenth of it; the tests of others may run beside ours.
START_S: Final = 90.0


def clean_environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    return kept | {"GATEHOUSE_DATA": str(folder)} | more


def alive(pid: int) -> bool:
    """Tell whether a process is there; a zombie, which its parent has not collected yet, is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Stack:
    """`gatehouse.py run` or `demo` on a folder and ports of its own; the verb may have arguments."""

    def __init__(self, verb: str, folder: Path) -> None:
        self.folder = folder
        self.port, self.mqtt_port = free_port(), free_port()
        self.environment = clean_environment(
            folder, GATEHOUSE_PORT=str(self.port), GATEHOUSE_MQTT_PORT=str(self.mqtt_port)
        )
        self.lines: list[str] = []
        self._db: Database | None = None
        self._process = subprocess.Popen(
            (sys.executable, "gatehouse.py", *verb.split()),
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self.lines.append(line.rstrip())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def said(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def wait_served(self) -> None:
        until(lambda: self.said("is at http") or self._process.poll() is not None, seconds=START_S)
        assert self._process.poll() is None, self.lines

    def wait_answers(self) -> None:
        """Wait until the port accepts connections, which is when the web process has started."""
        until(lambda: answers("127.0.0.1", self.port) or not alive(self.pid), seconds=START_S)
        assert alive(self.pid), self.lines

    def wait_well(self) -> None:
        until(lambda: well(self.parts()), seconds=START_S)

    def health(self) -> dict[str, Any]:
        answer = run("health", "--json", environment=self.environment)
        return cast("dict[str, Any]", json.loads(answer.stdout))

    def parts(self) -> tuple[Line, ...]:
        """Read what `health` would show, without a process for each look."""
        if self._db is None:
            self._db = open_database(self.folder)
        return lines(parts(self._db), time.time_ns() // 1_000)

    def part(self, name: str) -> Line | None:
        return next((part for part in self.parts() if part.name == name), None)

    def pids(self) -> set[int]:
        return {part.pid for part in self.parts() if part.pid}

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait_ended(self, seconds: float) -> int:
        return self._process.wait(seconds)

    def close(self) -> None:
        if self._process.poll() is None:
            self.send(signal.SIGTERM)
            try:
                self.wait_ended(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(5)
        if self._db is not None:
            self._db.close()


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "gatehouse.py", *arguments)
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@contextmanager
def started(verb: str, folder: Path) -> Iterator[Stack]:
    stack = Stack(verb, folder)
    try:
        yield stack
    finally:
        stack.close()


@contextmanager
def running_demo(folder: Path, *still: str) -> Iterator[Stack]:
    """Run the demo as `make run` does, on ports of its own; it is well when this begins.

    Nothing happens by itself to the devices in `still`: doors of which a test must know all that happens.
    """
    with started(" ".join(("demo", *(f"--still={device}" for device in still))), folder / "data") as stack:
        stack.wait_served()
        stack.wait_well()
        yield stack
