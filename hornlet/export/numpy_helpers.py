"""The functions that exported NumPy programs define for themselves, as text, each used at need."""

from __future__ import annotations

HELPERS = {
    "relu": """
def relu(x):
    return np.maximum(x, 0)
""",
    "sigmoid": """
def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))
""",
    "softplus": """
def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
""",
    "erf": """
def erf(x):
    return np.vectorize(math.erf, otypes=[x.dtype])(x)
""",
    "softmax": """
def softmax(x, axis):
    y = np.exp(x - x.max(axis, keepdims=True))
    return y / y.sum(axis, keepdims=True)
""",
    "log_softmax": """
def log_softmax(x, axis):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))
""",
    "padded": '''
def padded(x, window, strides, padding, value):
    """x (n, *space, channels) with `value` around its space, as pairs or "same" say."""
    if padding == "same":
        padding = []
        for n, k, s in zip(x.shape[1:], window, strides):
            total = max((-(-n // s) - 1) * s + k - n, 0)
            padding.append((total // 2, total - total // 2))
    return np.pad(x, [(0, 0), *padding, (0, 0)], constant_values=value)
''',
    "windows": '''
def windows(x, window, strides):
    """The windows on x (n, *space, channels), with axes (n, *places, channels, *window)."""
    axes = tuple(range(1, x.ndim - 1))
    view = np.lib.stride_tricks.sliding_window_view(x, window, axes)
    return view[(slice(None), *(slice(None, None, s) for s in strides))]
''',
    "conv": '''
def conv(x, kernel, strides, padding, dilation=None, groups=1):
    """Convolution of x (n, *space, channels) with (*window, channels / groups, filters)."""
    rank = x.ndim - 2
    gaps = dilation or (1,) * rank
    reach = [g * (k - 1) + 1 for g, k in zip(gaps, kernel.shape)]
    view = windows(padded(x, reach, strides, padding, 0), reach, strides)
    view = view[(..., *(slice(None, None, g) for g in gaps))]
    view = np.moveaxis(view, rank + 1, -1)  # the channels behind the window
    parts = zip(np.split(view, groups, -1), np.split(kernel, groups, -1))
    return np.concatenate([np.tensordot(v, w, rank + 1) for v, w in parts], -1)
''',
    "conv_transpose": '''
def conv_transpose(y, kernel, space, strides, padding, dilation, groups):
    """Each place of y (n, *places, filters) adds its window to an array of size `space`."""
    low = [pair[0] for pair in padding]
    room = [n + sum(pair) for n, pair in zip(space, padding)]
    channels = kernel.shape[-2]
    x = np.zeros((len(y), *room, channels * groups), y.dtype)
    for tap in np.ndindex(kernel.shape[:-2]):
        place = tuple(
            slice(t * g, t * g + (n - 1) * s + 1, s)
            for t, g, n, s in zip(tap, dilation, y.shape[1:-1], strides)
        )
        for i, (part, w) in enumerate(
            zip(np.split(y, groups, -1), np.split(kernel[tap], groups, -1))
        ):
            at = slice(i * channels, (i + 1) * channels)
            x[(slice(None), *place, at)] += part @ w.T
    return x[(slice(None), *(slice(a, a + n) for a, n in zip(low, space)))]
''',
    "max_pool": """
def max_pool(x, window, strides, padding):
    x = padded(x, window, strides, padding, -np.inf)
    return windows(x, window, strides).max(tuple(range(-len(window), 0)))
""",
    "avg_pool": '''
def avg_pool(x, window, strides, padding):
    """Averages of what lies inside; padding does not count."""
    axes = tuple(range(-len(window), 0))
    inside = np.ones((1, *x.shape[1:-1], 1), x.dtype)
    total, count = (
        windows(padded(a, window, strides, padding, 0), window, strides).sum(axes)
        for a in (x, inside)
    )
    return total / count
''',
}
_NEEDS = {
    "conv": ("padded", "windows"), "max_pool": ("padded", "windows"),
    "avg_pool": ("padded", "windows"),
}  # fmt: skip


def with_needs(names: set[str]) -> list[str]:
    """The helpers and what they call, in the order of the table."""
    whole = set(names)
    for name in names:
        whole.update(_NEEDS.get(name, ()))
    return [name for name in HELPERS if name in whole]
