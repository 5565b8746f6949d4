"""Rows for convolution: sizes and attributes; and the convolution written out as its definition."""

import numpy as np


class Conv:
    def __init__(
        self, space, window, channels, filters, stride=1, padding=(0, 0), gap=1, groups=1, n=2
    ):
        d = len(space)
        self.x = (n, *space, channels)
        self.w = (*window, channels // groups, filters)
        self.attributes = {
            "strides": (stride,) * d,
            "padding": (padding,) * d,
            "dilation": (gap,) * d,
            "groups": groups,
        }

    def __repr__(self):
        a = self.attributes
        sizes = "x".join(map(str, self.x)), "x".join(map(str, self.w))
        return (
            f"{sizes[0]}-{sizes[1]}-s{a['strides'][0]}-p{a['padding'][0]}-d{a['dilation'][0]}"
            f"-g{a['groups']}"
        )


CONV = [
    Conv((7,), (3,), 1, 2),
    Conv((7,), (3,), 2, 3, stride=2, padding=(1, 1)),
    Conv((9,), (2,), 4, 4, gap=3, padding=(2, 1)),
    Conv((6, 5), (3, 2), 1, 4),
    Conv((6, 5), (3, 3), 3, 4, padding=(1, 1)),
    Conv((6, 5), (2, 3), 3, 2, stride=2, padding=(0, 1)),
    Conv((7, 7), (2, 2), 9, 4, gap=2),
    Conv((7, 6), (3, 3), 4, 6, groups=2),
    Conv((7, 6), (2, 2), 16, 4, groups=2, stride=2, padding=(1, 0)),
    Conv((5, 6), (1, 1), 3, 5),
    Conv((5, 6), (1, 1), 3, 5, stride=2),
    Conv((5, 6), (1, 1), 4, 4, groups=2),
    Conv((6, 6), (3, 3), 3, 3, groups=3, padding=(1, 1)),
    Conv((6, 7), (2, 3), 3, 6, groups=3, stride=2),
    Conv((5, 5), (5, 5), 2, 3),
    Conv((9, 9), (2, 2), 2, 3, stride=3),
    Conv((4, 5, 4), (2, 3, 2), 2, 3),
    Conv((4, 5, 4), (2, 2, 2), 4, 4, groups=4, padding=(1, 1)),
    Conv((4, 4, 4), (2, 2, 2), 3, 2, stride=2, gap=2, padding=(1, 1)),
    Conv((5, 5), (3, 3), 2, 2, n=0),
    Conv((12, 12), (3, 3), 9, 2, padding=(1, 1), n=5),
]


def conv(x, w, strides, padding, dilation, groups):
    """Every output element as the sum its definition says."""
    x = np.pad(x, ((0, 0), *padding, (0, 0)))
    window, filters = w.shape[:-2], w.shape[-1]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, window)]
    space = [(s - r) // t + 1 for s, r, t in zip(x.shape[1:-1], reach, strides)]
    y = np.zeros((x.shape[0], *space, filters))
    share, own = x.shape[-1] // groups, filters // groups
    for f in range(filters):
        channels = slice(f // own * share, (f // own + 1) * share)
        for at in np.ndindex(*space):
            corner = [i * t for i, t in zip(at, strides)]
            seen = tuple(slice(c, c + r, d) for c, r, d in zip(corner, reach, dilation))
            block = x[(slice(None), *seen, channels)]
            y[(slice(None), *at, f)] = (block * w[..., f]).sum(tuple(range(1, block.ndim)))
    return y
