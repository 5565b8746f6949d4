"""The ways of keeping a layer's weight in fewer bits: each makes variables, fills and reads them.

A layer hands its weights over as `Layout`s; `MODES` has a row for every way, by name.
"""

from __future__ import annotations

import math

import hornlet.ops as ops
from hornlet.quantizers.affine import dequantize
from hornlet.quantizers.packing import pack_int4, unpack_int4
from hornlet.quantizers.quantization_config import Int4QuantizationConfig, QuantizationConfig
from hornlet.quantizers.quantizer import (
    AbsMaxQuantizer,
    abs_max_quantize_grouped_with_zero_point,
)
from hornlet.quantizers.simulation import (
    compute_float8_amax_history,
    compute_float8_scale,
    quantize_and_dequantize,
)
from hornlet.tensor.dtype_policy import QuantizedFloat8DTypePolicy


class Layout:
    """One weight of a layer, as quantization sees it.

    Args:
        name: of the variable, and the first part of the names of those that go with it.
        shape: of the weight.
        axes: the axes that a product sums over: what stands along them shares a scale.
        attribute: where the layer keeps the variable.
        axis: the axis of its matrix that is summed over, which blocks divide.
        packed: the axis of its matrix along which two 4-bit numbers share a byte.
        zero_dtype: dtype of the zero points of 4-bit blocks.

    `flat` is its shape as a matrix, `matrix` that as GPTQ and AWQ see it, inputs by outputs.
    """

    def __init__(
        self, name, shape, axes, attribute="_kernel", *, axis=0, packed=1, zero_dtype="int8"
    ):
        self.name, self.shape, self.axes, self.attribute = name, tuple(shape), axes, attribute
        self.flat = self.matrix = self.shape
        self.axis, self.packed = axis, packed
        self.zero_dtype, self.zero_name = zero_dtype, f"{name}_zero"
        self.scale_shape = tuple(d for i, d in enumerate(self.shape) if i not in axes)

    def inputs(self, x):
        """Inputs as rows that the matrix is multiplied by; None if its rows are no inputs."""
        return ops.reshape(x, (-1, self.matrix[0]))

    def stored(self, scale):
        """The scales of a quantizer, as the layer keeps them."""
        return ops.squeeze(scale, self.axes)

    def spread(self, scale):
        """The scales that the layer keeps, so that they go with the weight, or with its rows."""
        return ops.expand_dims(scale, self.axis - 2)


class Mode:
    """A way of keeping weights.

    `stored` names what files hold, in their order; "weight" stands for the weight's name.
    """

    stored = "weight bias"
    at_once = True  # whether `quantize` ends it, and no examples are needed
    keeps_floats = False  # whether the weight itself stays

    def build(self, layer, layout, config):
        """Make the variables of one weight."""
        raise NotImplementedError

    def encoded(self, layer, layout, w, config):
        """The values of the variables of the weight ``w``, by their names."""
        return {}

    def integers(self, layer, layout, rows=None):
        """The integers of the weight, or of some of its rows."""
        return _rows(getattr(layer, layout.attribute), rows)

    def floats(self, layer, layout, rows=None):
        """The weight, or some of its rows, as floats again."""
        raise NotImplementedError

    def product(self, layer, layout, x, multiply, axis, training):
        """``multiply(x, weight)``, of inputs that are quantized along `axis` if the layer says so.

        The gradient is that of the floats that the integers stand for.
        """
        return multiply(_rounded(x, layer.inputs_quantizer, axis), self.floats(layer, layout))

    def bias(self, layer):
        """The bias as it is added to a product."""
        return layer.bias

    def calibrated(self, layer, layout, config, seen):
        """Put integers in the place of the weight, now that examples of its inputs were seen."""
        raise NotImplementedError(f"{type(self).__name__} needs no examples.")


def _rows(variable, rows):
    return variable if rows is None else ops.take(variable, rows, axis=0)


def _rounded(x, quantizer, axis):
    """``x`` quantized and back; gradients pass as if it were not."""
    if quantizer is None:
        return x

    @ops.custom_gradient
    def rounded(x):
        integers, scale = quantizer(x, axis=axis)
        return ops.divide(ops.cast(integers, x.dtype), scale), lambda upstream: upstream

    return rounded(x)


class Int8(Mode):
    """A byte for each number, a scale for all numbers that are summed up."""

    stored = "weight bias weight_scale"

    def build(self, layer, layout, config):
        layer._make(layout.attribute, layout.name, layout.shape, dtype="int8")
        name = f"{layout.name}_scale"
        layer._make(name, name, layout.scale_shape, initializer="ones")

    def encoded(self, layer, layout, w, config):
        default = AbsMaxQuantizer(axis=layout.axes)
        value, scale = QuantizationConfig.weight_quantizer_or_default(config, default)(w)
        return {layout.name: value, f"{layout.name}_scale": layout.stored(scale)}

    def floats(self, layer, layout, rows=None):
        scale = layout.spread(_rows(getattr(layer, f"{layout.name}_scale"), rows))
        return ops.divide(ops.cast(self.integers(layer, layout, rows), layer.compute_dtype), scale)

    def product(self, layer, layout, x, multiply, axis, training):
        # The scales, as they are kept, go with the output, of which there is less than of weights.
        w = ops.cast(self.integers(layer, layout), layer.compute_dtype)
        y = multiply(_rounded(x, layer.inputs_quantizer, axis), w)
        return ops.divide(y, getattr(layer, f"{layout.name}_scale"))


def block_size_of(layer, config):
    """How many inputs share a scale, by the config or the dtype policy; None for all of them."""
    if isinstance(config, Int4QuantizationConfig):
        size = config.block_size
    else:
        size = getattr(layer._policy, "block_size", None)
    return None if size == -1 else size


class Int4(Mode):
    """Two numbers in a byte; a scale for all that are summed up, or scale and zero by block."""

    stored = "weight bias weight_scale weight_zero g_idx"

    def build(self, layer, layout, config):
        shape = list(layout.flat)
        shape[layout.packed] = -(-shape[layout.packed] // 2)
        layer._make(layout.attribute, layout.name, shape, dtype="int8")
        size = block_size_of(layer, config)
        n = layout.flat[layout.axis]
        scales = list(layout.flat)
        if size is None:
            del scales[layout.axis]
        else:
            scales[layout.axis] = math.ceil(n / size)
        name = f"{layout.name}_scale"
        layer._make(name, name, scales, initializer="ones")
        if size is None:
            return
        name = f"{layout.name}_zero"
        layer._make(name, name, scales, dtype=layout.zero_dtype)
        if getattr(layer, "g_idx", None) is None:  # one for all weights, which have as many inputs
            layer._make("g_idx", "g_idx", (n,), dtype="float32")
            layer.g_idx.assign(ops.floor_divide(ops.arange(n, dtype="float32"), size))

    def encoded(self, layer, layout, w, config):
        w, name = ops.reshape(w, layout.flat), layout.name
        size = block_size_of(layer, config)
        if size is None:
            default = AbsMaxQuantizer(axis=layout.axis, value_range=(-8, 7))
            value, scale = QuantizationConfig.weight_quantizer_or_default(config, default)(w)
            values = {f"{name}_scale": ops.squeeze(scale, layout.axis)}
        else:
            turned = (lambda x: x) if layout.axis == 0 else ops.transpose
            parts = abs_max_quantize_grouped_with_zero_point(turned(w), size)
            value, scale, zero = (turned(part) for part in parts)
            values = {f"{name}_scale": scale, f"{name}_zero": zero}
        return {**values, name: pack_int4(value, axis=layout.packed)[0]}

    def integers(self, layer, layout, rows=None):
        packed = _rows(getattr(layer, layout.attribute), rows)
        n, axis = layout.flat[layout.packed], layout.packed - 2
        value = unpack_int4(packed, n, axis=axis)
        return ops.reshape(value, layout.shape) if rows is None else value

    def floats(self, layer, layout, rows=None):
        value = self.integers(layer, layout, rows)
        value = ops.reshape(value, layout.flat) if rows is None else value
        value = ops.cast(value, layer.compute_dtype)
        scale = _rows(getattr(layer, f"{layout.name}_scale"), rows)
        if block_size_of(layer, layer.quantization_config) is None:
            w = ops.divide(value, ops.expand_dims(scale, layout.axis - 2))
        else:
            zero = _rows(getattr(layer, f"{layout.name}_zero"), rows)
            w = dequantize(value, scale, zero, layer.g_idx, axis=layout.axis - 2)
        w = ops.cast(w, layer.compute_dtype)
        return ops.reshape(w, layout.shape) if rows is None else w


class Float8(Mode):
    """The weight stays; in products it, the inputs and the gradients are rounded to 8-bit floats.

    Scales follow the largest magnitudes of the last steps. Their new values come as their
    gradients, by which optimizers overwrite them. Micikevicius et al., 2022,
    https://arxiv.org/abs/2209.05433
    """

    stored = (
        "weight bias inputs_scale inputs_amax_history weight_scale weight_amax_history "
        "outputs_grad_scale outputs_grad_amax_history"
    )
    keeps_floats = True

    def build(self, layer, layout, config):
        default = QuantizedFloat8DTypePolicy.default_amax_history_length
        length = getattr(layer._policy, "amax_history_length", default)
        options = {"dtype": "float32", "trainable": True, "autocast": False}
        for name in ("inputs", layout.name, "outputs_grad"):
            for kind, shape, start in (("scale", (), "ones"), ("amax_history", (length,), "zeros")):
                layer._make(
                    f"{name}_{kind}", f"{name}_{kind}", shape,
                    initializer=start, overwrite_with_gradient=True, **options,
                )  # fmt: skip

    def floats(self, layer, layout, rows=None):
        return self.integers(layer, layout, rows)

    def product(self, layer, layout, x, multiply, axis, training):
        if layer.lora_enabled:
            raise NotImplementedError("A layer that trains in float8 cannot be adapted by LoRA.")

        def forward(x, name):
            return _float8(x, layer, name, "float8_e4m3fn", 448.0, bool(training))

        weight = getattr(layer, layout.attribute)
        y = multiply(forward(x, "inputs"), forward(weight, layout.name))
        return _float8_gradient(y, layer, "outputs_grad", "float8_e5m2", 57344.0)

    def bias(self, layer):
        if layer.compute_dtype != "float32":
            return layer.bias
        return ops.cast(ops.cast(layer.bias, "bfloat16"), "float32")


def _statistics(x, scale, history, largest):
    """The next scale and history after ``x`` was seen."""
    newest = ops.max(history, axis=0)
    return compute_float8_scale(newest, scale, largest), compute_float8_amax_history(x, history)


def _float8(x, layer, name, dtype, largest, training):
    """``x`` rounded to an 8-bit float; the gradient passes, and brings the new statistics."""

    @ops.custom_gradient
    def rounded(x, scale, history):
        new = _statistics(x, scale, history, largest) if training else (None, None)
        y = quantize_and_dequantize(x, scale, dtype, layer.compute_dtype)
        return y, lambda upstream: (upstream, *new)

    return rounded(x, getattr(layer, f"{name}_scale"), getattr(layer, f"{name}_amax_history"))


def _float8_gradient(y, layer, name, dtype, largest):
    """``y`` as it is, the gradient rounded to an 8-bit float on its way back."""

    @ops.custom_gradient
    def passed(y, scale, history):
        def gradient(upstream):
            dy = quantize_and_dequantize(upstream, scale, dtype, layer.compute_dtype)
            return (dy, *_statistics(upstream, scale, history, largest))

        return y, gradient

    return passed(y, getattr(layer, f"{name}_scale"), getattr(layer, f"{name}_amax_history"))


class GPTQ(Mode):
    """Bytes, or two numbers in a byte, chosen by the help of examples; transposed."""

    stored = "bias quantized_weight weight_scale weight_zero g_idx"
    at_once = False
    flag = "is_gptq_calibrated"

    def bits(self, layer, config=None):
        return layer._policy.weight_bits if config is None else config.weight_bits

    def build(self, layer, layout, config):
        size = (layer._policy if config is None else config).group_size
        rows, columns = layout.matrix
        halves = -(-columns // 2) if self.bits(layer, config) == 4 else columns
        groups = 1 if size == -1 else math.ceil(rows / size)
        setattr(layer, self.flag, False)
        name = layout.name
        layer._make(f"quantized_{name}", name, (halves, rows), dtype="uint8")
        layer._make(f"{name}_scale", f"{name}_scale", (columns, groups), initializer="ones")
        layer._make(f"{name}_zero", layout.zero_name, (columns, groups), dtype="uint8")
        self._make_factors(layer, rows)
        layer._make("g_idx", "g_idx", (rows,), dtype="float32")

    def _make_factors(self, layer, rows):
        pass

    def integers(self, layer, layout, rows=None):
        if hasattr(layer, layout.attribute):  # not calibrated yet
            return getattr(layer, layout.attribute)
        value = getattr(layer, f"quantized_{layout.name}")
        if self.bits(layer) == 4:
            return unpack_int4(value, layout.matrix[1], axis=0, dtype="uint8")
        return ops.convert_to_tensor(value)

    def floats(self, layer, layout, rows=None):
        value = self.integers(layer, layout)
        if hasattr(layer, layout.attribute):
            return value
        scale, zero = (getattr(layer, f"{layout.name}_{kind}") for kind in ("scale", "zero"))
        w = ops.transpose(dequantize(value, scale, zero, layer.g_idx))
        return ops.reshape(self._without_factors(layer, w), layout.shape)

    def _without_factors(self, layer, w):
        return w

    def calibrated(self, layer, layout, config, seen):
        w = ops.convert_to_numpy(ops.reshape(getattr(layer, layout.attribute), layout.matrix))
        found = config.quantized(w.T.copy(), seen)
        value = found.integers
        if self.bits(layer) == 4:
            value = pack_int4(value, axis=0, dtype="uint8")[0]
        delattr(layer, layout.attribute)
        values = {
            f"quantized_{layout.name}": value,
            f"{layout.name}_scale": found.levels.scale,
            f"{layout.name}_zero": found.levels.zero,
            "g_idx": found.groups,
            "awq_scales": found.factors,
        }
        for name, value in values.items():
            if value is not None:
                getattr(layer, name).assign(value)
        setattr(layer, self.flag, True)


class AWQ(GPTQ):
    """As GPTQ's, with a factor for each input."""

    stored = "bias quantized_weight weight_scale weight_zero awq_scales g_idx"
    flag = "is_awq_calibrated"

    def _make_factors(self, layer, rows):
        layer._make("awq_scales", "awq_scales", (rows,), initializer="ones")

    def _without_factors(self, layer, w):
        return ops.divide(w, ops.expand_dims(layer.awq_scales, -1))


class Floats(Mode):
    """Not quantized."""

    keeps_floats = True


MODES: dict[str | None, Mode] = {
    None: Floats(),
    "int8": Int8(),
    "int4": Int4(),
    "float8": Float8(),
    "gptq": GPTQ(),
    "awq": AWQ(),
}
