"""Images seen in perspective, stretched and moved, or distorted like rubber."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.dtypes import numpy_dtype
from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.ops.arguments import axis_of, floating, shape_tuple, tensor
from hornlet.ops.control import known
from hornlet.ops.function import op
from hornlet.ops.image.geometry import ORDERS, as_batch, images_of, sampled
from hornlet.ops.image.patches import gaussian_blur
from hornlet.ops.image.sampling import FILL_MODES, KERNELS, grid, per_image, resampled, weights
from hornlet.ops.numpy.shapes import part
from hornlet.tensor.seed_generator import draw_seed


def corners(points: Any, name: str | None) -> Any:
    """Four points (x, y) per image, as a batch."""
    p = floating(points, name)
    if p.ndim not in (2, 3) or p.shape[-2:] != (4, 2):
        raise ValueError(
            f"Invalid {name} shape: expected (4, 2) for a single image or (N, 4, 2) for a batch. "
            f"Received shape: {p.shape}"
        )
    return emit("reshape", p, shape=(1, 4, 2)) if p.ndim == 2 else p


def homography(start: Any, end: Any) -> Any:
    """The eight numbers that carry ``end`` to ``start``, shape (n, 8).

    Each pair of points gives two linear equations: ``u (g x + h y + 1) = a x + b y + c`` and
    ``v (g x + h y + 1) = d x + e y + f``.
    """
    u, v = (part(start, 2, i, i + 1) for i in range(2))
    x, y = (part(end, 2, i, i + 1) for i in range(2))
    one, zero = np.ones(x.shape, x.dtype), np.zeros(x.shape, x.dtype)

    def equation(place, *terms):
        last = (emit("negative", emit("multiply", place, q)) for q in (x, y))
        return emit("concatenate", *terms, *last, axis=2)

    rows = equation(u, x, y, one, zero, zero, zero), equation(v, zero, zero, zero, x, y, one)
    matrix = emit("concatenate", *rows, axis=1)
    solution = emit("solve", matrix, emit("concatenate", u, v, axis=1))
    return emit("reshape", solution, shape=solution.shape[:2])


@op
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Any:
    """Images seen so that ``start_points`` come to lie at ``end_points``.

    Args:
        images: one image (rank 3) or a batch (rank 4).
        start_points: four points (x, y) of the images, shape ``(4, 2)`` or ``(N, 4, 2)``.
        end_points: where they come to lie, of the same shape.
        interpolation: "nearest" or "bilinear".
        fill_value: what lies outside.
        data_format: "channels_last" or "channels_first"; None is the configured one.

    >>> corners = np.array([[0.0, 0.0], [0.0, 3.0], [3.0, 0.0], [3.0, 3.0]])
    >>> image = np.eye(4)[..., None]
    >>> bool((keras.ops.image.perspective_transform(image, corners, corners) == image).all())
    True
    """
    one_of("interpolation", interpolation, ORDERS)
    x, back = as_batch(images, data_format)
    start, end = corners(start_points, "start_points"), corners(end_points, "end_points")
    if start.shape != end.shape or start.shape[0] not in (1, x.shape[0]):
        raise ValueError(
            "start_points and end_points must have the same shape, for one image or for each of "
            f"{x.shape[0]}. Received start_points.shape={start.shape}, end_points.shape={end.shape}"
        )
    n, h, w, _ = x.shape
    numbers = homography(start, end)
    a, b, c, d, e, f, g, k = (
        emit("reshape", part(numbers, 1, i, i + 1), shape=(numbers.shape[0], 1, 1))
        for i in range(8)
    )
    rows, columns = grid(h, w, numbers.dtype)

    def line(p, q, r):
        y = emit("add", emit("multiply", p, columns), emit("multiply", q, rows))
        return emit("add", y, r)

    depth = line(g, k, 1.0)
    x_at, y_at = (emit("divide", line(*terms), depth) for terms in ((a, b, c), (d, e, f)))
    y_at, x_at = per_image(y_at, n, h, w), per_image(x_at, n, h, w)
    return back(sampled(x, y_at, x_at, interpolation, "constant", fill_value))


@op
def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """A tensor stretched and moved along some axes: what is at ``p`` comes to ``scale p + shift``.

    Elements are one wide and centered at 0.5, 1.5, ...; what comes from outside is 0.

    Args:
        images: tensor of any rank.
        output_shape: shape of the result; None stands for the size of `images` on an axis that
            is not in `spatial_dims`.
        scale: one number per axis of ``spatial_dims``.
        translation: one number per axis of ``spatial_dims``.
        spatial_dims: the axes to stretch and move along.
        method: "linear", "bilinear", "trilinear", "triangle", "cubic", "bicubic", "tricubic",
            "lanczos3" or "lanczos5".
        antialias: widen the kernel where the image shrinks.

    >>> keras.ops.image.scale_and_translate(
    ...     np.array([1.0, 2.0]), (4,), np.array([2.0]), np.array([0.0]), (0,), "linear"
    ... )
    array([1.  , 1.25, 1.75, 2.  ])
    """
    one_of("method", method, KERNELS)
    x = floating(images, "images")
    axes = [axis_of(a, x.ndim, "spatial_dims") for a in spatial_dims]
    shape = shape_tuple(filled(output_shape, x.shape, axes), "output_shape")
    scale, shift = floating(scale, "scale"), floating(translation, "translation")
    if len(shape) != x.ndim or any(
        n != m and a not in axes for a, (n, m) in enumerate(zip(x.shape, shape))
    ):
        raise ValueError(
            "Argument `output_shape` must agree with the shape of `images` on the axes that are "
            f"not in spatial_dims={tuple(spatial_dims)}. Received: images.shape={x.shape}, "
            f"output_shape={shape}"
        )
    if scale.shape != (len(axes),) or shift.shape != (len(axes),):
        raise ValueError(
            f"Arguments `scale` and `translation` must have shape ({len(axes)},), one number per "
            f"axis of `spatial_dims`. Received: {scale.shape} and {shift.shape}"
        )
    for i, axis in enumerate(axes):
        factor, distance = (part(v, 0, i, i + 1, False) for v in (scale, shift))
        w = weights(x.shape[axis], shape[axis], factor, distance, method, antialias)
        x = resampled(x, axis, w)
    return x


def filled(output_shape, shape, axes):
    """``output_shape`` with ``shape`` in the places of None, but on ``axes``."""
    if not isinstance(output_shape, (tuple, list)) or len(output_shape) != len(shape):
        return output_shape
    return [
        n if m is None and a not in axes else m for a, (n, m) in enumerate(zip(shape, output_shape))
    ]


@op
def elastic_transform(
    images: Any,
    alpha: Any = 20.0,
    sigma: Any = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: Any = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Any:
    """Images whose pixels are taken from places nearby, shifted by smooth random distances.

    Simard et al., 2003, "Best practices for convolutional neural networks applied to visual
    document analysis".

    Args:
        images: one image (rank 3) or a batch (rank 4).
        alpha: scale of the distances.
        sigma: how smooth they are: the width of the Gaussian that blurs them.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside: "constant", "nearest", "wrap", "mirror" or "reflect".
        fill_value: for "constant".
        seed: integer, `SeedGenerator`, or None for the global generator.
        data_format: "channels_last" or "channels_first"; None is the configured one.

    >>> keras.ops.image.elastic_transform(np.ones((2, 8, 8, 3)), seed=1).shape
    (2, 8, 8, 3)
    """
    one_of("interpolation", interpolation, ORDERS)
    one_of("fill_mode", fill_mode, FILL_MODES)
    images = images_of(images)
    x, back = as_batch(images, data_format)
    n, h, w, _ = x.shape
    dtype = x.dtype if x.dtype.kind == "f" else numpy_dtype(floatx())
    sigma = tensor(sigma, "sigma")
    noise = emit("random_normal", draw_seed(seed), shape=(2 * n, h, w, 1), dtype=dtype)
    # Where the width is traced, a kernel as wide as the images holds all of the Gaussian.
    size = (min(h, w) if not known(sigma) else int(6 * float(np.asarray(sigma)))) | 1
    smooth = gaussian_blur(
        emit("multiply", noise, sigma), (size, size), (sigma, sigma), "channels_last"
    )
    shift = emit("multiply", emit("reshape", smooth, shape=(2 * n, h, w)), tensor(alpha, "alpha"))
    down, right = part(shift, 0, 0, n), part(shift, 0, n, 2 * n)
    rows, columns = grid(h, w, dtype)
    places = emit("add", down, rows), emit("add", right, columns)
    return back(sampled(x, *places, interpolation, fill_mode, fill_value))
