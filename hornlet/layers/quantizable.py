"""Layers whose main weight can be quantized, and adapted by LoRA: what they share.

How a weight is kept in each mode stands in `quantized_modes`.
"""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.serialization import deserialize_keras_object
from hornlet.layers.base import Layer
from hornlet.layers.lora import LowRank
from hornlet.layers.quantized_modes import MODES, Layout, Mode, block_size_of
from hornlet.quantizers.quantization_config import QuantizationConfig
from hornlet.quantizers.quantizer import AbsMaxQuantizer


class Quantizable(LowRank, Layer):
    """Base of layers with a main weight, ``self._kernel``, that can be kept in fewer bits.

    A layer says by `_layouts(shape)` how its weights look to quantization, main weight first, and
    computes from `self._mode`: from its `product`, or from its `floats`.
    """

    weight_name = "kernel"
    has_bias = True
    modes: tuple = tuple(MODES)
    inputs_quantizer: Any = None
    inputs_quantizers: dict[str, Any] = {"int8": AbsMaxQuantizer()}  # defaults by mode
    is_gptq_calibrated = False
    is_awq_calibrated = False
    _layouts_built: tuple[Layout, ...] = ()

    def _layouts(self, shape: tuple) -> tuple[Layout, ...]:
        """The weights that are quantized, when the main one has this shape."""
        raise NotImplementedError

    @property
    def _mode(self) -> Mode:
        return MODES[self.quantization_mode]

    def _make(
        self, attribute, name, shape, dtype=None, initializer="zeros", trainable=False, **options
    ):
        variable = self.add_weight(
            shape, initializer, dtype, name=name, trainable=trainable, **options
        )
        setattr(self, attribute, variable)

    def _check_mode(self, mode):
        if mode not in self.modes:
            expected = tuple(m for m in self.modes if m)
            raise NotImplementedError(
                f"Layer {type(self).__name__} can be quantized in the modes {expected}. Received: "
                f"mode={mode!r}"
            )

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Keep the weights in fewer bits.

        Args:
            mode: "int8", "int4", "float8" (to train in), "gptq" or "awq" (which take effect when
                the model was calibrated; see `keras.Model.quantize`), as far as the layer has
                them.
            type_check: whether a subclass, which may compute otherwise, is refused.
            config: a `keras.quantizers.QuantizationConfig`, the mode's default one if None.

        Raises:
            ValueError: a layer that is not built or is quantized already, a config of another
                mode.
            NotImplementedError: a mode that the layer does not have, or a subclass.

        >>> layer = keras.layers.Dense(2)
        >>> layer.build((None, 3))
        >>> layer.quantize("int8")
        >>> layer.kernel.dtype, layer.dtype_policy.name
        ('int8', 'int8_from_float32')
        """
        if type_check and "_layouts" not in vars(type(self)):
            raise NotImplementedError(
                f"Layer {type(self).__name__} is a subclass that may compute otherwise. Pass "
                "`type_check=False` to `quantize` if it does not."
            )
        self._check_mode(mode)
        self.quantization_config = config
        kind, shape = MODES[mode], tuple(self._kernel.shape)
        values = {}
        if kind.at_once and not kind.keeps_floats:
            for layout in self._layouts(shape):
                values.update(kind.encoded(self, layout, getattr(self, layout.attribute), config))
                delattr(self, layout.attribute)
        self.quantized_build(shape, mode, config)
        for name, value in values.items():
            self._variable(name).assign(value)
        if self.quantization_mode is None:
            self.dtype_policy = f"{self._policy_name(mode, config)}_from_{self._policy.name}"

    def _policy_name(self, mode, config):
        if mode == "int4":
            size = block_size_of(self, config)
            return f"int4/{-1 if size is None else size}"
        return mode if MODES[mode].at_once else config.dtype_policy_string()

    def quantized_build(self, kernel_shape: Any, mode: Any, config: Any = None) -> None:
        """Make the variables of a mode of quantization.

        Args:
            kernel_shape: shape of the kernel.
            mode: "int8", "int4", "float8", "gptq" or "awq".
            config: a `keras.quantizers.QuantizationConfig`, or None.
        """
        self._build_quantized(kernel_shape, mode, config)

    def _build_quantized(self, shape, mode, config):
        """Make the variables of a mode, for a main weight of this shape."""
        self._check_mode(mode)
        self._layouts_built = self._layouts(tuple(shape))
        if mode in ("int8", "int4"):
            default = self.inputs_quantizers.get(mode)
            chosen = QuantizationConfig.activation_quantizer_or_default(config, default)
            self.inputs_quantizer = chosen
        for layout in self._layouts_built:
            MODES[mode].build(self, layout, config)
        self._is_quantized = True

    def calibration_size(self) -> int:
        """The number of inputs of the matrix that GPTQ and AWQ see."""
        return self._layouts_built[0].matrix[0]

    def calibration_inputs(self, x: Any) -> Any:
        """Inputs of a call as the rows that the matrix is multiplied by, or None."""
        return self._layouts_built[0].inputs(x)

    def calibrate(self, config: Any, seen: Any) -> None:
        """Put integers in the place of the weight, now that its inputs were seen.

        Args:
            config: a `GPTQConfig` or `AWQConfig`.
            seen: the `Statistics` of the inputs.
        """
        self._mode.calibrated(self, self._layouts_built[0], config, seen)

    def _weight(self):
        """The main weight as it is kept: floats, LoRA's product included, or integers."""
        if self._mode.keeps_floats or not self._layouts_built:
            return self.adapted()
        return self._mode.integers(self, self._layouts_built[0])

    def _weight_shape(self):
        if self._layouts_built:
            return self._layouts_built[0].shape
        return super()._weight_shape()

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the main weight and train a product of rank `rank` that is added to it.

        Args:
            rank: number of columns of `a` and rows of `b`.
            lora_alpha: the product counts `lora_alpha / rank` times; by default once.
            a_initializer, b_initializer: initializers of the two matrices.

        Raises:
            ValueError: on a layer that is not built, is adapted already or has a constraint on
                its main weight.
            NotImplementedError: on a layer quantized by GPTQ or AWQ.
        """
        if not self._mode.at_once:
            raise NotImplementedError(
                f"LoRA does not go together with the mode {self.quantization_mode!r}. Quantize "
                f"layer '{self.name}' in the mode 'int8' or 'int4'."
            )
        super().enable_lora(rank, lora_alpha, a_initializer, b_initializer)

    # Files.

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The names of the variables in a file, in order, by mode; None is without one."""
        spec = {}
        for mode in self.modes:
            names = [name for name in MODES[mode].stored.split() if self.has_bias or name != "bias"]
            spec[mode] = [name.replace("weight", self.weight_name) for name in names]
        return spec

    def _variable(self, name):
        """The variable of that name in a file, or None."""
        return getattr(self, "_kernel" if name == self.weight_name else name, None)

    def _stored(self):
        """Names and variables in a file, in order."""
        names = self.variable_serialization_spec[self.quantization_mode]
        found = [(name, self._variable(name)) for name in names]
        return [(name, variable) for name, variable in found if variable is not None]

    def _is_plain(self):
        return self.quantization_mode is None and not self.lora_enabled

    def _merged(self):
        """The values of variables with LoRA's product in the main weight."""
        if self._mode.keeps_floats:
            return {self.weight_name: self.adapted()}
        layout = self._layouts_built[0]
        w = ops.add(self._mode.floats(self, layout), self.lora_product())
        return self._mode.encoded(self, layout, w, self.quantization_config)

    def load_own_variables(self, store: Any) -> None:
        """Read the weights; LoRA's product starts anew from zero."""
        super().load_own_variables(store)
        if not self.built:
            return
        # What a file holds was calibrated.
        self.is_gptq_calibrated = self.quantization_mode == "gptq"
        self.is_awq_calibrated = self.quantization_mode == "awq"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned."""
        quantization = deserialize_keras_object(config.get("quantization_config"))
        return super().from_config({**config, "quantization_config": quantization})


class QuantizableKernel(Quantizable):
    """Base of layers that multiply their input by a kernel, add a bias and activate."""

    inputs_axis: Any = -1  # the axes of the input that are summed over

    def _build_kernel(self, shape, initializer):
        mode = self.quantization_mode
        if mode is not None:
            self.quantized_build(shape, mode, self.quantization_config)
        if self._mode.keeps_floats:
            self._kernel = self.add_weight(
                shape, initializer, name="kernel",
                regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
            )  # fmt: skip

    def _multiply(self, x, kernel):
        raise NotImplementedError

    def _quantized_call(self, inputs: Any, training: bool | None = None) -> Any:
        y = self._mode.product(
            self, self._layouts_built[0], inputs, self._multiply, self.inputs_axis, training
        )
        if self.lora_enabled:
            y = ops.add(y, self._multiply(inputs, self.lora_product()))
            y = ops.cast(y, self.compute_dtype)
        return self._finished(y)

    def _finished(self, y):
        if self.bias is not None:
            y = ops.add(y, self._mode.bias(self))
        return y if self.activation is None else self.activation(y)
