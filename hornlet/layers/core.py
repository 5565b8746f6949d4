"""The layers most models are made of: Dense, Activation, Identity, Masking, Lambda."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.layers.arguments import keep, positive
from hornlet.layers.base import Layer
from hornlet.layers.quantizable import QuantizableKernel
from hornlet.layers.quantized_modes import Layout
from hornlet.layers.spec import InputSpec
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import infer


@register("keras.layers")
class Dense(QuantizableKernel):
    """Densely connected layer: ``y = activation(x @ kernel + bias)``.

    Args:
        units: positive integer, width of the output.
        activation: name or function of the activation, none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights start.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: projections of the weights after an update.
        lora_rank: train a product of two matrices of this rank in the kernel's place.
        lora_alpha: weight of that product times `lora_rank`.
        quantization_config: how a layer of a quantized `dtype` keeps its weights, a
            `keras.quantizers.QuantizationConfig`.

    Input shape: ``(batch, ..., n)``. Output shape: ``(batch, ..., units)``.
    Weights: `kernel` of shape ``(n, units)``, `bias` of shape ``(units,)``.

    >>> keras.layers.Dense(3, activation="relu")(np.ones((2, 5))).shape
    (2, 3)
    """

    _config_exclude = ("activity_regularizer", "lora_rank", "lora_alpha")

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        positive("units", units)
        keep(self, locals())
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        n = input_shape[-1]
        self._build_kernel((n, self.units), self.kernel_initializer)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,), self.bias_initializer, name="bias",
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
            )  # fmt: skip
        self.input_spec = InputSpec(min_ndim=2, axes={-1: n})
        self._start_lora()

    @property
    def kernel(self) -> Any:
        """The matrix that multiplies the input, the LoRA product included."""
        return self._weight()

    def _layouts(self, shape: tuple) -> tuple[Layout, ...]:
        return (Layout("kernel", shape, axes=(0,)),)

    def _multiply(self, x: Any, kernel: Any) -> Any:
        return ops.matmul(x, kernel)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self._finished(ops.matmul(inputs, self.kernel))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._lora_config()}


@register("keras.layers")
class Activation(Layer):
    """Apply an activation function: ``y = activation(x)``.

    Args:
        activation: name or function.

    >>> keras.layers.Activation("relu")(np.array([-1.0, 2.0]))
    array([0., 2.], dtype=float32)
    """

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        keep(self, locals())
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)


@register("keras.layers")
class Identity(Layer):
    """Return the input as it is: ``y = x``.

    >>> keras.layers.Identity()(np.array([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs


@register("keras.layers")
class Masking(Layer):
    """Tell the layers that follow to skip the time steps whose features all equal `mask_value`.

    Those steps come out as zeros, and the mask ``any(x != mask_value, axis=-1)`` goes with them.

    Args:
        mask_value: the value that marks a step to skip.

    Input and output shape: ``(batch, steps, ...)``.

    >>> x = np.array([[[1.0], [0.0]]])
    >>> keras.layers.Masking().compute_mask(x)
    array([[ True, False]])
    """

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(mask_value, dict):
            mask_value = deserialize_keras_object(mask_value)
        self.mask_value = mask_value
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        keeps = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.where(keeps, inputs, ops.zeros_like(inputs))


@register("keras.layers")
class Lambda(Layer):
    """Apply a Python function: ``y = function(x, **arguments)``.

    A file names the function and never holds its code: to save and load such a layer, register
    the function with `keras.saving.register_keras_serializable`. A subclass of `Layer` is
    preferable for anything that lasts.

    Args:
        function: called with the input, and with `mask` and `training` if it takes them.
        output_shape: found by tracing; a shape without the batch, or a function from input
            shape to output shape, says it instead.
        mask: None, a mask, or a function ``mask(inputs, mask)``.
        arguments: dictionary of further keyword arguments of `function`.

    >>> keras.layers.Lambda(lambda x: x ** 2)(np.array([1.0, 3.0]))
    array([1., 9.], dtype=float32)
    """

    _config_exclude = ("output_shape", "mask")

    def __init__(
        self,
        function: Callable,
        output_shape: Any = None,
        mask: Any = None,
        arguments: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(
                "Argument `function` of a Lambda layer must be callable. Received: "
                f"function={function!r}"
            )
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self._output_shape = output_shape if callable(output_shape) or not output_shape else (
            tuple(output_shape)
        )
        self.supports_masking = mask is not None
        code = getattr(function, "__code__", None)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
        self._takes = tuple(name for name in ("mask", "training") if name in names)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        given = self._output_shape
        if given is None:
            return infer(self.call, args, kwargs)
        first = args[0].shape
        shape = given(first) if callable(given) else (first[0], *given)
        return KerasTensor(shape, dtype=self.compute_dtype)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        given = {"mask": mask, "training": training}
        extra = {name: given[name] for name in self._takes}
        return self.function(inputs, **{**self.arguments, **extra})

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name, value in (("output_shape", self._output_shape), ("mask", self.mask)):
            if value is not None:
                config[name] = serialize_keras_object(value)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: Any = None
    ) -> Any:
        config = dict(config)
        for name in ("function", "output_shape", "mask", "arguments"):
            value = config.get(name)
            if isinstance(value, dict) and value.get("class_name") == "__lambda__":
                raise ValueError(
                    f"The `{name}` of this Lambda layer is a Python lambda, stored as bytecode. "
                    "Loading a file never runs code. Build the model in Python and load its "
                    "weights with `load_weights`, or store a registered function instead "
                    "(`keras.saving.register_keras_serializable`)."
                )
            config[name] = deserialize_keras_object(value, custom_objects=custom_objects)
        return cls(**config)
