"""Layer, the base class of all layers: constructor, output shapes, config."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import hornlet.regularizers as regularizers
from hornlet.base import nest
from hornlet.base.configurable import Configurable, constructor_config, signature_of
from hornlet.base.registry import register
from hornlet.layers.arguments import deprecated
from hornlet.layers.building import is_shape
from hornlet.layers.call import CallSpec, shapes_for, signature
from hornlet.layers.quantizing import WithQuantization
from hornlet.tensor import dtype_policy as policies
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import infer
from hornlet.tensor.scope import ShapesOnly, StatelessScope

BASE_ARGUMENTS = ("activity_regularizer", "trainable", "dtype", "autocast", "name")


@register("keras", aliases=("keras.layers.Layer",))
class Layer(WithQuantization, Configurable):
    """Base of all layers: something callable on tensors, with weights.

    A subclass keeps its constructor's arguments as attributes of the same names, makes its weights
    in `build(input_shape)` by `add_weight`, and computes in `call(inputs)`, with functions of
    `keras.ops` or plain NumPy ones. `call` may take `training` and `mask`; they are handed over
    when the caller, or the layer around, has them. Sublayers and variables assigned to attributes
    are found by themselves.

    Args:
        activity_regularizer: penalty on the output, divided by the batch size.
        trainable: whether its weights are updated by optimizers.
        dtype: dtype or dtype policy of computation and weights.
        autocast: whether float inputs are cast to the compute dtype.
        name: made up from the class's name if None.

    >>> class Scale(keras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.w = self.add_weight((input_shape[-1],), "ones")
    ...     def call(self, x):
    ...         return np.tanh(x) * self.w
    >>> layer = Scale()
    >>> layer(np.zeros((2, 3), "float32")).shape, len(layer.trainable_weights)
    ((2, 3), 1)
    """

    supports_jit = True
    reads_values = False  # one by one, so that a step with this layer cannot be traced
    supports_masking: bool = False

    if TYPE_CHECKING:  # arguments, weights and sublayers become attributes as a layer is made

        def __getattr__(self, name: str) -> Any: ...

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ):
        self._start_tracking()
        object.__setattr__(self, "_trainable", trainable)
        super().__init__(name=name)
        self._dtype_policy = policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        input_dim = kwargs.pop("input_dim", None)
        shape = kwargs.pop("input_shape", None) if input_dim is None else (input_dim,)
        if shape is not None:
            name = "input_shape" if input_dim is None else "input_dim"
            advice = "Begin a Sequential model with `keras.Input(shape)` instead."
            deprecated(name, shape if input_dim is None else input_dim, advice)
            self._input_shape_arg = shape
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}"
            )
        if not isinstance(trainable, bool):
            raise ValueError(
                "Expected `trainable` to be a boolean. Received: "
                f"trainable={trainable!r} (of type {type(trainable).__name__})"
            )
        self.built = self._build_is_default and _needs_no_build(type(self))
        self.autocast = autocast
        self.input_spec = None
        self._path: str | None = None
        self._parent_path: str | None = None
        self._called = False
        plain = object.__setattr__
        plain(self, "_losses", [])
        plain(self, "_loss_ids", set())
        plain(self, "_build_shapes_dict", None)
        plain(self, "_call_signature", signature(self.call))
        args, given = self._constructor
        given = {k: v for k, v in given.items() if k not in BASE_ARGUMENTS}
        plain(self, "_constructor", (args, given))

    @property
    def path(self) -> str | None:
        """The names of the layers it is in and its own; None before it is built."""
        return self._path

    # Shapes of the output.

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The symbols that a call on these symbols returns."""
        method = type(self).compute_output_shape
        if method is Layer.compute_output_shape:
            return self._inferred(args, kwargs)
        sign = self._call_signature
        spec = CallSpec(sign.bind(args, kwargs, f"{type(self).__name__}.call()"), sign)
        wanted = shapes_for(self.compute_output_shape, spec.shapes(), spec, type(self).__name__)
        return _symbols(self.compute_output_shape(**wanted), self.compute_dtype, self)

    def _inferred(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        if not self.built and not self._build_is_default:
            return self._inferred_by_twin(args, kwargs)
        try:
            return infer(self._as_called, args, kwargs)
        except Exception as error:
            note = (
                f"Could not infer the output of '{self.name}' (of type {type(self).__name__}) by "
                "tracing its `call()`. Either `call()` is incorrect, or the layer needs a "
                f"`compute_output_shape(self, input_shape)`.\nThe error was: {error}"
            )
            try:
                renewed = type(error)(note)
            except Exception:
                raise error from None
            raise renewed.with_traceback(error.__traceback__) from None

    def _inferred_by_twin(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A copy is built, of variables without memory: asking for a shape changes nothing."""
        twin = copy.deepcopy(self)
        sign = self._call_signature
        spec = CallSpec(sign.bind(args, kwargs, f"{type(self).__name__}.call()"), sign)
        with ShapesOnly():
            twin.build(**shapes_for(twin.build, spec.shapes(), spec, type(self).__name__))
            return twin.compute_output_spec(*args, **kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the output for inputs of the given shape (or shapes, by name)."""
        if any(not layer.built for layer in self._flatten_layers()):
            # A copy is built, of variables without memory: asking for a shape changes nothing.
            twin = copy.deepcopy(self)
            with ShapesOnly():
                if not self._build_is_default:
                    twin.build(*args, **kwargs)
                return twin._output_shape_of(args, kwargs)
        return self._output_shape_of(args, kwargs)

    def _output_shape_of(self, args: tuple, kwargs: dict[str, Any]) -> Any:
        if "input_shape" in kwargs and "input" not in self._call_signature.known:
            args, kwargs = (kwargs["input_shape"],), {}

        def symbols(shape: Any) -> Any:
            return None if shape is None else _symbols(shape, self.compute_dtype, self)

        outputs = self.compute_output_spec(
            *map(symbols, args),
            **{key[: -len("_shape")]: symbols(shape) for key, shape in kwargs.items()},
        )
        return nest.map_structure(lambda y: getattr(y, "shape", None), outputs)

    # Config.

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with name, trainable and dtype policy, as plain values."""
        self._check_super_called()
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": policies.serialize(self._dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        config.update(
            (k, v)
            for k, v in constructor_config(self, Layer).items()
            if k not in BASE_ARGUMENTS or k == "activity_regularizer"
        )
        if not _defines_no_config(type(self)):
            return config
        if not _takes(type(self), "name"):
            del config["name"]
        elif type(self).__init__ is Layer.__init__ and not _is_own(type(self)):
            config.setdefault("activity_regularizer", None)
            config["autocast"] = self.autocast
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a layer from what `get_config` returned."""
        config = dict(config)
        if isinstance(config.get("dtype"), dict):
            policy = policies.deserialize(config["dtype"])
            # A plain policy comes to constructors as what users write: its name.
            config["dtype"] = policy.name if type(policy) is policies.DTypePolicy else policy
        trainable = config.get("trainable", True)
        layer = super().from_config(
            {k: v for k, v in config.items() if k not in BASE_ARGUMENTS or _takes(cls, k)}
        )
        if not trainable:
            layer.trainable = False
        return layer

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple:
        """Call with other values of the variables; returns the output and their new values.

        Args:
            trainable_variables: values in the order of `self.trainable_variables`.
            non_trainable_variables: values in the order of `self.non_trainable_variables`.
            *args, **kwargs: arguments of the call.
            return_losses: whether the list of losses is returned too.

        Returns:
            ``(outputs, non_trainable_variables)``, and the losses if asked for.

        >>> layer = keras.layers.Dense(1)
        >>> layer.build((None, 2))
        >>> y, rest = layer.stateless_call([np.ones((2, 1)), np.ones(1)], [], np.ones((1, 2)))
        >>> y
        array([[3.]], dtype=float32)
        """
        self._check_super_called()
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables "
                "must have been already created). You can build it by calling it on some data."
            )
        mapping: list[tuple] = []
        for name, values in (
            ("trainable_variables", trainable_variables),
            ("non_trainable_variables", non_trainable_variables),
        ):
            own = getattr(self, name)
            if len(values) != len(own):
                raise ValueError(
                    f"Argument `{name}` must be a list of tensors corresponding 1:1 to "
                    f"{type(self).__name__}().{name}. Received list with length {len(values)}, "
                    f"but expected {len(own)} variables."
                )
            mapping += zip(own, values)
        with StatelessScope(mapping, collect_losses=return_losses) as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else None
        new = [scope.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, new, losses) if return_losses else (outputs, new)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _is_own(cls: type) -> bool:
    return cls.__module__.startswith("hornlet.")


def _takes(cls: type, argument: str) -> bool:
    """Whether a class's constructor takes one of the base's arguments."""
    for base in cls.__mro__:
        sign = signature_of(base)
        if sign is not None:
            if argument in sign.names:
                return True
            if not sign.varkw and not _is_own(base):
                return False
    return True


# Families (modules whose names begin so) without weights of which files keep the shape anyway.
_RECORDED = (
    "adaptive_pooling", "discretization", "encoding", "hashing", "image", "padding", "pipeline",
    "preprocessing", "reshaping",
)  # fmt: skip


def _needs_no_build(cls: type) -> bool:
    """Whether a class is one of the library's that have no weights."""
    package, _, module = cls.__module__.rpartition(".")
    recorded = module.startswith(_RECORDED) or cls.__name__ == "Lambda"
    return package == "hornlet.layers" and not recorded


def _defines_no_config(cls: type) -> bool:
    """Whether `get_config` is the library's."""
    definer = next(c for c in cls.__mro__ if "get_config" in vars(c))
    return _is_own(definer)


def _symbols(shape: Any, dtype: str, layer: Any) -> Any:
    """KerasTensors of a shape or a nest of shapes."""
    if is_shape(shape):
        return KerasTensor(tuple(shape), dtype=dtype)
    if isinstance(shape, dict):
        return {k: _symbols(s, dtype, layer) for k, s in shape.items()}
    if isinstance(shape, (list, tuple)):
        return type(shape)(_symbols(s, dtype, layer) for s in shape)
    raise ValueError(
        f"Method `compute_output_shape()` of layer {type(layer).__name__} is returning a type that "
        f"cannot be interpreted as a shape. It should return a shape tuple. Received: {shape!r}"
    )
