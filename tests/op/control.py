"""What a test changes about an issuer while it runs, and what it asks it."""

import ssl
from collections.abc import Iterable
from typing import Any, Final, Literal

import httpx

from tests.op.kinds import (
    Account,
    Client,
    Counts,
    Endpoint,
    Revocation,
    Session,
    Signature,
    TokenRequest,
    Told,
)

Down = Literal["close", 429, 500, 503]
_EVERYWHERE: Final[tuple[Endpoint, ...]] = ()


class Control:
    """Talks to an issuer behind its back."""

    def __init__(self, origin: str, context: ssl.SSLContext) -> None:
        self._client = httpx.Client(
            base_url=f"{origin}/_control/", verify=context, trust_env=False, timeout=20
        )

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def accounts(self, *accounts: Account) -> None:
        """Let these people have accounts and nobody else."""
        self._ask("accounts", accounts=[one.as_json() for one in accounts])

    def clients(self, *clients: Client) -> None:
        """Let these clients be registered and no other."""
        self._ask("clients", clients=[one.as_json() for one in clients])

    def rotate(self, *, keep: bool = False) -> str:
        """Sign with a new key from now on, and publish the old one only if kept; gives the new kid."""
        return str(self._ask("rotate", keep=keep)["kid"])

    def counts(self) -> Counts:
        """Give what was asked of the issuer since it started."""
        found = self._ask("counts")
        return Counts(
            fetches=found["fetches"],
            authorizations=found["authorizations"],
            graph=found["graph"],
            token_requests=[TokenRequest(**one) for one in found["token_requests"]],
            revocations=[Revocation(**one) for one in found["revocations"]],
            logouts=[Told(**one) for one in found["logouts"]],
        )

    def sessions(self) -> list[Session]:
        """Give who is signed in at the provider."""
        return [Session(**one) for one in self._ask("sessions")["sessions"]]

    def end_sessions(self, sub: str | None = None) -> list[Told]:
        """End somebody's sessions, or all, with their tokens; returns when each client was told."""
        return [Told(**one) for one in self._ask("end", sub=sub)["told"]]

    def logout_token(
        self,
        client_id: str,
        *,
        sub: str | None = None,
        sid: str | None = None,
        claims: dict[str, Any] | None = None,
        off: Iterable[str] = (),
        header: dict[str, Any] | None = None,
        signature: Signature = "good",
    ) -> str:
        """Give a logout token that was sent to nobody, right or wrong."""
        wrong = _wrong(claims, off, header, signature)
        who = {"client_id": client_id, "sid": sid} | ({} if sub is None else {"sub": sub})
        return str(self._ask("logout_token", wrong=wrong, **who)["token"])

    def wrong(
        self,
        what: Literal["id", "logout"] = "id",
        *,
        claims: dict[str, Any] | None = None,
        off: Iterable[str] = (),
        header: dict[str, Any] | None = None,
        signature: Signature = "good",
    ) -> None:
        """Set claims, leave some off or sign wrongly in all tokens from now on; bare, end that."""
        self._ask("wrong", token=what, **_wrong(claims, off, header, signature))

    def body(
        self,
        endpoint: Literal["discovery", "jwks", "token", "userinfo"],
        *,
        off: Iterable[str] = (),
        **members: Any,
    ) -> None:
        """Set members of what an endpoint answers, or leave some off; bare, end that."""
        self._ask("body", endpoint=endpoint, set=members, off=list(off))

    def down(self, how: Down | None = 503, *, only: Iterable[Endpoint] = _EVERYWHERE) -> None:
        """Answer with a status or hang up, everywhere or at some endpoints; `None` ends it."""
        self._ask("switches", down=how, only=list(only) or None)

    def slow(self, milliseconds: int) -> None:
        """Let each answer take that much longer."""
        self._ask("switches", slow=milliseconds)

    def clock(self, seconds: float) -> None:
        """Let the issuer's clock be off: iat, exp, auth_time, Date, and what it takes for expired."""
        self._ask("switches", offset=round(seconds * 1000))

    def graph(self, *, page_size: int = 100, fail: int = 0) -> None:
        """Let Graph answer in pages of a size, or fail with a status."""
        self._ask("graph", pageSize=page_size, fail=fail)

    def contexts(self, *protected: str) -> None:
        """Let these contexts of Entra ask for a second factor; others are said without asking."""
        self._ask("contexts", contexts=list(protected))

    def forget(self) -> None:
        """Lose all sessions and tokens, and tell no client."""
        self._ask("forget")

    def well(self) -> None:
        """End all trouble; accounts, clients and keys stay."""
        self._ask("well")

    def _ask(self, verb: str, **body: Any) -> dict[str, Any]:
        answer = self._client.post(verb, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def _wrong(
    claims: dict[str, Any] | None, off: Iterable[str], header: dict[str, Any] | None, signature: Signature
) -> dict[str, Any]:
    return {"claims": claims or {}, "off": list(off), "header": header or {}, "signature": signature}
