"""What a family's devices may do at the embedded broker, in the words of an ACL: `<what> <topic filter>`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.model import Device

# The broker's own topics, and those of Gatehouse: no other family may lie there, whatever an estate says.
_RESERVED: Final = frozenset({"gatehouse", "$SYS", "$CONTROL", "$share"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Lines of a device's own account, and the topic filters that our own accounts may use.

    `heard` may ingest read beside what it subscribes to, `ask` may it write to have events sent again;
    `command` is for the command sender alone, beside the topics of the orders to each device.
    """

    own: Callable[[Device], tuple[str, ...]]
    heard: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


def grantable(topic: str) -> bool:
    """Whether a line of an ACL gives this topic and nothing else: no wildcard, nothing that is trimmed."""
    plain = topic == topic.strip() != "" and topic.isprintable() and not {"+", "#"} & set(topic)
    return plain and topic.partition("/")[0] not in _RESERVED


def below_topic(device: Device) -> tuple[str, ...]:
    """Give a device its topic and everything below, commands to itself included."""
    topic = device.topic
    return (f"readwrite {topic}", f"readwrite {topic}/#") if grantable(topic) else ()


BELOW_TOPIC: Final = Rights(own=below_topic)
