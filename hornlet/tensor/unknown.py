"""Sizes that stand for the unknown dimensions of symbols while a function is traced on them."""

from __future__ import annotations

from collections.abc import Sequence

from hornlet.engine.spec import SizeError

# What stands for an unknown first axis, and for any other unknown axis.
BATCH, OTHER = 12, 960

Label = tuple[int, int]  # one of the two, and the number of the dimension


class UnknownSizes:
    """A size for every unknown dimension of some shapes.

    At first all unknown first axes are of one size, and all other unknown axes of another. Where
    the function finds that two sizes have to be equal, `learn` makes them so: every unknown
    dimension then has a size of its own, until it is known to be equal to another.
    """

    def __init__(self, shapes: Sequence[Sequence[int | None]]):
        self.shapes = shapes
        self.apart = False
        self.scale = 1
        unknown = [(i, a) for i, s in enumerate(shapes) for a, n in enumerate(s) if n is None]
        self.numbers = {place: number for number, place in enumerate(unknown)}
        self.equal: dict[Label, Label | int] = {}

    @property
    def any(self) -> bool:
        """Whether a dimension is unknown."""
        return bool(self.numbers)

    def of(self, index: int) -> tuple[int, ...]:
        """The shape of a number, its unknown dimensions replaced by sizes."""
        shape = self.shapes[index]
        return tuple([self._size(index, a) if n is None else n for a, n in enumerate(shape)])

    def batch(self, index: int) -> int | None:
        """The size that stands for the first axis of the shape, if that axis is unknown."""
        shape = self.shapes[index]
        if not shape or shape[0] is not None or isinstance(self._label(index, 0), int):
            return None
        return self._size(index, 0)

    def learn(self, error: SizeError) -> bool:
        """Make a size that stands for an unknown dimension what the error says it has to be.

        Returns:
            Whether there was such a size, so that it is worth to try again.
        """
        labels = {}
        for place in self.numbers:
            label = self._label(*place)
            if not isinstance(label, int):
                labels[self._size(*place)] = label
        for pair in error.pairs:
            for n, m in (pair, pair[::-1]):
                if n in labels:
                    if self.apart:
                        self.equal[labels[n]] = labels.get(m, m)
                    self.apart = True
                    return True
        return False

    def _label(self, index: int, axis: int) -> Label | int:
        """What the unknown dimension is known by, or its size where that was learned."""
        number = self.numbers[index, axis] if self.apart else 0
        label: Label | int = (OTHER if axis else BATCH, number)
        while not isinstance(label, int) and label in self.equal:
            label = self.equal[label]
        return label

    def _size(self, index: int, axis: int) -> int:
        label = self._label(index, axis)
        return label if isinstance(label, int) else label[0] * (label[1] + 1) * self.scale
