"""Somebody with a browser that runs no scripts: follows redirects and presses the button of each page."""

import html
import re
import ssl
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin

import httpx

_FORM: Final = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r'([a-z_-]+)="([^"]*)"')
_INPUT: Final = re.compile(r"<input\b[^>]*>")
_MOST_STEPS: Final = 30


class FormPerson:
    """Keeps the cookies of a console and its providers; `asked` is how often these asked who it is."""

    def __init__(self, context: ssl.SSLContext, username: str, *, second_factor: bool = False) -> None:
        self.username = username
        self.second_factor = second_factor
        self.asked = 0
        self._client = httpx.Client(verify=context, trust_env=False, timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def enter(self, console: str, name: str) -> httpx.Response:
        """Come in by a provider, as far as this leads."""
        return self._onwards(self._client.get(f"{console}/auth/{name}/login"))

    def leave(self, console: str) -> httpx.Response:
        """Sign out, as far as this leads."""
        return self._onwards(self._client.post(f"{console}/sign-out", headers={"origin": console}))

    def get(self, url: str) -> httpx.Response:
        """Look at a page, without following it elsewhere."""
        return self._client.get(url, headers={"accept": "text/html"})

    def _onwards(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(_MOST_STEPS):
            following = self._next(answer)
            if following is None:
                return answer
            answer = following
        raise AssertionError(f"led on and on, lately to {answer.url}")

    def _next(self, answer: httpx.Response) -> httpx.Response | None:
        if answer.is_redirect:
            return self._client.get(urljoin(str(answer.url), answer.headers["location"]))
        form = _FORM.search(answer.text) if answer.status_code == httpx.codes.OK else None
        # Our own pages with a form wait for somebody; one that leads to another origin is a station.
        if form is None or (answer.url.scheme == "http" and 'action="https:' not in form[0]):
            return None
        return self._press(answer, form[0])

    def _press(self, answer: httpx.Response, form: str) -> httpx.Response:
        head = dict(_ATTRIBUTE.findall(form[: form.index(">")]))
        url = urljoin(str(answer.url), html.unescape(head.get("action", str(answer.url))))
        fields = dict(_fields(form))
        if "username" in fields:
            self.asked += 1
            fields |= {"username": self.username, "answer": "yes"}
            if not self.second_factor:
                del fields["second_factor"]
        if head["method"].lower() == "get":
            return self._client.get(url, params=fields)
        return self._client.post(url, data=fields)


def _fields(form: str) -> list[tuple[str, str]]:
    found = (dict(_ATTRIBUTE.findall(one)) for one in _INPUT.findall(form))
    return [(one["name"], html.unescape(one.get("value", ""))) for one in found if "name" in one]
