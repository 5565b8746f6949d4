"""EinsumDense: a dense layer whose product is any einsum of input and kernel."""

from __future__ import annotations

import math
from string import ascii_letters
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.base.serialization import encode
from hornlet.initializers import VarianceScaling
from hornlet.layers.arguments import keep
from hornlet.layers.quantizable import QuantizableKernel
from hornlet.layers.quantized_modes import Layout
from hornlet.layers.spec import InputSpec


@register("keras.layers")
class EinsumDense(QuantizableKernel):
    """Dense layer by Einstein summation: ``y = activation(einsum(equation, x, kernel) + bias)``.

    Args:
        equation: such as ``"ab,bc->ac"`` (input, kernel, output). An ellipsis at the front or
            at the end stands for further axes of input and output: ``"...ab,bc->...ac"``.
        output_shape: shape of the output without the batch; None for an axis the equation takes
            from the input. What an ellipsis stands for is left out.
        activation: name or function of the activation, none by default.
        bias_axes: letters of the output's axes that have a bias; none without.
        kernel_initializer, bias_initializer: how the weights start.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        kernel_constraint, bias_constraint: projections of the weights after an update.
        lora_rank: train a product of two matrices of this rank in the kernel's place.
        lora_alpha: weight of that product times `lora_rank`.
        gptq_unpacked_column_size: number of columns of a kernel that GPTQ has packed.
        quantization_config: how a layer of a quantized `dtype` keeps its weights, a
            `keras.quantizers.QuantizationConfig`.

    >>> layer = keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")
    >>> layer(np.ones((2, 3, 5))).shape
    (2, 3, 4)
    """

    _config_exclude = ("output_shape", "lora_rank", "lora_alpha", "gptq_unpacked_column_size")

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        gptq_unpacked_column_size: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        arguments = locals()
        del arguments["output_shape"]
        keep(self, arguments)
        self.partial_output_shape = (
            (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        )
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha

    def build(self, input_shape: Any) -> None:
        plan = analyze(self.equation, self.bias_axes, input_shape, self.partial_output_shape)
        kernel_shape, bias_shape, _, input_axes, output_axes = plan
        self.input_spec = InputSpec(ndim=len(input_shape))
        initializer = self.kernel_initializer
        if isinstance(initializer, VarianceScaling) and (
            initializer.input_axes is None or initializer.output_axes is None
        ):
            axes = {"input_axes": input_axes, "output_axes": output_axes}
            config = {**initializer.get_config(), "seed": initializer.seed, **axes}
            initializer = type(initializer).from_config(config)
        self._build_kernel(kernel_shape, initializer)
        self.bias = None
        if bias_shape is not None:
            self.bias = self.add_weight(
                bias_shape, self.bias_initializer, name="bias",
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
            )  # fmt: skip
        self._start_lora()

    @property
    def kernel(self) -> Any:
        """The weight that multiplies the input, the LoRA product included."""
        return self._weight()

    def _layouts(self, shape: tuple) -> tuple[Layout, ...]:
        return (EinsumLayout(shape, self.equation, self.input_spec.ndim),)

    def quantized_build(self, kernel_shape: Any, mode: Any, config: Any = None) -> None:
        super().quantized_build(kernel_shape, mode, config)
        if mode == "gptq":
            self.gptq_unpacked_column_size = self._layouts_built[0].matrix[1]

    @property
    def inputs_axis(self) -> tuple[int, ...]:
        """The axes of the input that are summed over."""
        x, _, y = letters(self.equation)
        # What an ellipsis stands for comes before or after all letters.
        back = self.equation.replace(" ", "").startswith("...")
        return tuple(i - len(x) if back else i for i, letter in enumerate(x) if letter not in y)

    def _multiply(self, x: Any, kernel: Any) -> Any:
        return ops.einsum(self.equation, x, kernel)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self._finished(self._multiply(inputs, self.kernel))

    def compute_output_shape(self, input_shape: Any) -> Any:
        plan = analyze(self.equation, self.bias_axes, input_shape, self.partial_output_shape)
        return plan[2]

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **self._lora_config()}
        config["output_shape"] = self.partial_output_shape
        if self.gptq_unpacked_column_size:
            config["gptq_unpacked_column_size"] = self.gptq_unpacked_column_size
        config["activity_regularizer"] = encode(self.activity_regularizer)
        return config


def letters(equation: str) -> list[str]:
    """The letters of input, kernel and output, without ellipses."""
    terms = equation.replace(" ", "").replace("->", ",").split(",")
    return [term.replace("...", "") for term in terms]


class EinsumLayout(Layout):
    """An einsum's kernel: its scales are kept so that they go with the output."""

    def __init__(self, shape: tuple, equation: str, ndim: int):
        x, w, y = letters(equation)
        axes = tuple(i for i, letter in enumerate(w) if letter not in y)
        super().__init__("kernel", shape, axes)
        kept = [letter for letter in w if letter in y]
        self.order = tuple(kept.index(letter) for letter in y if letter in kept)
        sizes = dict(zip(w, self.shape))
        front = equation.replace(" ", "").startswith("...")
        elided = 0 if front else ndim - len(x)
        self.scale_shape = tuple(sizes.get(letter, 1) for letter in y) + (1,) * elided
        self.kept_shape = tuple(sizes[kept[i]] for i in self.order)
        size = math.prod(self.shape)
        columns = math.prod(self.kept_shape)
        self.flat = (size // columns, columns)
        # Files have it so: of three axes the largest is the model's, the others those of heads.
        first = len(shape) != 3 or self.shape.index(max(self.shape)) == 0
        rows = math.prod(self.shape[: 1 if first else 2])
        self.matrix = (rows, size // rows)
        self.zero_name = "zero_point"
        self.summed = tuple(x.index(w[i]) - (len(x) if front else 0) for i in axes)

    def inputs(self, x: Any) -> Any:
        # Where the summed axes do not come first, the rows of the matrix are no inputs.
        if self.axes != tuple(range(len(self.axes))) or self.flat != self.matrix:
            return None
        x = ops.moveaxis(x, self.summed, tuple(range(-len(self.summed), 0)))
        return super().inputs(x)

    def stored(self, scale: Any) -> Any:
        scale = ops.transpose(ops.squeeze(scale, self.axes), self.order)
        return ops.reshape(scale, self.scale_shape)

    def spread(self, scale: Any) -> Any:
        back = tuple(self.order.index(i) for i in range(len(self.order)))
        scale = ops.transpose(ops.reshape(scale, self.kept_shape), back)
        return ops.expand_dims(scale, self.axes)


def analyze(equation: str, bias_axes: str | None, input_shape: Any, output_shape: Any) -> Any:
    """Shapes of kernel, bias and whole output, and the kernel's axes that face input and output."""
    terms = equation.replace(" ", "").replace("->", ",").split(",")
    if len(terms) != 3 or "->" not in equation:
        raise ValueError(
            "Argument `equation` must read like 'ab,bc->ac': input, kernel, output. Received: "
            f"equation={equation!r}"
        )
    front = terms[0].startswith("...")
    if any("." in t and t.startswith("...") != front for t in (terms[0], terms[2])):
        raise ValueError(
            "An ellipsis in `equation` must stand at the same end of input and output. "
            f"Received: equation={equation!r}"
        )
    x, w, y = letters(equation)
    elided = len(input_shape) - len(x) if "." in equation else 0
    if len(x) + elided != len(input_shape) or elided < 0:
        raise ValueError(
            f"The equation {equation!r} has {len(x)} letters for an input of shape "
            f"{tuple(input_shape)}; they must match its rank."
        )
    if elided and front:
        shape = [*input_shape[:elided], *output_shape]
    else:
        shape = [input_shape[0], *output_shape, *input_shape[len(input_shape) - elided :]]
    start = elided if front else 0
    x_sizes = {letter: input_shape[start + i] for i, letter in enumerate(x)}
    y_sizes = {}
    for i, letter in enumerate(y):
        size = shape[start + i] if start + i < len(shape) else None
        known = x_sizes.get(letter)
        if size is not None and known is not None and size != known:
            raise ValueError(
                f"Axis {letter!r} of the equation {equation!r} is {known} in the input of shape "
                f"{tuple(input_shape)} and {size} in `output_shape`={tuple(output_shape)}."
            )
        y_sizes[letter] = known if size is None else size
    unknown = [letter for letter in w if letter not in x_sizes and letter not in y_sizes]
    if unknown:
        raise ValueError(
            f"Letter {unknown[0]!r} of the kernel in the equation {equation!r} stands in neither "
            "the input nor the output."
        )
    kernel = tuple(x_sizes.get(letter, y_sizes.get(letter)) for letter in w)
    bias = None
    if bias_axes:
        strange = [letter for letter in bias_axes if letter not in y]
        if strange:
            raise ValueError(
                f"Axis {strange[0]!r} of `bias_axes`={bias_axes!r} is not in the output of the "
                f"equation {equation!r}."
            )
        first = min(y.index(letter) for letter in bias_axes)
        bias = tuple(y_sizes[letter] if letter in bias_axes else 1 for letter in y[first:])
        bias += (1,) * (0 if front else elided)
    input_axes = [i for i, letter in enumerate(w) if letter not in y]
    output_axes = [i for i, letter in enumerate(w) if letter in y]
    return kernel, bias, tuple(shape), input_axes, output_axes


def scale_axes(equation: str, input_shape: Any) -> tuple[Any, ...]:
    """How scales of an einsum's input and kernel are aligned with its output.

    For the input and the kernel in turn: the axes that are summed over; the order of axes, the
    transposition; those to insert after it, in the output; those to drop. Then the equation of
    the input's gradient, and the inverse of the kernel's transposition.
    """
    x, w, y = letters(equation)
    elided = len(input_shape) - len(x) if "." in equation else 0
    rest = "".join(c for c in ascii_letters if c not in x + w + y)[:elided]
    if equation.replace(" ", "").startswith("..."):
        x, y = rest + x, rest + y
    else:
        x, y = x + rest, y + rest
    of_kernel = _aligned(w, y)
    pairs = [axes for both in zip(_aligned(x, y), of_kernel) for axes in both]
    order = of_kernel[1]
    return (*pairs, f"{y},{w}->{x}", sorted(range(len(order)), key=order.__getitem__))


def _aligned(operand: str, output: str) -> tuple[list[int], ...]:
    """The axes of an operand that are summed, its order, new axes and dropped ones."""
    summed = [i for i, letter in enumerate(operand) if letter not in output]
    new = [i for i, letter in enumerate(output) if letter not in operand]
    order = [operand.index(letter) for letter in output if letter in operand]
    dropped, at = [], 0
    for axis in summed:
        # A summed axis, of size one by then, takes the place of one that is missing.
        if new:
            at = new.pop(0)
        else:
            dropped.append(axis)
        order.insert(at, axis)
    return summed, order, new, dropped
