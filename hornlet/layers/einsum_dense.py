"""EinsumDense: a dense layer whose product is any einsum of input and kernel."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.base.serialization import encode
from hornlet.initializers import VarianceScaling
from hornlet.layers.arguments import keep
from hornlet.layers.base import Layer
from hornlet.layers.lora import LowRank, no_quantization
from hornlet.layers.spec import InputSpec


@register("keras.layers")
class EinsumDense(LowRank, Layer):
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
        gptq_unpacked_column_size, quantization_config: must be None.

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
        no_quantization(quantization_config or gptq_unpacked_column_size)
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
        self._kernel = self.add_weight(
            kernel_shape, initializer, name="kernel",
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
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
        return self.adapted()

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        y = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            y = ops.add(y, self.bias)
        return self.activation(y)

    def compute_output_shape(self, input_shape: Any) -> Any:
        plan = analyze(self.equation, self.bias_axes, input_shape, self.partial_output_shape)
        return plan[2]

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **self._lora_config()}
        config["output_shape"] = self.partial_output_shape
        config["activity_regularizer"] = encode(self.activity_regularizer)
        return config


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
    x, w, y = (term.replace("...", "") for term in terms)
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
