"""docs/identity.md says of settings, presets, addresses and reasons what the code says."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from auth.conditions import roles_that_prove
from auth.networks import Networks
from auth.provider_presets import PRESETS
from auth.providers import DeviceRule, ProofRule, Provider, StepUp
from core.permissions import EVERYWHERE, Role
from core.policy_document import parse_policy
from core.records import Kind
from pages.operator_words import OPERATORS
from settings import SETTINGS
from tests.auth.providing import a_provider
from tests.sso.documented import PAGE, blocks, rows, section
from tests.sso.documented_places import BREAKGLASS, SECTIONS, client_of

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
# Without these there is no provider, so none of them has a default.
NEEDED: Final = {"name", "issuer", "client_id", "client_secret_file"}
SAID: Final = {row[0].strip("`"): row[2] for row in rows("Settings of a provider", "setting")}
BY_PRESET: Final = {row[0].strip("`"): row[1] for row in rows("Settings of a provider", "preset")}


def value_of(said: str) -> Any:
    """Read a value as the page writes it; `-` is none."""
    return None if said == "-" else tomllib.loads(f"it = {said.strip('`')}")["it"]


def plain(value: Any) -> Any:
    """Give nothing for what stands for nothing."""
    return None if value in ("", [], ()) else value


# --- settings -----------------------------------------------------------------------------------------


def test_the_table_has_every_setting_of_a_provider_and_no_other() -> None:
    assert {name for name in SAID if "." not in name} == set(Provider.__struct_fields__)


@pytest.mark.parametrize(
    ("name", "rule"), [("mfa", ProofRule), ("step_up", StepUp), ("managed_device", DeviceRule)]
)
def test_the_table_has_every_setting_of_a_rule_and_no_other(name: str, rule: type[msgspec.Struct]) -> None:
    found = [one for one in SAID if one.startswith(f"{name}.")]

    assert found == [f"{name}.{one}" for one in rule.__struct_fields__]


def test_the_table_has_the_defaults(tmp_path: Path) -> None:
    found = msgspec.json.decode(msgspec.json.encode(a_provider(tmp_path), enc_hook=str))
    rules = {f"mfa.{name}": value for name, value in found.pop("mfa").items()}
    # Nothing is asked for and nothing counts, so acts can't be proved there.
    assert found.pop("step_up") == msgspec.json.decode(msgspec.json.encode(StepUp()))
    rules["step_up.attested"] = StepUp().attested
    actual = {name: plain(value) for name, value in {**found, **rules}.items() if name not in NEEDED}

    assert {name: value_of(SAID[name]) for name in actual} == actual
    assert {said for name, said in SAID.items() if name not in actual} == {"-"}


def test_the_page_says_what_each_preset_fills_in() -> None:
    said = {
        name: {} if text == "-" else tomllib.loads("\n".join(re.findall(r"`([^`]+)`", text)))
        for name, text in BY_PRESET.items()
    }

    assert said == {
        name: {key: value for key, value in preset.items() if value != PRESETS["generic"].get(key)}
        for name, preset in PRESETS.items()
    }


def test_each_preset_has_a_section_and_a_line_in_the_table_of_what_works() -> None:
    assert {one.written["preset"] for one in SECTIONS.values()} == set(PRESETS)
    assert {row[1].strip("`") for row in rows("What works where", "|")} == set(PRESETS)
    (named,) = re.findall(r"^\| `preset` \|.*$", PAGE, re.MULTILINE)
    assert all(f"`{name}`" in named for name in PRESETS)


# --- blocks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECTIONS)
def test_grants_of_a_section_are_its_providers_own(name: str) -> None:
    policy = parse_policy(f"{SECTIONS[name].grants}\n{BREAKGLASS}", 1)

    assert {one.provider for one in policy.grants if one.group != "gh-breakglass"} == {name}
    assert any(one.role is Role.ADMIN and EVERYWHERE in one.sites for one in policy.grants)


def test_the_conditions_of_the_page_are_the_usual_ones() -> None:
    (block,) = blocks(section("Conditions"), "toml")
    tables = tomllib.loads(block)

    assert roles_that_prove(tables["conditions"]) == roles_that_prove({})
    assert Networks.of(tables["networks"]).allows("people", "10.20.1.1")
    assert not Networks.of(tables["networks"]).allows("breakglass", "10.20.1.1")


def test_the_page_names_the_addresses_that_are_registered() -> None:
    said = [row[1].strip("`") for row in rows("What to give and what to get", "|")]
    client = client_of("okta", "<public_url>")

    assert said == [
        one.replace("<name>", "okta").replace("okta", "<name>")
        for one in (
            *client.redirect_uris,
            *client.post_logout_redirect_uris,
            client.backchannel_logout_uri or "",
        )
    ]


# --- words --------------------------------------------------------------------------------------------


def test_each_reason_is_explained_once_by_its_own_words() -> None:
    told = [row[0] for row in rows("Sessions", "|")]
    told += [row[0] for row in rows("Passkeys", "what it says")]
    told += [row[0] for row in rows("When somebody is refused", "what it says")]

    assert sorted(told) == sorted(f"{title} (`{reason}`)" for reason, (title, _) in OPERATORS.items())


def test_the_records_that_the_page_names_exist() -> None:
    records = " ".join(row[0] for row in rows("What is recorded", "record"))

    assert set(re.findall(r"`([a-z_.]+)`", records)) <= {kind.value for kind in Kind}


def test_the_limits_of_sessions_are_the_usual_ones() -> None:
    usual = {one.name.removeprefix("sessions."): one.default for one in SETTINGS}
    idle = f"{usual['idle_minutes.admin']} minutes for an Admin, {usual['idle_minutes.agent']} for others"
    longest = (
        f"{usual['absolute_hours.admin']} hours for an Admin, {usual['absolute_hours.agent']} for others"
    )

    assert idle in PAGE
    assert longest in PAGE


def test_links_of_the_page_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-")
        for one in re.findall(r"^##+ (.*)$", PAGE, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)]+)\)", PAGE)

    assert {one[1:] for one in links if one.startswith("#")} <= anchors
    assert all((DOCS / one).is_file() for one in links if not one.startswith(("#", "https:")))
