"""How a layer is built: before and after `build`, from the shapes of a call or of a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from hornlet.base import nest
from hornlet.base.names import current_path, name_scope
from hornlet.layers.call import CallSpec, shapes_for, signature
from hornlet.layers.spec import assert_input_compatibility
from hornlet.layers.weights import WithWeights
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import infer


def _building(build: Callable) -> Callable:
    """A class's `build`, with what is due before and after it."""

    @wraps(build)
    def building(self, *args, **kwargs):
        if self._is_building:  # a subclass's build has called super().build
            build(self, *args, **kwargs)
            return
        self._check_super_called()
        self._is_building = True
        try:
            with self._open_name_scope():
                self._path = current_path()
                build(self, *args, **kwargs)
        finally:
            self._is_building = False
        bound = signature(self.build).bind(args, kwargs, f"{type(self).__name__}.build()")
        object.__setattr__(self, "_build_shapes_dict", bound)
        self.built = True
        self._post_build()
        self._lock_state()

    return building


class WithBuild(WithWeights):
    """What makes its weights in `build`, at the first call or when it is told a shape."""

    supports_masking: bool = False
    input_spec: Any
    _is_building = False
    _build_is_default = True
    _build_shapes_dict: dict[str, Any] | None
    _parent_path: str | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _building(vars(cls)["build"])  # type: ignore[method-assign]
            cls._build_is_default = False
        if "compute_mask" in vars(cls) and "supports_masking" not in vars(cls):
            cls.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of this shape; layers with weights of their own define it."""
        if self._is_building:
            # A subclass's build has called this one; it goes on to make weights and layers.
            self.built = True
            return
        with self._open_name_scope():
            unbuilt = any(not layer.built for layer in self._layers)
            if self._build_is_default and unbuilt and input_shape is not None:
                self._build_by_run(input_shape)
            self._mark_built(input_shape)

    def _build_by_run(self, input_shape: Any) -> None:
        """Let the sublayers build themselves, in a call on a symbol of this shape."""
        dtype = self.input_dtype
        try:
            infer(self._computation, (_symbols(input_shape, dtype),))
        except Exception as error:
            import warnings

            warnings.warn(
                f"`build()` was called on layer '{self.name}', which has layers that are not built "
                "yet, and calling it on symbols of this shape failed. Define `build(input_shape)`, "
                f"or call the layer on data. The error was: {error}",
                stacklevel=3,
            )

    def _mark_built(self, input_shape: Any) -> None:
        self.built = True
        object.__setattr__(self, "_build_shapes_dict", {"input_shape": input_shape})
        self._path = current_path()
        self._post_build()
        self._lock_state()

    def _post_build(self) -> None:
        """Called when the layer has been built."""

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes the layer was built with, or None."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Build with the shapes that `get_build_config` returned."""
        if config:
            if "input_shape" in config:
                self.build(_tuples(config["input_shape"]))
            elif "shapes_dict" in config:
                self.build(**{k: _tuples(v) for k, v in config["shapes_dict"].items()})

    def _maybe_build(self, spec: CallSpec) -> None:
        shapes = spec.shapes()
        if self._build_is_default:
            if any(not layer.built for layer in self._layers):
                self._build_sublayers(spec)
            self._mark_built(next(iter(shapes.values()), None))
            return
        self.build(**shapes_for(self.build, shapes, spec, type(self).__name__))
        assert_input_compatibility(self.input_spec, spec.first, self.name)

    def _build_sublayers(self, spec: CallSpec) -> None:
        """Let the sublayers build themselves; a call on arrays or Tensors does so anyway."""
        if any(isinstance(x, KerasTensor) for x in nest.flatten(list(spec.tensors.values()))):
            infer(self._computation, (), spec.given)

    def _open_name_scope(self) -> Any:
        if self._parent_path is None:
            self._parent_path = current_path()
        return name_scope(self.name, caller=self)


def _symbols(shape: Any, dtype: str) -> Any:
    if is_shape(shape):
        return KerasTensor(tuple(shape), dtype=dtype)
    if isinstance(shape, dict):
        return {k: _symbols(s, dtype) for k, s in shape.items()}
    return [_symbols(s, dtype) for s in shape]


def is_shape(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and all(
        d is None or (hasattr(d, "__index__") and not isinstance(d, bool)) for d in x
    )


def _tuples(shape: Any) -> Any:
    """Shapes read from JSON: innermost lists become tuples."""
    if is_shape(shape):
        return tuple(shape)
    if isinstance(shape, dict):
        return {k: _tuples(s) for k, s in shape.items()}
    return [_tuples(s) for s in shape] if isinstance(shape, (list, tuple)) else shape
