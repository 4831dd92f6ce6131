"""What is missing of a sequence, against a plain set of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from core.feeds import OPEN_END, Boot, arrived, count, given_up, known_to_exist, within, without

NUMBERS = st.integers(1, 30)
SPANS = st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair)))
STEPS = st.lists(
    st.tuples(st.just("arrived"), NUMBERS.map(lambda n: (n, n)))
    | st.tuples(st.just("quoted"), NUMBERS.map(lambda n: (n, n)))
    | st.tuples(st.just("given up"), SPANS),
    max_size=40,
)
Step = tuple[str, tuple[int, int]]


def numbers(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {n for first, last in ranges for n in range(first, last + 1)}


def told(boot: Boot, step: Step) -> Boot:
    what, (first, last) = step
    if what == "arrived":
        return arrived(boot, first)
    return known_to_exist(boot, first) if what == "quoted" else given_up(boot, first, last)


@given(STEPS)
def test_missing_is_all_that_exists_less_what_came_and_what_was_given_up(steps: list[Step]) -> None:
    boot, high, gone = Boot(), 0, set[int]()
    for what, (first, last) in steps:
        boot = told(boot, (what, (first, last)))
        high = high if what == "given up" else max(high, first)
        # What a device gives up before anybody knew of it can't be told from what it never made.
        gone |= {
            "arrived": {first},
            "quoted": set[int](),
            "given up": {n for n in range(first, last + 1) if n <= high},
        }[what]
        assert boot.high == high
        assert numbers(boot.missing) == set(range(1, high + 1)) - gone


@given(STEPS)
def test_ranges_are_sorted_apart_and_never_empty(steps: list[Step]) -> None:
    boot = Boot()
    for step in steps:
        boot = told(boot, step)
        assert all(first <= last for first, last in boot.missing)
        pairs = zip(boot.missing, boot.missing[1:], strict=False)
        assert all(before[1] + 1 < after[0] for before, after in pairs)


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.data())
def test_any_order_and_any_duplication_of_arrivals_gives_the_same(
    seqs: list[int], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(seqs), max_size=10))
    boots = [Boot(), Boot()]
    for seq in seqs:
        boots[0] = arrived(boots[0], seq)
    for seq in data.draw(st.permutations(seqs + again)):
        boots[1] = arrived(boots[1], seq)

    assert boots[0] == boots[1]


def test_a_sequence_without_holes_has_nothing_missing() -> None:
    boot = Boot()
    for seq in range(1, 1_000):
        boot = arrived(boot, seq)

    assert boot == Boot(999)


@given(st.lists(SPANS, max_size=4), SPANS)
def test_ranges_are_cut_as_sets_are(spans: list[tuple[int, int]], cut: tuple[int, int]) -> None:
    boot = Boot()
    for first, last in spans:
        boot = arrived(known_to_exist(boot, last), first)
    inside = set(range(cut[0], cut[1] + 1))

    assert numbers(without(boot.missing, *cut)) == numbers(boot.missing) - inside
    assert numbers(within(boot.missing, *cut)) == numbers(boot.missing) & inside
    assert count(boot.missing) == len(numbers(boot.missing))


def test_an_open_end_counts_as_one() -> None:
    assert count(((3, 4), (10, OPEN_END))) == 3
