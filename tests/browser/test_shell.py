"""The frame of every page on the running demo: sites, search, keys, what needs somebody, colours, tour."""

import re
from collections.abc import Callable
from typing import Final, Literal

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.device import DOOR, Device
from tests.browser.looking import picture, serious_findings, titled
from tests.browser.test_journeys import last_input
from tests.commands.stack import Stack

pytestmark = pytest.mark.browser
Bring = Callable[[str], Visitor]
NewContext = Callable[..., BrowserContext]
SEARCH: Final = "Search doors, devices, people and record numbers"
# The frame does so when the gate knows its session no more; here, as soon as something has been pressed.
NOTICED_AT_ONCE: Final = """import("/_stcore/bidi-components/gatehouse.header/away.js").then((away) => {
  addEventListener("click", () => setTimeout(() => away.leave("/sign-in")));
})"""
SHIFTS: Final = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name=SEARCH)


def framed(page: Page) -> Page:
    """Wait until the frame knows what needs somebody, which is the last that it draws."""
    page.wait_for_selector(".bar .name")
    expect(page.get_by_role("button", name=re.compile("^What needs you: (?!asking)"))).to_be_visible()
    return page


# --- sites ------------------------------------------------------------------------------------------------


def test_a_site_chosen_once_holds_on_every_page_and_in_its_address(visitor: Bring) -> None:
    page = visitor("admin").enter().wall()
    page.get_by_role("button", name="Sites shown: All my sites").click()
    page.get_by_role("button", name="Berlin", exact=True).click()
    expect(page).to_have_url(re.compile(r"/live\?site=berlin$"))
    expect(page.locator(".site-name")).to_have_text(["Berlin"])

    page.get_by_role("link", name="Devices").click()
    expect(page).to_have_url(re.compile(r"/devices\?site=berlin$"))
    page.reload()
    expect(page.get_by_role("button", name="Sites shown: Berlin")).to_be_visible()


def test_several_sites_are_chosen_by_the_keyboard_alone(visitor: Bring) -> None:
    page = framed(visitor("admin").enter().open("/health"))
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Berlin", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Sites shown: Berlin")).to_be_visible()
    page.get_by_role("checkbox", name="Singapore").press("Space")

    expect(page.get_by_role("button", name="Sites shown: 2 of 3 sites")).to_be_visible()
    expect(page).to_have_url(re.compile(r"site=berlin%2Csingapore|site=berlin,singapore"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Sites shown"))).to_be_focused()


def test_who_has_one_site_is_told_its_name_and_asked_nothing(visitor: Bring) -> None:
    page = framed(visitor("agent").enter().open("/health"))

    expect(page.locator(".sites .alone")).to_have_text("Berlin")
    expect(page.get_by_role("button", name=re.compile("^Sites shown"))).to_have_count(0)


# --- search -----------------------------------------------------------------------------------------------


def test_a_door_is_found_and_opened_without_a_mouse(visitor: Bring) -> None:
    page = framed(visitor("admin").enter().open("/health"))
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("labor")
    expect(page.get_by_role("option", name="Laboratory Singapore")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("status").filter(has_text="found")).to_have_count(1)
    assert serious_findings(page) == []
    picture(page, "shell-search")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(rf"/live\?door={DOOR}"))
    expect(page).to_have_title(titled("Live"))


def test_what_is_not_mine_is_not_found_and_said_so(visitor: Bring) -> None:
    page = framed(visitor("agent").enter().open("/health"))
    field(page).fill("laboratory")

    expect(page.get_by_text('Nothing of yours is called "laboratory".').first).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(0)


def test_escape_leaves_the_search_and_gives_the_keys_back(visitor: Bring) -> None:
    page = framed(visitor("admin").enter().open("/health"))
    page.keyboard.press("/")
    page.keyboard.type("g m")
    expect(page.get_by_role("listbox")).to_be_visible()
    expect(page).to_have_title(titled("Health"))
    for _ in range(2):
        page.keyboard.press("Escape")
    expect(field(page)).not_to_be_focused()
    page.keyboard.type("go")

    expect(page).to_have_title(titled("Log"))


# --- keys -------------------------------------------------------------------------------------------------


def test_all_keys_are_shown_and_can_be_switched_off(visitor: Bring) -> None:
    page = framed(visitor("admin").enter().open("/health"))
    page.keyboard.press("?")
    overview = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(overview.locator("dd", has_text="Devices")).to_be_visible()
    assert serious_findings(page) == []
    picture(page, "shell-keys")
    overview.get_by_role("checkbox").uncheck()
    page.keyboard.type("gd")
    page.keyboard.press("Escape")
    expect(overview).to_be_hidden()
    expect(page).to_have_title(titled("Health"))

    page.keyboard.press("?")
    expect(overview).to_be_hidden()
    page.get_by_role("button", name="My settings").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(overview.get_by_role("checkbox")).not_to_be_checked()


# --- what needs somebody ----------------------------------------------------------------------------------


def test_a_forced_door_is_counted_on_the_tab_of_every_page_and_leads_to_its_door(
    visitor: Bring, lock: Device
) -> None:
    page = framed(visitor("admin").enter().open("/health"))
    lock.event("door.forced_open")
    expect(page).to_have_title(re.compile(r"^\(\d+\) Gatehouse · Health$"))
    expect(page.locator("link[rel~=icon]").first).to_have_attribute(
        "href", re.compile("^data:image/svg.*%3Ctext")
    )
    page.keyboard.press("n")
    entry = page.get_by_role("link", name=re.compile("Forced open.*Laboratory"))
    expect(entry).to_be_visible()
    assert serious_findings(page) == []
    picture(page, "shell-attention")
    entry.click()

    expect(page).to_have_url(re.compile(rf"/live\?door={DOOR}"))
    lock.event("door.closed")
    lock.event("door.locked")
    expect(page.get_by_role("link", name=re.compile("Laboratory"))).to_have_count(0)


def test_at_a_wall_of_all_my_sites_the_stream_tells_the_bell(visitor: Bring, lock: Device) -> None:
    page = framed(visitor("admin").enter().wall())
    asked: list[str] = []
    # Told something while it asks, it would ask once more.
    with page.expect_response("**/live/attention") as answer:
        page.keyboard.press("n")
    answer.value.finished()
    page.on("request", lambda request: asked.append(request.url))
    lock.event("door.forced_open")
    expect(page.get_by_role("link", name=re.compile("Forced open.*Laboratory"))).to_be_visible()
    lock.event("door.closed")
    lock.event("door.locked")
    expect(page.get_by_role("link", name=re.compile("Forced open.*Laboratory"))).to_have_count(0)

    # By chance once, because half a minute is over.
    assert len([url for url in asked if url.endswith("/live/attention")]) <= 1


def test_who_watches_no_door_has_no_bell(visitor: Bring) -> None:
    page = visitor("auditor").enter().open("/health")
    page.wait_for_selector(".bar .name")

    expect(page.get_by_role("button", name=re.compile("^What needs you"))).to_have_count(0)


def test_a_bell_that_asks_by_itself_is_no_human(visitor: Bring, demo: Stack) -> None:
    page = framed(visitor("agent").enter().open("/me"))
    before = last_input(demo, "agent")
    for _ in range(2):
        with page.expect_response("**/live/attention") as answer:
            pass
        assert answer.value.ok

    assert last_input(demo, "agent") == before


# --- colours and looks ------------------------------------------------------------------------------------


def test_chosen_colours_follow_a_person_to_the_next_browser(
    visitor: Bring, new_context: NewContext, demo: Stack
) -> None:
    page = framed(visitor("supervisor").enter().open("/health"))
    page.get_by_role("button", name="My settings").click()
    with page.expect_response("**/me/preferences/theme"):
        page.get_by_role("radio", name="Dark").click()
    expect(page.locator(".shell")).to_have_attribute("data-theme", "dark")
    other = Visitor(demo, new_context(), "supervisor").enter().open("/log")
    expect(other.locator(".shell")).to_have_attribute("data-theme", "dark")

    other.get_by_role("button", name="My settings").click()
    # Whoever comes next is not to find it dark.
    with other.expect_response("**/me/preferences/theme"):
        other.get_by_role("radio", name="As the system").click()
    expect(other.locator(".shell")).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(0, 0, 0)")])
@pytest.mark.parametrize("path", ["/health", "/me", "/devices"])
def test_who_asks_the_system_for_more_contrast_gets_it(
    new_context: NewContext, demo: Stack, path: str, scheme: Literal["dark", "light"], ground: str
) -> None:
    context = new_context(scheme)
    page = context.new_page()
    page.emulate_media(contrast="more", color_scheme=scheme)
    Visitor(demo, context, "admin").enter()
    page.goto(f"{demo.origin}{path}")
    framed(page)

    expect(page.locator("[data-testid=stApp]")).to_have_css("background-color", ground)
    assert serious_findings(page) == []
    picture(page, f"shell-contrast{path.replace('/', '-')}-{scheme}")


@pytest.mark.parametrize("path", ["/health", "/me"])
def test_nothing_jumps_while_a_page_comes(demo: Stack, context: BrowserContext, path: str) -> None:
    someone = Visitor(demo, context, "admin").enter()
    context.add_init_script(SHIFTS)
    page = framed(someone.open(path))

    assert page.evaluate("window.shifted") <= 0.05


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400)])
def test_on_a_phone_and_at_200_percent_all_tools_are_in_reach(
    new_context: NewContext, demo: Stack, width: int, height: int
) -> None:
    page = framed(Visitor(demo, new_context("light", width, height), "admin").enter().open("/health"))
    for name in ("Sites shown: All my sites", "My settings"):
        tool = page.get_by_role("button", name=name)
        expect(tool).to_be_in_viewport(ratio=1)
        tool.click()
        expect(page.locator(".panel:visible")).to_be_in_viewport(ratio=1)
        picture(page, f"shell-{width}-{name.split()[0].lower()}")
        page.keyboard.press("Escape")
    for one in (
        page.locator(".bar .name"),
        page.locator(".bar .from"),
        page.get_by_role("button", name="Sign out", exact=True),
    ):
        expect(one).to_be_in_viewport(ratio=1)
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    assert serious_findings(page) == []


def test_on_a_phone_the_pages_unfold_over_the_tools_and_fold_when_one_is_chosen(
    new_context: NewContext, demo: Stack
) -> None:
    page = framed(Visitor(demo, new_context("light", 390, 844), "admin").enter().open("/health"))
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("link", name="Live", exact=True).click()

    expect(page).to_have_title(titled("Live"))
    expect(page.get_by_role("link", name="Live", exact=True)).not_to_be_in_viewport()


# --- out --------------------------------------------------------------------------------------------------


def test_nothing_that_notices_the_sessions_end_overtakes_the_answer_to_signing_out(
    visitor: Bring,
) -> None:
    page = framed(visitor("admin").enter().open("/health"))
    page.evaluate(NOTICED_AT_ONCE)
    # On its way through here the answer takes longer than that.
    page.route("**/sign-out", lambda route: route.continue_())
    page.get_by_role("button", name="Sign out", exact=True).click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()


# --- the first time ---------------------------------------------------------------------------------------


def test_the_tour_comes_with_the_first_sign_in_and_never_again(visitor: Bring) -> None:
    newcomer = visitor("user").enter()
    # Whoever came before, in whatever order tests run, may have had it.
    address = f"{newcomer.origin}/me/preferences/toured"
    headers = {"Origin": newcomer.origin, "Content-Type": "application/json"}
    assert newcomer.context.request.put(address, data="null", headers=headers).ok
    newcomer.context.clear_cookies()
    page = newcomer.context.new_page()
    page.goto(newcomer.origin)
    newcomer.fill_in(page)
    tour = page.get_by_role("region", name="Tour")
    expect(tour).to_contain_text("1 of")
    expect(tour).to_contain_text("Your site")
    expect(tour).not_to_contain_text("Choose")
    assert serious_findings(page) == []
    picture(page, "shell-tour")
    page.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("2 of")
    # Wherever the focus is.
    page.get_by_role("button", name="Sign out", exact=True).focus()
    with page.expect_response("**/me/preferences/toured"):
        page.keyboard.press("Escape")
    expect(tour).to_be_hidden()

    page.goto(newcomer.origin)
    page.wait_for_selector(".bar .name")
    expect(page).to_have_url(re.compile("/me$"))
    expect(tour).to_be_hidden()


def test_the_tour_leaves_the_walls_controls_within_reach(visitor: Bring) -> None:
    page = visitor("admin").enter().wall()
    page.get_by_role("button", name="My settings").click()
    page.get_by_role("button", name=re.compile("tour", re.IGNORECASE)).click()
    expect(page.get_by_role("region", name="Tour")).to_be_visible()

    for name in ("Sound off", "Full screen", "Only abnormal"):
        page.get_by_role("button", name=name, exact=True).click(trial=True)
    page.get_by_role("button", name="Next", exact=True).click()
    picture(page, "shell-tour-wall")
