"""LoRA for layers with one large matrix: the matrix is frozen and a product of two thin ones added.

Hu et al., 2021, https://arxiv.org/abs/2106.09685
"""

from __future__ import annotations

import hornlet.initializers as initializers
import hornlet.ops as ops
from hornlet.layers.weights import Changes


class LowRank:
    """Mixin of a layer whose main weight, ``self._kernel``, can be adapted by LoRA.

    The effective weight is ``kernel + alpha / rank * a @ b``.
    """

    lora_enabled = False

    def adapted(self):
        """The main weight with the low-rank product added, if there is one."""
        if not hasattr(self, "_kernel"):
            raise AttributeError(
                f"Layer '{self.name}' has no weights yet: call it, or `build()`, first."
            )
        if not self.lora_enabled:
            return self._kernel
        return ops.cast(ops.add(self._kernel, self.lora_product()), self.compute_dtype)

    def lora_product(self):
        """What is added to the main weight."""
        a, b = self.lora_parts()
        return ops.matmul(a, b) * (self.lora_alpha / self.lora_rank)

    def lora_parts(self):
        return self.lora_kernel_a, self.lora_kernel_b

    def enable_lora(
        self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"
    ):
        """Freeze the main weight and train a product of rank ``rank`` that is added to it.

        Args:
            rank: number of columns of `a` and rows of `b`.
            lora_alpha: the product counts `lora_alpha / rank` times; by default once.
            a_initializer, b_initializer: initializers of the two matrices.

        Raises:
            ValueError: on a layer that is not built, is adapted already or has a constraint on
                its main weight.
        """
        constraint = getattr(self, "kernel_constraint", getattr(self, "embeddings_constraint", 0))
        if constraint:
            raise ValueError(
                "LoRA does not go together with a constraint on the weight it adapts. Remove "
                f"the constraint of layer '{self.name}'. Received: {constraint}"
            )
        if not self.built:
            raise ValueError(
                f"Layer '{self.name}' is not built yet. Call it, or `build()`, before "
                "`enable_lora()`."
            )
        if self.lora_enabled:
            raise ValueError(f"LoRA is enabled already in layer '{self.name}'.")
        self._tracker.unlock()
        self._add_lora(rank, initializers.get(a_initializer), initializers.get(b_initializer))
        self._kernel.trainable = False
        self._lock_state()
        Changes.variables += 1
        self.lora_enabled = True
        self.lora_rank = rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha

    def _weight_shape(self):
        return tuple(self._kernel.shape)

    def _add_lora(self, rank, a_initializer, b_initializer):
        shape = self._weight_shape()
        regularizer = self.kernel_regularizer
        self.lora_kernel_a = self.add_weight(
            (*shape[:-1], rank), a_initializer, "float32", name="lora_kernel_a",
            regularizer=regularizer,
        )  # fmt: skip
        self.lora_kernel_b = self.add_weight(
            (rank, shape[-1]), b_initializer, "float32", name="lora_kernel_b",
            regularizer=regularizer,
        )  # fmt: skip

    def _start_lora(self):
        """At the end of `build`: adapt, if the constructor asked for it."""
        if self.lora_rank:
            self.built = True
            self.enable_lora(self.lora_rank, self.lora_alpha)

    def _lora_config(self):
        if not self.lora_rank:
            return {}
        return {"lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha}

    # Files: LoRA's product is merged into the main weight, so that layers without LoRA read them.

    def _stored(self):
        """Names and variables in a file, in order."""
        found = [("kernel", self._kernel), ("bias", self.bias)]
        return [(name, variable) for name, variable in found if variable is not None]

    def _is_plain(self):
        return not self.lora_enabled

    def _merged(self):
        """The values of variables with LoRA's product in the main weight."""
        return {"kernel": self.adapted()}

    def save_own_variables(self, store):
        """Write the weights, LoRA's product merged into the main one."""
        if not self.built or self._is_plain():
            super().save_own_variables(store)
            return
        values = self._merged() if self.lora_enabled else {}
        for i, (name, variable) in enumerate(self._stored()):
            value = values.get(name)
            store[str(i)] = variable if value is None else ops.convert_to_numpy(value)

    def load_own_variables(self, store):
        """Read the weights; LoRA's product starts anew from zero."""
        if not self.built or self._is_plain():
            super().load_own_variables(store)
            return
        if not self.lora_enabled:
            self._checked_against(store)
        for i, (_, variable) in enumerate(self._stored()):
            variable.assign(store[str(i)])
        if self.lora_enabled:
            for part in self.lora_parts():
                part.assign(ops.zeros(part.shape))
