"""How a layer is called: inputs converted, `training` and masks handed over, a node recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.dtypes import is_float
from hornlet.engine.tensor import Tensor
from hornlet.layers.building import WithBuild
from hornlet.layers.call import CURRENT, CallContext, CallSpec, Signature, is_value
from hornlet.layers.spec import assert_input_compatibility
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.masks import get_mask, masks_of, set_mask
from hornlet.tensor.node import Node
from hornlet.tensor.operation import any_symbolic
from hornlet.tensor.scope import STATE, AutocastScope


class WithCall(WithBuild):
    """What is called on arrays, traced Tensors, symbols and nests of them."""

    _allow_non_tensor_positional_args = False
    _convert_input_args = True
    _call_signature: Signature
    activity_regularizer: Any
    autocast: bool

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; every subclass defines it."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call()` method implemented."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._check_super_called()
        object.__setattr__(self, "_called", True)
        original = args, kwargs
        symbolic = any_symbolic(args, kwargs)
        if self._convert_input_args:
            if len(args) == 1 and not kwargs and type(args[0]) in (Tensor, np.ndarray):
                args = (self._converted(args[0]),)
            else:
                args, kwargs = nest.map_structure(self._converted, (args, kwargs))
        if not self._allow_non_tensor_positional_args:
            _refuse_non_tensors(args)
        sign = self._call_signature
        converted = (
            len(args) != 1
            or any(x is not y for x, y in zip(original[0], args))
            or original[1]
        )
        kwargs = dict(kwargs)
        training = kwargs.get("training")
        user_training = "training" in kwargs
        if user_training and "training" not in sign.known and sign.varkw is None:
            del kwargs["training"]
        spec = CallSpec(sign.bind(args, kwargs, f"{type(self).__name__}.call()"), sign)
        if not user_training and "training" in spec.given:
            training, user_training = spec.given["training"], True
        if self.input_spec is not None:
            assert_input_compatibility(self.input_spec, spec.first, self.name)
        context = CURRENT.context
        entry = context is None
        if context is None:
            context = CURRENT.context = CallContext(self)
            self._clear_losses()
        outer_training = context.training
        try:
            with self._open_name_scope():
                if not self.built:
                    self._maybe_build(spec)
                if not user_training:
                    training = context.training
                    if training is None:
                        training = sign.defaults.get("training")
                    if training is not None and "training" in sign.known:
                        kwargs["training"] = training
                context.training = training
                previous = self._take_masks(spec, kwargs, symbolic)
                outputs = self._autocast(self._run, args, kwargs)
                if not self.built:
                    self.built = True
                if self.activity_regularizer is not None:
                    self._regularize_activity(outputs)
            if self.supports_masking:
                self._give_masks(spec.first, outputs, previous)
            elif previous is not None and any(m is not None for m in nest.flatten(previous)):
                self._warn_of_lost_mask()
        finally:
            context.training = outer_training
            if entry:
                CURRENT.context = None
        if symbolic:
            # As in Keras's files: masks and `training` are part of a call whose input fits as is.
            Node(self, original[0], original[1] if converted else kwargs, outputs)
        return outputs

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        if any_symbolic(args, kwargs):
            return self.compute_output_spec(*args, **kwargs)
        return self._computation(*args, **kwargs)

    def _as_called(self, *args: Any, **kwargs: Any) -> Any:
        """The computation on inputs and weights of the dtypes that they have in a call."""
        if self._convert_input_args:
            args, kwargs = nest.map_structure(self._converted, (args, kwargs))
        return self._autocast(self._computation, args, kwargs)

    def _autocast(self, function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """`function` where weights read as the compute dtype."""
        scope = self._autocast_scope()
        if scope is None:
            return function(*args, **kwargs)
        with scope:
            return function(*args, **kwargs)

    def _converted(self, x: Any) -> Any:
        """`x` as the layer's dtype policy converts it."""
        return self._policy.convert_input(x, self.autocast, self.input_dtype)

    def _autocast_scope(self) -> AutocastScope | None:
        policy, current = self._policy, STATE.autocast
        if current is None:
            if policy.compute_dtype == policy.variable_dtype:
                return None
        elif not self.autocast or not is_float(policy.compute_dtype):
            return AutocastScope(None)
        elif current.dtype == policy.compute_dtype:
            return None
        return AutocastScope(policy.compute_dtype if is_float(policy.compute_dtype) else None)

    def _regularize_activity(self, outputs: Any) -> None:
        for y in nest.flatten(outputs):
            if is_value(y) and not isinstance(y, KerasTensor):
                loss = self.activity_regularizer(y)  # type: ignore[misc]
                self.add_loss(loss / y.shape[0] if y.ndim and y.shape[0] else loss)

    # Masks.

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the output; by default that of the input."""
        return previous_mask

    def _take_masks(self, spec: CallSpec, kwargs: dict[str, Any], symbolic: bool) -> Any:
        """Hand over the masks of the arguments where `call` asks for them; gives the first's."""
        known = self._call_signature.known
        if len(spec.tensors) == 1 and "mask" in known:
            if spec.arguments.get("mask") is None:
                (value,) = spec.tensors.values()
                mask = masks_of(value)
                if mask is not None or symbolic:
                    kwargs["mask"] = mask
        elif len(spec.tensors) > 1:
            for name, value in spec.tensors.items():
                wanted = f"{name}_mask"
                if wanted in known and spec.arguments.get(wanted) is None:
                    mask = masks_of(value)
                    if mask is not None or symbolic:
                        kwargs[wanted] = mask
        given = kwargs.get("mask")
        return masks_of(spec.first) if given is None else given

    def _give_masks(self, first: Any, outputs: Any, previous: Any) -> None:
        flat = nest.flatten(outputs)
        if all(get_mask(y) is not None for y in flat):
            return
        if previous is None and isinstance(first, (list, tuple, dict)):
            previous = nest.map_structure(lambda _: None, first)
        masks = self.compute_mask(first, previous)
        if masks is None:
            return
        for y, mask in zip(flat, nest.flatten(masks)):
            if mask is not None and is_value(y) and get_mask(y) is None:
                set_mask(y, mask)

    def _warn_of_lost_mask(self) -> None:
        import warnings

        warnings.warn(
            f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a mask "
            "attached to it. However, this layer does not support masking and will therefore "
            "destroy the mask information. Downstream layers will not see the mask.",
            stacklevel=4,
        )


def _refuse_non_tensors(args: tuple) -> None:
    for x in args:
        if is_value(x) or x is None:
            continue
        leaves = nest.flatten(x) if isinstance(x, (list, tuple, dict)) else [x]
        for leaf in leaves:
            if leaf is not None and not is_value(leaf):
                raise ValueError(
                    "Only input tensors may be passed as positional arguments. The following "
                    f"argument value should be passed as a keyword argument: {leaf!r} (of type "
                    f"{type(leaf).__name__})"
                )
