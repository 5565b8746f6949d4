"""Arenas: the variables of one dtype side by side in one flat array, each a view of its part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hornlet.engine.ref import Ref


class Arena:
    """Re-houses variables: one flat `Ref` per dtype, of which each variable becomes a window.

    Values stay as they are. Variables that already stand side by side, in this order, are left
    where they are, so that making a second arena of the same variables changes nothing.

    Args:
        variables: variables that have their memory.

    >>> from hornlet.tensor.arena import Arena
    >>> a, b = keras.Variable([1.0, 2.0]), keras.Variable([[3.0]])
    >>> arena = Arena([a, b])
    >>> arena.flats[0].array
    array([1., 2., 3.], dtype=float32)
    >>> a.assign_add([1.0, 1.0]), arena.flats[0].array
    (array([2., 3.], dtype=float32), array([2., 3., 3.], dtype=float32))
    """

    def __init__(self, variables: Iterable[Any]):
        self.flats: list[Ref] = []
        groups: dict[np.dtype, list[Any]] = {}
        known: set[int] = set()
        for v in variables:
            if v.ref_serial not in known:
                known.add(v.ref_serial)
                groups.setdefault(v.array.dtype, []).append(v)
        for dtype, group in groups.items():
            present = list(runs(group))
            if len(present) == 1 and group[0].root is not None:
                self.flats.append(present[0][0])
            else:
                self.flats.append(_house(group, dtype))

    def runs(self, variables: Iterable[Any]) -> Iterator[tuple[Ref, list[Any]]]:
        """Flat stretches of memory that hold exactly `variables`; see `runs`."""
        return runs(variables)


def _house(variables: list[Any], dtype: np.dtype) -> Ref:
    # Filled by the moves; NumPy puts large arrays on huge pages, but not those of `zeros`.
    flat = Ref(np.empty(sum(v.array.size for v in variables), dtype))
    offset = 0
    for v in variables:
        n = v.array.size
        v.move(flat.array[offset : offset + n].reshape(v.array.shape), flat, offset)
        offset += n
    return flat


def runs(variables: Iterable[Any]) -> Iterator[tuple[Ref, list[Any]]]:
    """Split `variables` into stretches that are contiguous in memory.

    Yields pairs of a `Ref` and the variables it holds, in order: a 1-D window onto an arena, the
    whole flat array, or the variable itself where it stands alone.
    """
    run: list[Any] = []
    for v in variables:
        if run:
            last = run[-1]
            end = last.offset + last.array.size
            if v.root is None or v.root is not last.root or v.offset != end:
                yield _window(run), run
                run = []
        run.append(v)
    if run:
        yield _window(run), run


def _window(run: list[Any]) -> Ref:
    root = run[0].root
    if root is None:
        return run[0]
    start = run[0].offset
    n = run[-1].offset + run[-1].array.size - start
    return root if n == root.array.size else Ref.window(root, start, (n,))
