"""SpectralNormalization: a wrapper that keeps the largest singular value of a kernel at one."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.initializers import TruncatedNormal
from hornlet.layers.spec import InputSpec
from hornlet.layers.wrappers import Wrapper


@register("keras.layers")
class SpectralNormalization(Wrapper):
    """Divide a layer's kernel by its largest singular value before each training step.

    The kernel, flattened to a matrix ``W`` of as many columns as it has outputs, is divided in
    place by ``sigma = v W u``, where ``u`` and ``v`` come from `power_iterations` steps of
    ``v = W u / |W u|``, ``u = W^T v / |W^T v|``, begun with the ``u`` of the call before. A kernel
    of zeros is left alone.

    Args:
        layer: a layer with a `kernel` or with `embeddings`.
        power_iterations: positive integer, number of steps of the iteration.

    Call arguments: `inputs`; `training`, without which the kernel is left as it is.
    Weights: those of the layer, and `vector_u` of shape ``(1, outputs)``.
    Raises: ValueError for a layer that has no kernel, and for `power_iterations` below 1.
    Reference: Miyato et al., 2018, https://arxiv.org/abs/1802.05957

    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2), power_iterations=20)
    >>> y = layer(np.ones((1, 3)), training=True)
    >>> largest = np.linalg.svd(layer.layer.kernel.numpy(), compute_uv=False)[0]
    >>> bool(abs(largest - 1) < 1e-3)
    True
    """

    def __init__(self, layer: Any, power_iterations: Any = 1, **kwargs: Any):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                "Argument `power_iterations` must be greater than zero. Received: "
                f"power_iterations={power_iterations}"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Any) -> None:  # type: ignore[override]
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        # An attribute of its own: files hold the kernel here, too.
        self.kernel = kernel = self.weight_of_layer()
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]), TruncatedNormal(stddev=0.02), kernel.dtype,
            trainable=False, name="vector_u",
        )  # fmt: skip

    def weight_of_layer(self) -> Any:
        """The variable that is normalized; LoRA's product, if there is one, is not part of it."""
        for name in ("_kernel", "kernel", "embeddings"):
            kernel = getattr(self.layer, name, None)
            if kernel is not None:
                return kernel
        raise ValueError(
            "`SpectralNormalization` wraps layers that have an attribute `kernel` or `embeddings`. "
            f"Received: layer={self.layer!r}"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            w, u = ops.convert_to_tensor(self.kernel), ops.convert_to_tensor(self.vector_u)
            # A sum of squares below asks for a kernel that is not zero; `where` decides after.
            zero = ops.all(ops.equal(w, 0))
            new_u, new_w = self.normalized_weights()
            self.kernel.assign(ops.where(zero, w, new_w))
            self.vector_u.assign(ops.where(zero, u, new_u))
        return ops.cast(self.layer(inputs), inputs.dtype)

    def normalized_weights(self) -> Any:
        """The next `vector_u`, and the kernel over its largest singular value."""
        w, u = ops.convert_to_tensor(self.kernel), ops.convert_to_tensor(self.vector_u)
        matrix = ops.reshape(w, (-1, w.shape[-1]))
        for _ in range(self.power_iterations):
            v = unit(ops.matmul(u, ops.transpose(matrix)))
            u = unit(ops.matmul(v, matrix))
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
        return ops.cast(u, w.dtype), ops.cast(w / ops.reshape(sigma, ()), w.dtype)


def unit(x: Any) -> Any:
    """``x`` over its length."""
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x)), 1e-12))
