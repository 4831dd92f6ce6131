"""Logging of every process: lines of key=value on standard error, which the supervisor keeps in a file."""

import logging
import sys
from datetime import UTC, datetime
from typing import Final

_QUIET: Final = ("alembic", "paho", "watchdog", "urllib3")
# Its lines hold whole addresses of requests, with what people put into them.
_MUTE: Final = "uvicorn.access"


class KeyValue(logging.Formatter):
    """One line a record, so that no message can pass itself off as another line."""

    def __init__(self, process: str) -> None:
        """Name the process that writes."""
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, process and logger before the message; a traceback follows indented."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = f"at={at} level={record.levelname.lower()} process={self._process} logger={record.name}"
        line = f"{head} {_one_line(record.getMessage())}"
        if record.exc_info:
            trace = self.formatException(record.exc_info).replace("\n", "\n  | ")
            return f"{line}\n  | {trace}"
        return line


def _one_line(message: str) -> str:
    return message.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def set_up(process: str, level: int = logging.INFO) -> None:
    """Send every logger of this process through one handler."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValue(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def adopt() -> None:
    """Take over from loggers that libraries gave handlers of their own when they were loaded."""
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger) and logger.handlers:
            logger.handlers.clear()
            logger.propagate = logger.name != _MUTE
