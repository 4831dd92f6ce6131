"""How providers are spoken to: https with the right authority, in time, and never through the environment."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Final

import requests
from requests.exceptions import RequestException, SSLError, Timeout

from auth.providers import Provider
from core.errors import ProviderMisconfigured, ProviderUnreachable

# To connect, and between two bytes of the answer.
TIMEOUT_S: Final = (3.05, 8.0)
_LARGEST_ANSWER: Final = 2 * 1_048_576
_CHUNK: Final = 65_536
_CORRELATIONS: Final = (
    "client-request-id",
    "x-ms-request-id",
    "x-okta-request-id",
    "x-auth0-requestid",
    "x-correlation-id",
    "x-request-id",
)
_LONGEST_CORRELATION: Final = 64


class ProviderSession(requests.Session):
    """A session for one provider's servers; one a use, since none of this is meant for several threads.

    `drift_s` is its clock minus ours by the last answer's Date, to the second, or None; `correlation` is the
    last answer's number in its own log.
    """

    def __init__(self, provider: Provider) -> None:
        """Trust the provider's own authority, or those of the requests package."""
        super().__init__()
        self.adopt(provider)

    def adopt(self, provider: Provider) -> None:
        """Set what holds for every request to this provider."""
        # REQUESTS_CA_BUNDLE would silently go before `verify`, and a .netrc before our credentials.
        self.trust_env = False
        self.verify = str(provider.ca_file) if provider.ca_file else True
        self.drift_s: float | None = None
        self.correlation = ""

    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request; raises ProviderUnreachable or ProviderMisconfigured, follows no redirects."""
        kwargs["timeout"] = TIMEOUT_S
        kwargs["allow_redirects"] = False
        kwargs["stream"] = True
        began = time()
        try:
            response = super().request(method, url, *args, **kwargs)
            _read(response)
        except SSLError as error:
            raise ProviderMisconfigured(
                f"the certificate of {_host(url)} is not trusted: give its authority's PEM file as ca_file, "
                f"or look at who answers there ({_cause(error)})"
            ) from error
        except Timeout as error:
            raise ProviderUnreachable(f"{_host(url)} did not answer in time") from error
        except RequestException as error:
            raise ProviderUnreachable(f"{_host(url)} can't be reached ({_cause(error)})") from error
        self.drift_s = _drift(response.headers, (began + time()) / 2)
        self.correlation = correlation_of(response.headers)
        return response


def correlation_of(headers: Mapping[str, str]) -> str:
    """Give the number that a provider's own log has for an answer; empty where it tells none."""
    found = next((headers[name] for name in _CORRELATIONS if name in headers), "")
    return found[:_LONGEST_CORRELATION] if found.isascii() and found.isprintable() else ""


def _read(response: requests.Response) -> None:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            response.close()
            raise ProviderMisconfigured(f"{_host(response.url)} sends more than any answer of a provider is")
    response._content = bytes(body)  # noqa: SLF001 - what `requests` itself does with a body it has read


def _host(url: str | bytes) -> str:
    text = url.decode() if isinstance(url, bytes) else url
    return text.split("/")[2] if text.count("/") > 1 else text


def _cause(error: BaseException) -> str:
    """Name what went wrong without addresses, which may hold parameters."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason or error).__name__


def _drift(headers: Mapping[str, str], middle: float) -> float | None:
    try:
        # Date is cut to the second, so on average it is half a second behind.
        return parsedate_to_datetime(headers["Date"]).timestamp() + 0.5 - middle
    except (KeyError, ValueError, TypeError):
        return None
