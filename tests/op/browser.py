"""Signs in at the provider's own page."""

from playwright.sync_api import Page, expect


def sign_in(page: Page, username: str, *, second_factor: bool = False) -> None:
    """Fill the provider's page in and send it."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Second factor").set_checked(second_factor)
    page.get_by_role("button", name="Sign in").click()


def cancel(page: Page) -> None:
    """Leave the provider's page without signing in."""
    page.get_by_role("button", name="Cancel").click()


def asked(page: Page) -> None:
    """See the provider ask who this is, which it does not within a session of its own."""
    expect(page.get_by_label("Username")).to_be_visible()


def second_factor_is_asked(page: Page) -> bool:
    """Whether the provider's page says, before it asks who this is, that a second factor is wanted."""
    asked(page)
    return page.locator("#wanted").is_visible()
