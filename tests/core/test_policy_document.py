"""Policies as people write them, and what they are told when they write something else."""

import pytest

from core.errors import PolicyInvalid
from core.permissions import Grant, Role
from core.policy_document import EMPTY, parse_policy


def test_a_document_is_read_grant_by_grant() -> None:
    text = '[[grants]]\ngroup = "g"\nrole = "agent"\nsites = ["berlin", "newyork"]\n'

    assert parse_policy(text, 7).grants == (
        Grant(group="g", role=Role.AGENT, sites=frozenset({"berlin", "newyork"})),
    )


def test_the_example_in_the_empty_document_is_a_policy() -> None:
    lines = EMPTY.splitlines()[2:]

    assert parse_policy("\n".join(line.removeprefix("# ") for line in lines), 1).grants[0].role is Role.ADMIN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("grants = 1", "table of its own"),
        ("[[grant]]\n", "nothing but"),
        ("[[grants]]\ngroup=", "no TOML"),
        ('[[grants]]\ngroup="g"\nrole="boss"\nsites=["*"]', "one of admin, supervisor"),
        ('[[grants]]\ngroup="g"\nrole=3\nsites=["*"]', "there is no role 3"),
        ('[[grants]]\ngroup="g"\nrole=["admin"]\nsites=["*"]', "there is no role"),
        ('[[grants]]\ngroup="g"\nrole="user"\nsites="*"', "list of ids"),
        ('[[grants]]\ngroup="g"\nrole="user"\nsites=[]', "list of ids"),
        ('[[grants]]\ngroup="  "\nrole="user"\nsites=["*"]', "id of a group"),
        ('[[grants]]\ngroup="g"\nrole="user"\nsites=["*"]\nsite="x"', "look at 'site'"),
        ('[[grants]]\nrole="user"\nsites=["*"]', "look at 'group'"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(PolicyInvalid, match=words):
        parse_policy(text, 1)
