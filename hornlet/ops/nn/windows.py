"""What convolution and pooling share: data formats, strides, and padding by name."""

from __future__ import annotations

from hornlet.base.config import standardize_data_format
from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.ops.numpy.shapes import moved


def per_axis(value, n, name, least=1):
    """An integer or ``n`` of them as a tuple of ``n`` integers not below ``least``."""
    values = (value,) * n if hasattr(value, "__index__") else tuple(value)
    if len(values) != n or any(not hasattr(v, "__index__") for v in values):
        raise ValueError(
            f"Argument `{name}` must be an integer or {n} integers, one per spatial axis. "
            f"Received: {name}={value}"
        )
    if any(v < least for v in values):
        raise ValueError(f"Argument `{name}` must be at least {least}. Received: {name}={value}")
    return tuple(int(v) for v in values)


def edges(padding, sizes, windows, strides):
    """Zeros before and after each spatial axis for ``padding`` "valid" or "same"."""
    name = padding.lower() if isinstance(padding, str) else padding
    if name == "valid":
        return ((0, 0),) * len(sizes)
    one_of("padding", name, ("valid", "same"))
    pairs = []
    for n, k, s in zip(sizes, windows, strides):
        extra = max((-(-n // s) - 1) * s + k - n, 0)
        pairs.append((extra // 2, extra - extra // 2))
    return tuple(pairs)


def spatial(x, name="inputs"):
    """The number of spatial axes of a batch of signals, images or volumes."""
    if x.ndim not in (3, 4, 5):
        raise ValueError(
            f"Argument `{name}` must be of rank 3, 4 or 5: a batch axis, 1 to 3 spatial axes and "
            f"channels. Received: {name}.shape={x.shape}"
        )
    return x.ndim - 2


def channels_last(x, data_format):
    """``x`` with its channels moved to the end, and whether they were in front."""
    first = standardize_data_format(data_format) == "channels_first"
    return (moved(x, 1, x.ndim - 1) if first else x), first


def restored(y, first):
    return moved(y, y.ndim - 1, 1) if first else y


def taken_every(x, axis, step):
    index = tuple((0, n, step if a == axis else 1) for a, n in enumerate(x.shape))
    return emit("slice", x, index=index) if step > 1 else x
