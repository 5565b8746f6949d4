"""NASNet: cells found by search, repeated; every cell sees the outputs of the two before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornlet.applications.blocks import chain, channels, join, normalize, pad_for_stride
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.base.names import name_scope
from hornlet.layers.batch_normalization import BatchNormalization
from hornlet.layers.convolution import Conv2D
from hornlet.layers.convolution_separable import SeparableConv2D
from hornlet.layers.core import Activation
from hornlet.layers.merging import Add
from hornlet.layers.padding import Cropping2D, ZeroPadding2D
from hornlet.layers.pooling import AveragePooling2D, MaxPooling2D

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]

Step = Callable[[Any], Any]


def _body(x: Any, ask: Ask, *, stem: int, filters: int, depth: int, skip: bool) -> Any:
    """Two reductions, then three stacks of `depth` normal cells with a reduction between them.

    With `skip`, the cell after a reduction sees what came before the reduction's input.
    """
    x = Conv2D(
        stem, 3, strides=2, use_bias=False, kernel_initializer="he_normal", name="stem_conv1"
    )(x)
    x = _normalize("stem_bn1")(x)
    before = None
    for number, divisor in enumerate((4, 2), 1):
        x, before = _reduction(x, before, filters // divisor, f"stem_{number}"), x
    for stack in range(3):
        wide = filters * 2**stack
        if stack:
            y = _reduction(x, before, wide, f"reduce_{depth * stack}")
            x, before = y, before if skip else x
        # No cell has the number of the first reduction.
        first = depth * stack + (stack > 0)
        for cell in range(first, first + depth):
            x, before = _normal(x, before, wide, str(cell)), x
    x = Activation("relu")(x)
    return ask.end(x, names=(None, None, None))


def _normal(x: Any, before: Any, filters: int, cell: str) -> Any:
    name = f"normal_{{}}_{cell}".format
    with name_scope(f"normal_A_block_{cell}"):
        p = _adjust(before, x, filters, cell)
        h = _project(x, filters, "normal", cell)

        def pair(window: int, side: str) -> Step:
            return _separables(filters, window, name(side))

        x1 = _sum(1, name("add_1"), (h, pair(5, "left1")), (p, pair(3, "right1")))
        x2 = _sum(2, name("add_2"), (p, pair(5, "left2")), (p, pair(3, "right2")))
        x3 = _sum(3, name("add_3"), (h, _average(name("left3"))), (p,))
        x4 = _sum(4, name("add_4"), (p, _average(name("left4"))), (p, _average(name("right4"))))
        x5 = _sum(5, name("add_5"), (h, pair(3, "left5")), (h,))
        return join([p, x1, x2, x3, x4, x5], name("concat"))


def _reduction(x: Any, before: Any, filters: int, cell: str) -> Any:
    name = f"reduction_{{}}_{cell}".format
    with name_scope(f"reduction_A_block_{cell}"):
        p = _adjust(before, x, filters, cell)
        h = _project(x, filters, "reduction", cell)
        padded = pad_for_stride(h, 3, name("pad_1"))

        def pair(window: int, side: str, stride: int = 2) -> Step:
            return _separables(filters, window, name(side), stride)

        def pool(kind: Any, side: str) -> Step:
            return lambda x: kind(3, strides=2, name=name(side))(x)

        x1 = _sum(1, name("add_1"), (h, pair(5, "left1")), (p, pair(7, "right1")))
        x2 = _sum(2, name("add_2"), (padded, pool(MaxPooling2D, "left2")), (p, pair(7, "right2")))
        x3 = _sum(
            3, name("add3"), (padded, pool(AveragePooling2D, "left3")), (p, pair(5, "right3"))
        )
        x4 = _sum(4, None, (x1, _average(name("left4"))), (x2,))
        x5 = _sum(
            5, name("add4"), (x1, pair(3, "left4", 1)), (padded, pool(MaxPooling2D, "right5"))
        )
        return join([x2, x3, x4, x5], name("concat"))


def _sum(block: int, name: str | None, *branches: tuple) -> Any:
    """The sum of symbols, each followed by the steps it goes through."""
    with name_scope(f"block_{block}"):
        return Add(name=name)([chain(*branch) for branch in branches])


def _adjust(p: Any, x: Any, filters: int, cell: str) -> Any:
    """What came before the cell's input, in the size and with the channels the cell needs."""
    if p is None:
        return x
    with name_scope("adjust_block"):
        if p.shape[-2] != x.shape[-2]:
            with name_scope(f"adjust_reduction_block_{cell}"):
                p = Activation("relu", name=f"adjust_relu_1_{cell}")(p)
                # Every second pixel, and the pixels between them.
                p1 = _subsample(p, filters // 2, f"1_{cell}")
                shifted = chain(p, ZeroPadding2D(((0, 1), (0, 1))), Cropping2D(((1, 0), (1, 0))))
                p2 = _subsample(shifted, filters // 2, f"2_{cell}")
                return _normalize(f"adjust_bn_{cell}")(join([p1, p2]))
        if channels(p) != filters:
            with name_scope(f"adjust_projection_block_{cell}"):
                p = Activation("relu")(p)
                p = _convolve(p, filters, f"adjust_conv_projection_{cell}")
                return _normalize(f"adjust_bn_{cell}")(p)
    return p


def _subsample(x: Any, filters: int, name: str) -> Any:
    x = AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{name}")(x)
    return _convolve(x, filters, f"adjust_conv_{name}")


def _project(x: Any, filters: int, kind: str, cell: str) -> Any:
    x = Activation("relu")(x)
    x = _convolve(x, filters, f"{kind}_conv_1_{cell}")
    return _normalize(f"{kind}_bn_1_{cell}")(x)


def _convolve(x: Any, filters: int, name: str) -> Any:
    return Conv2D(
        filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)


def _separables(filters: int, window: int, name: str, stride: int = 1) -> Step:
    """Two separable convolutions, activated before and normalized after; the first may stride."""

    def step(x: Any) -> Any:
        with name_scope(f"separable_conv_block_{name}"):
            for part, strides in (("separable_conv_1", stride), ("separable_conv_2", 1)):
                x = Activation("relu")(x)
                if strides == 2:
                    x = pad_for_stride(x, window, f"{part}_pad_{name}")
                x = SeparableConv2D(
                    filters,
                    window,
                    strides=strides,
                    padding="valid" if strides == 2 else "same",
                    use_bias=False,
                    name=f"{part}_{name}",
                )(x)
                x = _normalize(f"{part}_bn_{name}")(x)
        return x

    return step


def _average(name: str) -> Step:
    return lambda x: AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def _normalize(name: str) -> BatchNormalization:
    return normalize(name, momentum=0.9997)


_FAMILY = Family(
    __name__,
    _body,
    "cells found by reinforcement learning (Zoph et al., 2017).",
    arguments=(
        "input_shape include_top weights input_tensor pooling classes classifier_activation name"
    ),
    layouts=("channels_last",),
)
NASNetMobile = _FAMILY.variant(
    "NASNetMobile",
    "nasnet_mobile",
    5_326_716,
    always_sized=True,
    stem=32,
    filters=44,
    depth=4,
    skip=False,
)
NASNetLarge = _FAMILY.variant(
    "NASNetLarge", "nasnet_large", 88_949_818, size=331, stem=96, filters=168, depth=6, skip=True
)
preprocess_input = preprocessing(__name__, "tf")
