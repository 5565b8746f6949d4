"""Rows for pooling, and pooling written out as its definition."""

import numpy as np


class Pool:
    def __init__(self, space, window, stride, padding=(0, 0), n=2, channels=3):
        d = len(space)
        self.x = (n, *space, channels)
        self.attributes = {"window": window, "strides": (stride,) * d, "padding": (padding,) * d}

    def __repr__(self):
        a = self.attributes
        return f"{self.x}-{a['window']}-s{a['strides'][0]}-p{a['padding'][0]}".replace(" ", "")


POOL = [
    Pool((8,), (2,), 2),
    Pool((7,), (3,), 1, (1, 1)),
    Pool((8, 6), (2, 2), 2),
    Pool((7, 5), (2, 2), 2),
    Pool((7, 5), (2, 2), 2, (0, 1)),
    Pool((7, 6), (3, 3), 3, (1, 1)),
    Pool((7, 6), (3, 2), 2),
    Pool((5, 5), (2, 2), 1, (0, 1)),
    Pool((7, 7), (1, 1), 2),
    Pool((7, 7), (2, 2), 3),
    Pool((4, 4), (4, 4), 4),
    Pool((4, 6, 5), (2, 2, 2), 2),
    Pool((4, 6, 5), (3, 2, 3), 1, (1, 1)),
    Pool((4, 4), (2, 2), 2, n=0),
]


def pool(x, reduce, window, strides, padding):
    """Every output element reduced from its window; NaN marks padding; `reduce` skips it."""
    x = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=np.nan)
    space = [(s - k) // t + 1 for s, k, t in zip(x.shape[1:-1], window, strides)]
    y = np.zeros((x.shape[0], *space, x.shape[-1]), x.dtype)
    axes = tuple(range(1, len(space) + 1))
    for at in np.ndindex(*space):
        seen = tuple(slice(i * t, i * t + k) for i, t, k in zip(at, strides, window))
        y[(slice(None), *at)] = reduce(x[(slice(None), *seen)], axis=axes)
    return y
