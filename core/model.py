"""The estate: sites, the devices on them and the doors these devices serve."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

ID_PATTERN: Final = re.compile(r"[a-z0-9_-]{1,64}")
DEFAULT_HEARTBEAT_S: Final = 30
MISSED_AFTER_S: Final = 60
# What a site offers that has no reasons of its own.
USUAL_REASONS: Final = ("Visitor", "Delivery", "Contractor", "Badge forgotten", "Door to be checked")
STALE_AFTER_HEARTBEATS: Final = 3
# How often acts at a door are proved: each one, or an identity provider's proof serves for five minutes.
EACH: Final = "each"
FIVE_MINUTES: Final = "five-minutes"
PROOFS: Final = (EACH, FIVE_MINUTES)
MOST_PERSONS: Final = 2
NEVER_US: Final = 2**53 - 1


def stale_at(heard: int, heartbeat_s: int) -> int:
    """Give when a device last heard then stops counting as heard (µs UTC).

    Without a heartbeat (0) its will at the broker alone tells that it is gone.
    """
    if heartbeat_s == 0:
        return NEVER_US
    return heard + STALE_AFTER_HEARTBEATS * heartbeat_s * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with a time zone of its own (IANA name).

    `reasons` are offered to whoever opens a door; `duress_reason` opens it and warns in silence. A call that
    nobody took for `missed_after_s` is missed; with 0 only its device says so.
    """

    id: str
    name: str
    time_zone: str
    reasons: tuple[str, ...] = ()
    duress_reason: str = ""
    missed_after_s: int = MISSED_AFTER_S
    # For acts that let people in here: how often they are proved (core.acts), and by how many people.
    proof: str = EACH
    persons: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An intercom, controller, reader, lock or camera; `family` names the words it speaks."""

    id: str
    site: str
    family: str
    name: str = ""
    heartbeat_s: int = DEFAULT_HEARTBEAT_S
    # For families whose topics are set on the device: the topic, or its beginning, under which it speaks;
    # what it calls itself in payloads; and the zone of a clock that writes local times (else the site's).
    topic: str = ""
    serial: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An access point; `number` is the device's own name for it."""

    id: str
    site: str
    device: str
    number: str
    name: str
    sensor: bool = True
    # The name of the camera that watches it, as the camera's own family calls it.
    camera: str = ""
    # The storey or part of the building by which a screen may group it.
    level: str = ""
    # By how many people an act that lets somebody in is to be proved; the site's own number may be higher.
    persons: int = 1


@dataclass(frozen=True, slots=True)
class Estate:
    """All that is in service, with the lookups that ingest and pages need."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)
    doors: Mapping[str, Door] = field(default_factory=dict)
    by_number: Mapping[tuple[str, str], Door] = field(default_factory=dict)
    by_topic: Mapping[tuple[str, str], tuple[Device, ...]] = field(default_factory=dict)
    by_device: Mapping[str, tuple[Door, ...]] = field(default_factory=dict)
    # How many levels the deepest topic of each family's devices has.
    depths: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def of(sites: Iterable[Site], devices: Iterable[Device], doors: Iterable[Door]) -> "Estate":
        """Build the lookups once; ids are unique by the store's own keys."""
        by_id = {device.id: device for device in devices}
        listed = {door.id: door for door in doors}
        by_topic: dict[tuple[str, str], tuple[Device, ...]] = {}
        depths: dict[str, int] = {}
        for device in by_id.values():
            key = (device.family, device.topic)
            by_topic[key] = (*by_topic.get(key, ()), device)
            if device.topic:
                depths[device.family] = max(depths.get(device.family, 0), device.topic.count("/") + 1)
        by_device: dict[str, tuple[Door, ...]] = {}
        for door in listed.values():
            by_device[door.device] = (*by_device.get(door.device, ()), door)
        return Estate(
            {site.id: site for site in sites},
            by_id,
            listed,
            {(door.device, door.number): door for door in listed.values()},
            by_topic,
            by_device,
            depths,
        )

    def under(self, family: str, topic: str) -> tuple[tuple[Device, ...], str]:
        """Find the devices of a family that speak at or under the longest fitting topic, and what follows it.

        Several devices may share one topic, as behind a gateway. However many levels a stranger's topic has,
        no more are tried than the estate's own have.
        """
        depth = self.depths.get(family, 0)
        levels = topic.split("/", depth)
        for place in range(min(depth, len(levels)), 0, -1):
            head = "/".join(levels[:place])
            found = self.by_topic.get((family, head)) if head else None
            if found:
                return found, topic[len(head) + 1 :]
        return (), topic

    def doors_of(self, device: str) -> tuple[Door, ...]:
        """Give every door that this device serves."""
        return self.by_device.get(device, ())
