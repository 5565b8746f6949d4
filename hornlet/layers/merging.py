"""Layers that join several inputs into one: Add, Multiply, Concatenate, Dot and their kind."""

from __future__ import annotations

from functools import reduce
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.base import Layer
from hornlet.tensor.masks import masks_of


class Merge(Layer):
    """Base of the elementwise joins: the inputs broadcast against each other.

    A time step of the output is masked when it is masked in all inputs.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.check_list(input_shape)
        self.check_shapes(input_shape)

    def check_list(self, input_shape: Any) -> None:
        if not input_shape or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                f"Layer '{self.name}' merges a list of inputs, such as `layer([x, y])`. "
                f"Received one of shape {input_shape}"
            )

    def check_shapes(self, shapes: Any) -> None:
        batches = {shape[0] for shape in shapes if shape} - {None}
        if len(batches) > 1:
            raise ValueError(
                f"Cannot merge tensors with different batch sizes. Received shapes {shapes}"
            )
        rank = max(len(shape) for shape in shapes)
        aligned = [(1,) * (rank - len(shape)) + tuple(shape[1:]) for shape in shapes]
        for sizes in zip(*aligned):
            if len(set(sizes) - {1, None}) > 1:
                raise ValueError(f"Inputs have incompatible shapes. Received shapes {shapes}")

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"Layer '{self.name}' merges a list of inputs, such as `layer([x, y])`. "
                f"Received: {inputs}"
            )
        rank = max(len(x.shape) for x in inputs)
        return self._merge_function([
            x if len(x.shape) == rank else ops.reshape(
                x, (x.shape[0], *(1,) * (rank - len(x.shape)), *x.shape[1:])
            )
            for x in inputs
        ])  # fmt: skip

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes broadcast together; an unknown size stays unknown, whatever it meets."""
        self.check_list(input_shape)
        self.check_shapes(input_shape)
        rank = max(len(shape) for shape in input_shape)
        batches = {shape[0] for shape in input_shape} - {None}
        inner = [(1,) * (rank - len(shape)) + tuple(shape[1:]) for shape in input_shape]
        sizes = [None if None in column else max(column) for column in zip(*inner)]
        return (batches.pop() if len(batches) == 1 else None, *sizes)

    def _merge_function(self, inputs: Any) -> Any:
        return reduce(self.join, inputs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return None
        check_masks(inputs, mask)
        if any(m is None for m in mask):
            return None
        return reduce(ops.logical_or, mask)


def check_masks(inputs: Any, mask: Any) -> None:
    if not isinstance(inputs, (tuple, list)):
        raise ValueError(f"`inputs` must be a list, as `mask` is. Received: inputs={inputs}")
    if not isinstance(mask, (tuple, list)) or len(mask) != len(inputs):
        raise ValueError(
            f"`mask` must be a list with one mask or None per input. Received: mask={mask} for "
            f"{len(inputs)} inputs"
        )


@register("keras.layers")
class Add(Merge):
    """Sum of the inputs: ``y = x1 + x2 + ...``.

    >>> keras.layers.Add()([np.array([[1.0]]), np.array([[2.0]])])
    array([[3.]], dtype=float32)
    """

    def join(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)


@register("keras.layers")
class Subtract(Merge):
    """Difference of two inputs: ``y = x1 - x2``.

    >>> keras.layers.Subtract()([np.array([[3.0]]), np.array([[2.0]])])
    array([[1.]], dtype=float32)
    """

    def check_shapes(self, shapes: Any) -> None:
        super().check_shapes(shapes)
        if len(shapes) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. Received shapes "
                f"{shapes}"
            )

    def join(self, a: Any, b: Any) -> Any:
        return ops.subtract(a, b)


class Masked(Merge):
    """Base of the joins that leave a masked step of one input out and take the others'."""

    def call(self, inputs: Any) -> Any:
        mask = masks_of(inputs)
        return super().call(inputs if mask is None else self.without_masked(inputs, mask))

    def without_masked(self, inputs: Any, mask: Any) -> Any:
        y, known = inputs[0], mask[0]
        outputs = [y]
        for x, m in zip(inputs[1:], mask[1:]):
            if m is not None:
                x = ops.where(ops.expand_dims(m, -1), x, y)
            if known is not None:
                y = ops.where(ops.expand_dims(known, -1), y, x)
            known = None if m is None or known is None else ops.logical_or(known, m)
            y = self.join(y, x)
            outputs = [y]
        return outputs


@register("keras.layers")
class Multiply(Merge):
    """Product of the inputs: ``y = x1 * x2 * ...``; a masked step of an input counts as 1.

    >>> keras.layers.Multiply()([np.array([[3.0]]), np.array([[2.0]])])
    array([[6.]], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        mask = masks_of(inputs)
        if mask is None:
            return super().call(inputs)
        y = super().call([
            x if m is None else ops.where(ops.expand_dims(m, -1), x, ops.ones_like(x))
            for x, m in zip(inputs, mask)
        ])  # fmt: skip
        joint = self.compute_mask(inputs, mask)
        return y if joint is None else ops.where(ops.expand_dims(joint, -1), y, ops.zeros_like(y))

    def join(self, a: Any, b: Any) -> Any:
        return ops.multiply(a, b)


@register("keras.layers")
class Average(Merge):
    """Mean of the inputs: ``y = (x1 + x2 + ...) / n``.

    >>> keras.layers.Average()([np.array([[3.0]]), np.array([[2.0]])])
    array([[2.5]], dtype=float32)
    """

    def _merge_function(self, inputs: Any) -> Any:
        return reduce(ops.add, inputs) / len(inputs)


@register("keras.layers")
class Maximum(Masked):
    """Elementwise maximum of the inputs.

    >>> keras.layers.Maximum()([np.array([[3.0]]), np.array([[2.0]])])
    array([[3.]], dtype=float32)
    """

    def join(self, a: Any, b: Any) -> Any:
        return ops.maximum(a, b)


@register("keras.layers")
class Minimum(Masked):
    """Elementwise minimum of the inputs.

    >>> keras.layers.Minimum()([np.array([[3.0]]), np.array([[2.0]])])
    array([[2.]], dtype=float32)
    """

    def join(self, a: Any, b: Any) -> Any:
        return ops.minimum(a, b)


@register("keras.layers")
class Concatenate(Merge):
    """Join the inputs end to end along an axis.

    Args:
        axis: the axis; the inputs agree in all others.

    >>> keras.layers.Concatenate()([np.ones((2, 3)), np.ones((2, 4))]).shape
    (2, 7)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis

    def check_shapes(self, shapes: Any) -> None:
        rank = len(shapes[0])
        rests = [
            [n for i, n in enumerate(shape) if i != self.axis % rank] for shape in shapes
        ]
        same = all(len(shape) == rank for shape in shapes)
        if not same or any(len(set(sizes) - {None}) > 1 for sizes in zip(*rests)):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the "
                f"concatenation axis {self.axis}. Received shapes {shapes}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        self.check_list(input_shape)
        shape = list(input_shape[0])
        sizes = [other[self.axis] for other in input_shape]
        shape[self.axis] = None if None in sizes else sum(sizes)
        return tuple(shape)

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return None
        check_masks(inputs, mask)
        if all(m is None for m in mask):
            return None
        masks = []
        for x, m in zip(inputs, mask):
            if m is None:
                m = ops.ones_like(x, dtype="bool")
            elif len(m.shape) < len(x.shape):
                m = ops.logical_and(ops.expand_dims(m, -1), ops.ones_like(x, dtype="bool"))
            masks.append(m)
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)


@register("keras.layers")
class Dot(Merge):
    """Dot product of two inputs along one axis of each, sample by sample.

    Args:
        axes: the axis, or a pair of axes; 0 is the batch and cannot be one.
        normalize: whether to scale to length 1 first, which gives the cosine.

    Output shape: the axes of the first input and then those of the second that remain.

    >>> x, y = np.ones((2, 3, 5)), np.ones((2, 10, 3))
    >>> keras.layers.Dot(axes=(1, 2))([x, y]).shape
    (2, 5, 10)
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError(
                    "Argument `axes` must be an integer or a pair of integers. Received: "
                    f"axes={axes!r}"
                )
            if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
                raise ValueError(
                    "Argument `axes` must be an integer or a pair of integers. Received: "
                    f"axes={axes!r}"
                )
        self.axes = axes
        self.normalize = normalize

    def axes_of(self, shapes: Any) -> Any:
        """The two axes, counted from the front."""
        axes = (self.axes,) * 2 if isinstance(self.axes, int) else self.axes
        for axis, shape in zip(axes, shapes):
            if not -len(shape) <= axis < len(shape):
                raise IndexError(
                    f"A `Dot` layer has axis {axis} to sum over, which shape {shape} lacks. "
                    f"Received: axes={self.axes}"
                )
        axes = tuple(axis % len(shape) for axis, shape in zip(axes, shapes))
        if 0 in axes:
            raise ValueError(
                "A `Dot` layer cannot sum over axis 0, the batch. Received: "
                f"axes={self.axes} for shapes {shapes}"
            )
        return axes

    def check_shapes(self, shapes: Any) -> None:
        if len(shapes) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received shapes {shapes}"
            )
        a, b = self.axes_of(shapes)
        if shapes[0][a] != shapes[1][b]:
            raise ValueError(
                f"Incompatible input shapes: axis {a} of the first has size {shapes[0][a]}, axis "
                f"{b} of the second {shapes[1][b]}. Received shapes {shapes}"
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        self.check_shapes(input_shape)
        a, b = self.axes_of(input_shape)
        first, second = (list(shape) for shape in input_shape)
        del first[a], second[b]
        return (first[0], *(first[1:] + second[1:] or [1]))

    def call(self, inputs: Any) -> Any:
        x, y = inputs
        x_shape, y_shape = tuple(x.shape), tuple(y.shape)
        a, b = self.axes_of((x_shape, y_shape))
        if self.normalize:
            x = ops.normalize(x, axis=a)
            y = ops.normalize(y, axis=b)
        x_rest = [i for i in range(1, len(x_shape)) if i != a]
        y_rest = [i for i in range(1, len(y_shape)) if i != b]
        n = x_shape[a]
        x = ops.reshape(ops.transpose(x, (0, *x_rest, a)), (x_shape[0], -1, n))
        y = ops.reshape(ops.transpose(y, (0, b, *y_rest)), (y_shape[0], n, -1))
        rest = [x_shape[i] for i in x_rest] + [y_shape[i] for i in y_rest]
        return ops.reshape(ops.matmul(x, y), (x_shape[0], *(rest or [1])))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None


def functional(cls: Any, name: str, example: Any) -> Any:
    """The function that applies a merge layer at once, such as ``add`` for ``Add``."""

    def merge(inputs: Any, **kwargs: Any) -> Any:
        return cls(**kwargs)(inputs)

    merge.__name__ = merge.__qualname__ = name
    merge.__doc__ = (
        f"Functional form of the `{cls.__name__}` layer: ``{cls.__name__}(**kwargs)(inputs)``.\n\n"
        f"    >>> keras.layers.{name}([np.array([[4.0]]), np.array([[2.0]])])\n"
        f"    array([[{example}]], dtype=float32)\n    "
    )
    return merge


add = functional(Add, "add", "6.")
subtract = functional(Subtract, "subtract", "2.")
multiply = functional(Multiply, "multiply", "8.")
average = functional(Average, "average", "3.")
maximum = functional(Maximum, "maximum", "4.")
minimum = functional(Minimum, "minimum", "2.")


def concatenate(inputs: Any, axis: Any = -1, **kwargs: Any) -> Any:
    """Functional form of the `Concatenate` layer.

    >>> keras.layers.concatenate([np.array([[4.0]]), np.array([[2.0]])])
    array([[4., 2.]], dtype=float32)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """Functional form of the `Dot` layer.

    >>> keras.layers.dot([np.array([[4.0]]), np.array([[2.0]])])
    array([[8.]], dtype=float32)
    """
    return Dot(axes=axes, **kwargs)(inputs)
