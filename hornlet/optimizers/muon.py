"""Muon: momentum whose steps are made orthogonal matrices."""

from __future__ import annotations

import math
import re
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.optimizers.adam import moments
from hornlet.optimizers.optimizer import Optimizer


@register("keras.optimizers")
class Muon(Optimizer):
    """Momentum with orthogonal steps for matrices, AdamW for everything else.

    The momentum of a matrix is replaced by (nearly) the orthogonal matrix next to it, found by
    Newton-Schulz iterations `x = a * x + (b * x x^T + c * (x x^T)^2) x`. Jordan et al., 2024,
    https://kellerjordan.github.io/posts/muon/

    Args:
        learning_rate: float, schedule or function of nothing.
        adam_beta_1: see `Adam`, for what is no matrix.
        adam_beta_2: see `Adam`.
        adam_weight_decay: weight decay of what is no matrix.
        epsilon: see `Adam`.
        weight_decay: weight decay of matrices.
        exclude_layers: patterns; variables whose path contains one are AdamW's.
        exclude_embeddings: whether embeddings are AdamW's.
        muon_a: first coefficient of the iteration.
        muon_b: second coefficient.
        muon_c: third coefficient.
        adam_lr_ratio: AdamW's learning rate as a share of Muon's.
        momentum: share of the old momentum in the new.
        ns_steps: number of iterations.
        nesterov: whether to look ahead.
        rms_rate: factor that makes steps as large as Adam's (arXiv:2502.16982); `None` for none.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable(np.eye(2))
    >>> keras.optimizers.Muon(0.1).apply([np.eye(2)], [w])
    >>> float(w.numpy()[0, 0]) < 1.0
    True
    """

    slots = (("momentum", "velocity"),)
    elementwise = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: list | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = exclude_layers or []
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def add_slot(self, name: str, variable: Any) -> Any:
        if name == "velocity" and self._is_muons(variable):
            return None
        return super().add_slot(name, variable)

    def _is_muons(self, variable: Any) -> bool:
        if len(variable.shape) != 2:
            return False
        if self.exclude_embeddings and "embedding" in variable.path.lower():
            return False
        return not any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def _decay_of(self, variable: Any) -> float | None:
        if not self._use_weight_decay(variable):
            return None
        return self.weight_decay if self._is_muons(variable) else self.adam_weight_decay

    def update(self, w: Any, dw: Any, m: Any, *velocity: Any) -> Any:
        rate, t = self.clock(w)
        if velocity:
            beta_1, beta_2 = self.adam_beta_1, self.adam_beta_2
            rate = rate * self.adam_lr_ratio * ops.sqrt(1 - beta_2**t) / (1 - beta_1**t)
            m, v = moments(m, velocity[0], dw, beta_1, beta_2)
            return w - m * rate / (ops.sqrt(v) + self.epsilon), m, v
        m = self.momentum * m + dw
        step = dw + self.momentum * m if self.nesterov else m
        step = self.lr_adjust(self.zeropower_via_newtonschulz5(step, self.ns_steps))
        return w - step * rate, m

    def transpose_last_axis(self, X: Any) -> Any:
        """Matrices, the last two axes of `X`, transposed."""
        return ops.swapaxes(X, -2, -1)

    def lr_adjust(self, x: Any) -> Any:
        """A step `x` made as large as Adam's: times `rms_rate * sqrt(max(x.shape))`."""
        if self.rms_rate is None:
            return x
        return x * (math.sqrt(max(x.shape[:2])) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Nearly the orthogonal matrix next to `x`, after so many steps of the iteration.

        Raises:
            ValueError: if `x` is no matrix or stack of matrices.
        """
        if len(x.shape) < 2:
            raise ValueError(
                "Argument `x` must have at least 2 dimensions. "
                f"Received a tensor of shape {tuple(x.shape)}"
            )
        tall = x.shape[-2] > x.shape[-1]
        if tall:
            x = self.transpose_last_axis(x)
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            square = ops.matmul(x, self.transpose_last_axis(x))
            factor = self.muon_b * square + self.muon_c * ops.matmul(square, square)
            x = self.muon_a * x + ops.matmul(factor, x)
        return self.transpose_last_axis(x) if tall else x
