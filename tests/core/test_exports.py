"""What may be taken away of the log, and which bytes of it were."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.exports import Delivered, covers, export_scope, scope_read, scope_text
from core.permissions import READS, Permission, Scope

SITES = ("berlin", "paris", "rome")


def scope(
    permission: Permission, *sites: str, organisation: bool = False, names: tuple[str, ...] = ()
) -> Scope:
    return Scope(
        permission=permission,
        sites=frozenset(sites),
        organisation=organisation,
        classes=READS.get(permission, frozenset()),
        names=frozenset(names),
        policy_version=3,
    )


def test_only_what_may_be_read_and_exported_may_be_taken_away() -> None:
    reads = scope(Permission.LOG_READ, "berlin", "paris", organisation=True, names=("berlin", "paris"))
    exports = scope(Permission.LOG_EXPORT, "paris", "rome")

    found = export_scope(reads, exports)

    assert (found.sites, found.names, found.organisation) == (
        frozenset({"paris"}),
        frozenset({"paris"}),
        False,
    )
    assert (found.permission, found.classes) == (reads.permission, reads.classes)


@given(
    st.frozensets(st.sampled_from(SITES)),
    st.frozensets(st.sampled_from(SITES)),
    st.booleans(),
    st.booleans(),
)
def test_less_than_what_a_file_holds_does_not_cover_it(
    now: frozenset[str], then: frozenset[str], whole_now: bool, whole_then: bool
) -> None:
    had = scope(Permission.LOG_READ, *then, organisation=whole_then)
    has = scope(Permission.LOG_READ, *now, organisation=whole_now)

    assert covers(has, had) is (then <= now and (whole_now or not whole_then))
    assert not covers(has, replace(had, names=had.names | {"nowhere"}))
    assert not covers(replace(has, permission=Permission.AUDIT_READ), had)


@given(st.frozensets(st.sampled_from(SITES)), st.booleans())
def test_a_scope_is_read_as_it_was_written(sites: frozenset[str], whole: bool) -> None:
    one = scope(Permission.AUDIT_READ, *sites, organisation=whole, names=("berlin",))

    assert scope_read(scope_text(one)) == one


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12))
def test_bytes_that_left_are_those_of_all_stretches_together(stretches: list[tuple[int, int]]) -> None:
    delivered, there = Delivered(), set[int]()
    for first, end in stretches:
        delivered = delivered.add(first, end)
        there |= set(range(first, end))

    assert {one for first, end in delivered.stretches for one in range(first, end)} == there
    assert Delivered.read(delivered.text) == delivered
    assert delivered.whole(40) is (there == set(range(40)))
