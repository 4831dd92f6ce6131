"""Who has accounts in the tests of the provider itself, and what their client asks."""

from typing import Any, Final, get_args

from tests.op.kinds import Account, Client, Shape
from tests.op.provider import Op
from tests.op.visitor import Visitor, Wish

BACK: Final = "https://localhost:9/auth/back"
ADA: Final = Account(sub="ada-1", username="ada", groups=("/gh-admin", "/staff"), roles=("Gatehouse.Admin",))
BEN: Final = Account(sub="ben-2", username="ben")
CLIENT: Final = Client(redirect_uris=(BACK,))
SHAPES: Final[tuple[Shape, ...]] = get_args(Shape)


def visit(op: Op, name: str, client: Client = CLIENT) -> Visitor:
    """Visit an issuer without any session there."""
    return Visitor(op.issuer(name), op.authority.context(), client)


def wish(scope: str = "openid profile email", **more: str) -> Wish:
    """Ask for somebody, with these parameters besides."""
    return Wish(redirect_uri=BACK, scope=scope, more=more)


def claims(op: Op, name: str, asking: Wish | None = None, *, second_factor: bool = False) -> dict[str, Any]:
    """Sign ada in without any session; gives what her ID token says."""
    with visit(op, name) as visitor:
        tokens = visitor.tokens(asking or wish(), "ada", second_factor=second_factor)
        return visitor.checked(tokens["id_token"])
