"""The demo's world: three sites, thirty doors of seven families, who works there and who watches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEMO_ESTATE: Final = """\
# The demo's estate. One device may serve several doors; `number` is the device's own name for a door, as
# docs/devices.md says for each family.
sites = [
  { id = "berlin", name = "Berlin", time_zone = "Europe/Berlin", reasons = ["Visitor, expected", "Courier", "Badge forgotten", "Contractor, signed in", "Canteen delivery"], duress_reason = "Courier for Mr Winter" },
  { id = "newyork", name = "New York", time_zone = "America/New_York", reasons = ["Visitor, announced", "Messenger", "Dock delivery", "Badge forgotten", "Building staff"], duress_reason = "Messenger for Mr Winter" },
  { id = "singapore", name = "Singapore", time_zone = "Asia/Singapore", reasons = ["Visitor", "Courier", "Contractor with permit", "Badge forgotten"], duress_reason = "Courier for Mr Winter" },
]

devices = [
  { id = "ber-intercom", site = "berlin", family = "gatehouse", name = "Intercom Spreeufer", heartbeat_s = 10 },
  { id = "ber-gate", site = "berlin", family = "axis", name = "Gate station", topic = "axis/ACCC8E2F10A7", serial = "ACCC8E2F10A7", heartbeat_s = 0 },
  { id = "ber-delivery", site = "berlin", family = "shelly", name = "Delivery relay", topic = "shellypro2-c8f09e47e6f0", serial = "shellypro2-c8f09e47e6f0", heartbeat_s = 0 },
  { id = "ber-floors", site = "berlin", family = "uhppoted", name = "Controller floors", topic = "uhppoted/gateway", serial = "405419896", heartbeat_s = 10 },
  { id = "ber-cellar", site = "berlin", family = "gatehouse", name = "Controller cellar", heartbeat_s = 10 },
  { id = "ber-vault", site = "berlin", family = "gatehouse", name = "Vault reader", heartbeat_s = 10 },
  { id = "nyc-intercom", site = "newyork", family = "gatehouse", name = "Intercom Water Street", heartbeat_s = 10 },
  { id = "nyc-dock", site = "newyork", family = "gatehouse", name = "Dock intercom", heartbeat_s = 10 },
  { id = "nyc-floors", site = "newyork", family = "gatehouse", name = "Controller floors", heartbeat_s = 10 },
  { id = "nyc-zigbee", site = "newyork", family = "zigbee2mqtt", name = "Zigbee bridge", topic = "zigbee2mqtt", heartbeat_s = 0 },
  { id = "nyc-network", site = "newyork", family = "nuki", name = "Network closet lock", topic = "nuki/4A3C1B7D", heartbeat_s = 0 },
  { id = "nyc-roof", site = "newyork", family = "axis", name = "Roof controller", topic = "axis/ACCC8E5B31D2", serial = "ACCC8E5B31D2", heartbeat_s = 0 },
  { id = "sin-intercom", site = "singapore", family = "gatehouse", name = "Intercom Robinson Road", heartbeat_s = 10 },
  { id = "sin-floors", site = "singapore", family = "gatehouse", name = "Controller floors", heartbeat_s = 10 },
  { id = "sin-reader", site = "singapore", family = "esprfid", name = "Reader pantry", topic = "esp-rfid", serial = "pantry-reader", heartbeat_s = 10 },
  { id = "sin-lab", site = "singapore", family = "gatehouse", name = "Laboratory lock", heartbeat_s = 10 },
]

doors = [
  { id = "berlin-main", site = "berlin", device = "ber-intercom", number = "1", name = "Main entrance", level = "Ground floor" },
  { id = "berlin-lobby", site = "berlin", device = "ber-intercom", number = "2", name = "Lobby turnstile", level = "Ground floor" },
  { id = "berlin-gate", site = "berlin", device = "ber-gate", number = "relay:1.port:1.port:2-exit", name = "Yard gate", level = "Yard" },
  { id = "berlin-delivery", site = "berlin", device = "ber-delivery", number = "switch:0.input:0.input:1-bell", name = "Delivery entrance", level = "Yard" },
  { id = "berlin-office-1", site = "berlin", device = "ber-floors", number = "1", name = "Offices, 1st floor", level = "1st floor" },
  { id = "berlin-office-2", site = "berlin", device = "ber-floors", number = "2", name = "Offices, 2nd floor", level = "2nd floor" },
  { id = "berlin-canteen", site = "berlin", device = "ber-floors", number = "3", name = "Canteen", level = "Ground floor" },
  { id = "berlin-post", site = "berlin", device = "ber-floors", number = "4", name = "Post room", level = "Ground floor" },
  { id = "berlin-garage", site = "berlin", device = "ber-cellar", number = "1", name = "Garage", level = "Cellar" },
  { id = "berlin-bikes", site = "berlin", device = "ber-cellar", number = "2", name = "Bicycle cellar", level = "Cellar" },
  { id = "berlin-servers", site = "berlin", device = "ber-cellar", number = "3", name = "Server room", level = "Cellar" },
  { id = "berlin-vault", site = "berlin", device = "ber-vault", number = "1", name = "Vault", level = "Cellar" },
  { id = "newyork-main", site = "newyork", device = "nyc-intercom", number = "1", name = "Street entrance", level = "Street" },
  { id = "newyork-lobby", site = "newyork", device = "nyc-intercom", number = "2", name = "Lobby east", level = "Street" },
  { id = "newyork-dock", site = "newyork", device = "nyc-dock", number = "1", name = "Loading dock", level = "Street" },
  { id = "newyork-freight", site = "newyork", device = "nyc-dock", number = "2", name = "Freight lift", level = "Street" },
  { id = "newyork-reception", site = "newyork", device = "nyc-floors", number = "1", name = "Reception, 12th floor", level = "12th floor" },
  { id = "newyork-trading", site = "newyork", device = "nyc-floors", number = "2", name = "Trading floor", level = "12th floor" },
  { id = "newyork-archive", site = "newyork", device = "nyc-zigbee", number = "archive_lock", name = "Archive", level = "11th floor" },
  { id = "newyork-gym", site = "newyork", device = "nyc-zigbee", number = "gym_lock", name = "Gym", level = "11th floor" },
  { id = "newyork-network", site = "newyork", device = "nyc-network", number = "1", name = "Network closet", level = "11th floor" },
  { id = "newyork-roof", site = "newyork", device = "nyc-roof", number = "886283000.954262000", name = "Roof door", level = "Roof" },
  { id = "singapore-main", site = "singapore", device = "sin-intercom", number = "1", name = "Main entrance", level = "Level 1" },
  { id = "singapore-carpark", site = "singapore", device = "sin-intercom", number = "2", name = "Car park", level = "Basement" },
  { id = "singapore-level-3", site = "singapore", device = "sin-floors", number = "1", name = "Offices, level 3", level = "Level 3" },
  { id = "singapore-level-4", site = "singapore", device = "sin-floors", number = "2", name = "Offices, level 4", level = "Level 4" },
  { id = "singapore-pantry", site = "singapore", device = "sin-reader", number = "1", name = "Pantry", level = "Level 3" },
  { id = "singapore-store", site = "singapore", device = "sin-reader", number = "2", name = "Store room", sensor = false, level = "Basement" },
  { id = "singapore-lab", site = "singapore", device = "sin-lab", number = "1", name = "Laboratory", level = "Level 4" },
  { id = "singapore-cold", site = "singapore", device = "sin-lab", number = "2", name = "Cold room", level = "Level 4" },
]
"""  # noqa: E501 - a table is read by its columns

DEMO_POLICY: Final = """\
# Who may do what in the demo: members of a group have its role at these sites.
[[grants]]
group = "gh-admin"
role = "admin"
sites = ["*"]

[[grants]]
group = "gh-supervisor-west"
role = "supervisor"
sites = ["berlin", "newyork"]

[[grants]]
group = "gh-agent-berlin"
role = "agent"
sites = ["berlin"]

[[grants]]
group = "gh-agent-newyork"
role = "agent"
sites = ["newyork"]

[[grants]]
group = "gh-user-berlin"
role = "user"
sites = ["berlin"]

[[grants]]
group = "gh-auditor"
role = "auditor"
sites = ["*"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """A local account of the demo; `role` and `sites` only say what its groups give it."""

    username: str
    name: str
    role: str
    sites: tuple[str, ...]
    groups: tuple[str, ...]


DEMO_ACCOUNTS: Final = (
    DemoAccount(username="admin", name="Ada Brandt", role="admin", sites=("*",), groups=("gh-admin",)),
    DemoAccount(
        username="supervisor",
        name="Samuel Ortiz",
        role="supervisor",
        sites=("berlin", "newyork"),
        groups=("gh-supervisor-west",),
    ),
    DemoAccount(
        username="agent", name="Greta Vogel", role="agent", sites=("berlin",), groups=("gh-agent-berlin",)
    ),
    DemoAccount(
        username="agent.newyork",
        name="Nora Quinn",
        role="agent",
        sites=("newyork",),
        groups=("gh-agent-newyork",),
    ),
    DemoAccount(
        username="user", name="Ulrich Sommer", role="user", sites=("berlin",), groups=("gh-user-berlin",)
    ),
    DemoAccount(
        username="auditor", name="Aiko Tan", role="auditor", sites=("*",), groups=("gh-auditor",)
    ),
)  # fmt: skip

STAFF: Final[Mapping[str, tuple[str, ...]]] = {
    "berlin": (
        "Anna Lindner", "Ben Hartwig", "Clara Yildiz", "David Kessler", "Elif Demir", "Felix Baumann",
        "Hanna Richter", "Ivo Petrov", "Jana Schulz", "Karim Haddad", "Lena Fuchs", "Milan Novak",
        "Nele Krause", "Oskar Winkler", "Paula Seidel", "Ravi Menon", "Sina Albrecht", "Tom Engel",
        "Ulrich Sommer", "Vera Kaiser",
    ),
    "newyork": (
        "Alicia Moreno", "Brian O'Neill", "Carmen Reyes", "Derek Holt", "Elena Rossi", "Frank Delgado",
        "Grace Kim", "Hector Alvarez", "Imani Brooks", "Jack Sullivan", "Keisha Grant", "Leo Feldman",
        "Maya Patel", "Noah Carter", "Olivia Bennett", "Priya Shah", "Quentin Ross", "Rosa Jimenez",
    ),
    "singapore": (
        "Aisha Rahman", "Benjamin Lim", "Chloe Ng", "Daniel Goh", "Farah Ismail", "Grace Wong",
        "Hafiz Osman", "Irene Teo", "Jun Wei Tan", "Kavitha Nair", "Lionel Koh", "Mei Ling Chua",
        "Nurul Huda", "Ryan Lee", "Siti Aminah", "Wei Jie Ong",
    ),
}  # fmt: skip


def _numbered() -> dict[str, tuple[str, str]]:
    listed = [(site, name) for site, names in STAFF.items() for name in names]
    return {f"u-{number}": entry for number, entry in enumerate(listed, start=1)}


_PEOPLE: Final = _numbered()
PEOPLE: Final[Mapping[str, str]] = {number: name for number, (_, name) in _PEOPLE.items()}


def staff_of(site: str) -> tuple[str, ...]:
    """Give the person numbers of those who work at a site; everybody where the site is not the demo's."""
    here = tuple(number for number, (place, _) in _PEOPLE.items() if place == site)
    return here or tuple(_PEOPLE)
