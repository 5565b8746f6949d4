"""Discretization: numbers sorted into bins, whose boundaries are given or learned from data."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import floatx
from hornlet.base.registry import register
from hornlet.layers.arguments import one_of
from hornlet.layers.base import Layer
from hornlet.layers.batches import batches_of
from hornlet.layers.encoding import ENCODED, encoded
from hornlet.tensor.keras_tensor import KerasTensor


def summarized(values, epsilon):
    """A sample of sorted values, and how many values each stands for, about ``1 / epsilon``."""
    values = np.sort(np.ravel(values))
    step = max(len(values) * epsilon, 1)
    kept = values[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def compressed(summary, epsilon):
    """A summary of at most about ``1 / epsilon`` values, read off its cumulated weights."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    cumulated = summary[1].cumsum()
    at = cumulated / cumulated[-1]
    values = np.interp(shares, at, summary[0])
    weights = np.diff(np.interp(shares, at, cumulated), prepend=0)
    return np.stack([values, weights]).astype("float32")


@register("keras.layers")
class Discretization(Layer):
    """Sort numbers into bins: ``y`` is the number of boundaries that are at most ``x``.

    Args:
        bin_boundaries: increasing numbers; `n` of them make ``n + 1`` bins, the first without
            lower and the last without upper limit.
        num_bins: number of bins whose boundaries `adapt` finds, of about equal content.
        epsilon: how coarse quantiles may be, as a share of the data, typically below 0.1.
        output_mode: `"int"` for the bin's number; `"one_hot"`, `"multi_hot"` and `"count"` as
            in `CategoryEncoding`.
        sparse: must be False; sparse tensors are not supported.
        dtype: dtype of encoded outputs; `"int"` gives int32.
        name: of the layer.

    Raises: ValueError unless exactly one of `bin_boundaries` and `num_bins` is given, and for a
    call before boundaries are known.

    >>> keras.layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0])(np.array([-1.5, 1.0, 3.4]))
    array([0, 2, 3], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: Any = None,
        epsilon: float = 0.01,
        output_mode: Any = "int",
        sparse: bool | None = False,
        dtype: Any = None,
        name: str | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        if sparse:
            raise ValueError("`sparse=True` is not supported: there are no sparse tensors here.")
        one_of("output_mode", output_mode, ("int", *ENCODED))
        if num_bins is not None and num_bins < 0:
            raise ValueError(
                f"Argument `num_bins` must not be negative. Received: num_bins={num_bins}"
            )
        if (num_bins is None) == (bin_boundaries is None):
            raise ValueError(
                "Exactly one of `num_bins` and `bin_boundaries` must be set. Received: "
                f"num_bins={num_bins}, bin_boundaries={bin_boundaries}"
            )
        self.bin_boundaries = bin_boundaries
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = output_mode
        self.sparse = sparse
        self.summary = None if bin_boundaries else np.zeros((2, 0), "float32")

    @property
    def input_dtype(self) -> Any:
        """Numbers are compared in floatx, whatever the output's dtype."""
        return floatx()

    @property
    def output_dtype(self) -> Any:
        """dtype of the output."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: Any = None) -> None:
        """Find boundaries of bins of about equal content.

        Args:
            data: an array, or an iterable of batches.
            steps: number of batches to read; all by default.
        """
        if self.num_bins is None:
            raise ValueError(
                "A layer made with `bin_boundaries` has nothing to learn; make it with `num_bins` "
                "to adapt it."
            )
        self.reset_state()
        for batch in batches_of(data, steps, whole=(np.ndarray,)):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Take a batch into the summary of the data."""
        new = summarized(np.asarray(data, dtype="float32"), self.epsilon)
        merged = np.concatenate([new, self.summary], axis=1)
        self.summary = compressed(merged[:, np.argsort(merged[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Set the boundaries by the summary."""
        if self.num_bins is not None:
            boundaries = compressed(self.summary, 1.0 / self.num_bins)[0, :-1]
            self.bin_boundaries = boundaries.tolist()

    def reset_state(self) -> None:
        """Forget the summary."""
        if self.num_bins is not None:
            self.summary = np.zeros((2, 0), "float32")

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_mode == "int":
            return tuple(input_shape)
        bins = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        shape = tuple(input_shape)
        if self.output_mode == "one_hot":
            return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), bins)
        return (shape[0], *shape[2:], bins) if len(shape) > 1 else (bins,)

    def compute_output_spec(self, inputs: Any) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.output_dtype)

    def load_own_variables(self, store: Any) -> None:
        """Files of old versions hold the summary."""
        if len(store.keys()) == 1:
            self.summary = store["0"]

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(
                "The boundaries are not known yet. Pass `bin_boundaries` to the constructor, or "
                "call `adapt(data)` before the layer is used."
            )
        places = ops.digitize(inputs, np.asarray(self.bin_boundaries))
        bins = len(self.bin_boundaries) + 1
        return encoded(places, self.output_mode, bins, self.output_dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]
        return {**config, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        learned = None
        if config.get("num_bins") is not None:
            learned = config.pop("bin_boundaries", None)
        layer = cls(**config)
        if learned is not None:
            layer.bin_boundaries = learned
        return layer
