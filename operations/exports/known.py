"""What numbers of a reader stand for, as Arrow takes it by number."""

from collections.abc import Sequence

import pyarrow as pa


class Known:
    """Grows as the reader meets more; each number stands for as many texts as there are columns."""

    def __init__(self, columns: int) -> None:
        """Know nothing yet."""
        self.count = 0
        self._columns = [pa.array([], pa.string()) for _ in range(columns)]

    def learn(self, more: Sequence[Sequence[str | None]]) -> None:
        """Add what the next numbers stand for."""
        if more:
            self.count += len(more)
            fresh = [pa.array(one, pa.string()) for one in zip(*more, strict=True)]
            pairs = zip(self._columns, fresh, strict=True)
            self._columns = [pa.concat_arrays(pair) for pair in pairs]

    def take(self, numbers: Sequence[int]) -> list[pa.Array]:
        """Give the texts of these numbers, by column."""
        wanted = pa.array(numbers, pa.int32())
        return [one.take(wanted) for one in self._columns]

    def coded(self, numbers: pa.Array) -> list[pa.DictionaryArray]:
        """Give the texts of these numbers, by column, each text that is among them once."""
        met = numbers.dictionary_encode()
        return [_coded(one.take(met.dictionary), met.indices) for one in self._columns]


def _coded(texts: pa.Array, numbers: pa.Array) -> pa.DictionaryArray:
    once = texts.dictionary_encode()
    return pa.DictionaryArray.from_arrays(once.indices.take(numbers), once.dictionary)
