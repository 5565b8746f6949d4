"""The base class of optimizers: everything but the rule.

Learning rate, clipping, weight decay, averaging, accumulation, constraints and saving live here; a
rule names its slots and says how one step changes a weight.
"""

from __future__ import annotations

import warnings
from typing import Any

import hornlet.ops as ops
from hornlet.base.names import name_scope
from hornlet.base.registry import register
from hornlet.engine.ref import Ref
from hornlet.optimizers.blocks import (
    Block,
    clip_by_global_norm,
    clip_each_by_norm,
    computed_in,
    decay_vector,
)
from hornlet.optimizers.state import OptimizerState, overwrites
from hornlet.tensor.arena import Arena
from hornlet.tensor.scope import StatelessScope, in_stateless_scope


@register("keras.optimizers")
class Optimizer(OptimizerState):
    """Base of the optimizers.

    A rule is written in one of two ways. As mathematics: `slots` names the arrays it keeps, and
    `update(w, dw, *slots)` returns the new `w` and slots. When `elementwise` is true it is called
    once on all variables as one flat array, else once for each variable. Or as in Keras, by
    `build(variables)` and `update_step(gradient, variable, learning_rate)`.

    Args:
        learning_rate: a float, a `LearningRateSchedule`, or a function of nothing.
        weight_decay: share (times the learning rate) of itself each weight loses per step.
        clipnorm: largest norm of each variable's gradient.
        clipvalue: largest absolute value of any gradient.
        global_clipnorm: largest norm of all gradients together.
        use_ema: whether to keep an exponential moving average of the weights.
        ema_momentum: share of the old average in the new one.
        ema_overwrite_frequency: number of steps after which the average is copied to the
            weights; `None` to do so when training ends.
        loss_scale_factor: number the loss is multiplied by, and gradients are divided by.
        gradient_accumulation_steps: number of steps whose mean gradient makes one update.
        name: name of the optimizer.

    Raises:
        ValueError: for arguments out of range, or more than one way to clip.

    >>> class Sign(keras.optimizers.Optimizer):
    ...     def update(self, w, dw):
    ...         return w - self.learning_rate * keras.ops.sign(dw)
    >>> w = keras.Variable([1.0, 2.0])
    >>> Sign(0.5).apply([np.array([3.0, -3.0])], [w])
    >>> w.numpy()
    array([0.5, 2.5], dtype=float32)
    """

    slots: tuple = ()  # names; a tuple of names is a group stored variable by variable
    elementwise = True

    # Variables of the rule

    def build(self, variables: list) -> None:
        """Makes the optimizer's variables for the model's trainable `variables`, once."""
        self._check_super_called()
        if self.built:
            return
        variables = list(variables)
        self._trainable_variables = variables
        self._indices = {self._var_key(v): i for i, v in enumerate(variables)}
        self._averages = self.add_optimizer_variables(variables, "average") if self.use_ema else []
        self._sums = []
        if self.gradient_accumulation_steps:
            name = "gradient_accumulator"
            self._sums = [self.add_variable_from_reference(v, name) for v in variables]
        self._slots: dict[str, list] = {}
        for group in self.slots:
            names = (group,) if isinstance(group, str) else group
            self._slots.update({name: [] for name in names})
            for v in variables:
                for name in names:
                    skip = overwrites(v)
                    self._slots[name].append(None if skip else self.add_slot(name, v))
        self._arenas: list[Arena] = []
        if self.elementwise and not self._updates_by_variable():
            for refs in (variables, self._averages, self._sums, *self._slots.values()):
                kept = [r for r, v in zip(refs, variables) if r is not None and not overwrites(v)]
                self._arenas.append(Arena(kept))
        self.built = True

    def initial_value(self, slot: str) -> Any:
        """Initializer of a slot, zeros unless a rule says otherwise."""
        return "zeros"

    def add_slot(self, name: str, variable: Any) -> Any:
        """The slot of one variable, or None when the rule needs none for it."""
        return self.add_variable_from_reference(variable, name, self.initial_value(name))

    def _get_variable_index(self, variable: Any) -> int:
        return self._indices[self._var_key(variable)]

    def assign(self, variable: Any, value: Any) -> None:
        """Stores a value in a variable; for rules written as `update_step`."""
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """Adds to a variable; for rules written as `update_step`."""
        variable.assign_add(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Subtracts from a variable; for rules written as `update_step`."""
        variable.assign_sub(value)

    # The rule

    def update(self, w: Any, dw: Any, *slots: Any) -> Any:
        """One step of the rule: the new `w` and slots, given the old ones and the gradient `dw`."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `update(w, dw, *slots)` or "
            "`update_step(gradient, variable, learning_rate)`."
        )

    def prepare(self) -> None:
        """What a rule does once per step, before `update`."""

    def clock(self, w: Any) -> tuple[Any, Any]:
        """The learning rate and the number of this step (from 1), scalars of the dtype of `w`."""
        rate = self.learning_rate if self._given_rate is None else self._given_rate
        return ops.cast(rate, w.dtype), ops.cast(self.iterations + 1, w.dtype)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one variable. Keras's way to write a rule is to override this."""
        self._given_rate = learning_rate
        try:
            block = self._block(variable)
            self._run(block, block.gather({id(variable): gradient}))
        finally:
            self._given_rate = None

    def _updates_by_variable(self) -> bool:
        return type(self).update_step is not Optimizer.update_step

    # The ceremony

    def apply_gradients(self, grads_and_vars: Any) -> Any:
        """Updates variables, given pairs of a gradient and its variable."""
        grads, variables = zip(*grads_and_vars)
        self.apply(grads, variables)
        return self._iterations

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Updates variables by their gradients.

        Args:
            grads: gradients, `None` where there is none.
            trainable_variables: the variables they belong to; by default all that the optimizer
                was built for.

        Raises:
            ValueError: when no variable has a gradient, the numbers differ, or a variable is not
                one the optimizer was built for.
        """
        grads = list(grads)
        if not grads:
            return
        self._check_super_called()
        if trainable_variables is None:
            variables = self._built_variables(len(grads))
        else:
            variables = list(trainable_variables)
            if not self.built:
                with name_scope(self.name, caller=self):
                    self.build(variables)
                self.built = True
            for v in variables:
                if self._var_key(v) not in self._indices:
                    raise ValueError(
                        f"Unknown variable: {v}. This optimizer can only be called for the "
                        "variables it was originally built with. Create a new optimizer for a "
                        "new set of variables."
                    )
        gradients = self._overwrite(self._with_gradient(grads, variables))
        if gradients:
            with name_scope(self.name, caller=self):
                scale = self.loss_scale_factor
                if scale is not None:
                    gradients = [(g / scale, v) for g, v in gradients]
                self._apply(gradients)
            for _, v in gradients:
                if getattr(v, "constraint", None) is not None:
                    v.assign(v.constraint(v))
        self._iterations.assign_add(1)

    def _built_variables(self, n: int) -> list:
        if not self.built:
            raise ValueError(
                "When passing `grads` without `variables`, the optimizer must already be built on "
                "a list of variables. Call `optimizer.build(trainable_variables)` first."
            )
        if n != len(self._trainable_variables):
            raise ValueError(
                "When passing `grads` without variables there must be one for each trainable "
                f"variable. Received {n} gradients, but the optimizer is tracking "
                f"{len(self._trainable_variables)} trainable variables."
            )
        return self._trainable_variables

    def _with_gradient(self, grads: list, variables: list) -> list[tuple]:
        kept = [(g, v) for g, v in zip(grads, variables) if g is not None]
        if not kept:
            raise ValueError("No gradients provided for any variable.")
        missing = [v.path for g, v in zip(grads, variables) if g is None]
        if missing:
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the loss. If "
                "using `model.compile()`, did you forget to provide a `loss` argument?",
                stacklevel=3,
            )
        return kept

    def _overwrite(self, gradients: list[tuple]) -> list[tuple]:
        """Stores the gradients of variables that want so; the others are left to the rule."""
        for g, v in gradients:
            if not overwrites(v):
                continue
            if self._sums:
                sums = self._sums[self._get_variable_index(v)]
                g, due = ops.maximum(g, sums.read()), self._due()
                sums.assign(ops.where(due, ops.zeros_like(g), g))
                g = ops.where(due, g, v.read())
            v.assign(g)
        return [(g, v) for g, v in gradients if not overwrites(v)]

    def _due(self) -> Any:
        """Whether accumulated gradients make an update in this step."""
        n = self.gradient_accumulation_steps
        return ops.equal(ops.mod(ops.add(self._iterations, 1), n), 0)

    def _apply(self, gradients: list[tuple]) -> None:
        blocks = self._blocks(sorted((v for _, v in gradients), key=self._get_variable_index))
        by_variable = {id(v): g for g, v in gradients}
        dws = [block.gather(by_variable) for block in blocks]
        if not self._sums:
            self._step(blocks, dws)
        else:
            totals = [dw + block.read(block.sums) for block, dw in zip(blocks, dws)]
            steps = self.gradient_accumulation_steps

            def update() -> None:
                self._step(blocks, [total / steps for total in totals])
                for block in self._blocks(self._regular()):
                    block.sums.assign(ops.zeros(block.sums.shape, block.sums.dtype))

            def accumulate() -> None:
                for block, total in zip(blocks, totals):
                    block.sums.assign(total)

            ops.cond(self._due(), update, accumulate)
        if self.use_ema:
            self._average()

    def _step(self, blocks: list[Block], dws: list) -> None:
        """Clips, decays and updates."""
        if self.clipnorm and self.clipnorm > 0:
            dws = [clip_each_by_norm(b, dw, self.clipnorm) for b, dw in zip(blocks, dws)]
        elif self.global_clipnorm and self.global_clipnorm > 0:
            dws = clip_by_global_norm(dws, self.global_clipnorm)
        elif self.clipvalue and self.clipvalue > 0:
            dws = [ops.clip(dw, -self.clipvalue, self.clipvalue) for dw in dws]
        self.prepare()
        for block, dw in zip(blocks, dws):
            if not self._updates_by_variable():
                self._run(block, dw)
                continue
            v = block.variables[0]
            if block.decay is not None:
                v.assign(v - v * (block.decay * ops.cast(self.learning_rate, block.dtype)))
            self.update_step(ops.cast(dw, v.dtype), v, self.learning_rate)

    def _run(self, block: Block, dw: Any) -> None:
        w = block.read(block.w)
        if block.decay is not None and self._given_rate is None:
            w = w - w * (block.decay * ops.cast(self.learning_rate, w.dtype))
        result = self.update(w, dw, *(block.read(slot) for slot in block.slots))
        results = result if isinstance(result, tuple) else (result,)
        for ref, value in zip((block.w, *block.slots), results):
            ref.assign(value)

    def _average(self) -> None:
        """Updates the moving averages, and copies them to the weights when it is time."""
        every = self.ema_overwrite_frequency
        for block in self._blocks(self._regular()):
            w, average = block.read(block.w), block.read(block.average)
            # The first step stores the weights themselves.
            started = ops.cast(ops.not_equal(self.iterations, 0), block.dtype)
            momentum = self.ema_momentum * started
            average = momentum * average + (1 - momentum) * w
            block.average.assign(average)
            if every:
                due = ops.equal(ops.mod(self.iterations + 1, every), 0)
                block.w.assign(ops.where(due, average, w))

    def _regular(self) -> list:
        return [v for v in self._trainable_variables if not overwrites(v)]

    def _blocks(self, variables: list) -> list[Block]:
        """The blocks that hold exactly `variables`."""
        flat = bool(self._arenas) and not in_stateless_scope()
        if not flat:
            return [self._block(v) for v in variables]
        key = (tuple(map(id, variables)), Ref.moves)
        blocks = self._cached_blocks.get(key)
        if blocks is None:
            blocks = []
            for w, run in self._arenas[0].runs(variables):
                blocks += self._flat_blocks(w, run)
            if Ref.moves == key[1]:
                self._cached_blocks = {k: b for k, b in self._cached_blocks.items()
                                       if k[1] == key[1]}  # fmt: skip
                self._cached_blocks[key] = blocks
        return blocks

    def _block(self, v: Any) -> Block:
        i = self._get_variable_index(v)
        lists = (self._averages, self._sums, *self._slots.values())
        average, sums, *slots = (refs[i] if refs else None for refs in lists)
        slots = [slot for slot in slots if slot is not None]
        decay = self._decay_of(v)
        return Block([v], v, slots, average, sums, decay, False, computed_in(v))

    def _flat_blocks(self, w: Ref, variables: list) -> list[Block]:
        """One block for a run of variables, if their slots are such runs too."""
        flats: list[Any] = []
        lists = (self._averages, self._sums, *self._slots.values())
        for refs, arena in zip(lists, self._arenas[1:]):
            mine = [refs[self._get_variable_index(v)] for v in variables] if refs else []
            stretches = list(arena.runs(mine))
            if len(stretches) > 1:
                return [self._block(v) for v in variables]
            flats.append(stretches[0][0] if stretches else None)
        decay = decay_vector(variables, [self._decay_of(v) for v in variables])
        average, sums, *slots = flats
        return [Block(variables, w, slots, average, sums, decay, True, computed_in(w))]

    # Around training

    def finalize_variable_values(self, var_list: Any) -> None:
        """Ends training: with `use_ema` the averages become the weights."""
        if not self.use_ema:
            return
        if len(var_list) != len(self._averages):
            raise ValueError(
                f"Received {len(var_list)} model variables to override, but the optimizer keeps "
                f"averages of {len(self._averages)}. Was it called on this model?"
            )
        for variable, average in zip(var_list, self._averages):
            if average is not None:
                variable.assign(average)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times `loss_scale_factor`."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self, optimizer_variables: list, grads: list, trainable_variables: list
    ) -> tuple[list, list]:
        """New values of the trainable and the optimizer's variables, which themselves stay.

        Args:
            optimizer_variables: values of `optimizer.variables`.
            grads: gradients of the trainable variables.
            trainable_variables: values of the variables the optimizer was built for.
        """
        if not self.built:
            raise ValueError(
                f"To call `stateless_apply`, {type(self).__name__} must be built. Call "
                "`optimizer.build(trainable_variables)` first."
            )
        own, theirs = self.variables, self._trainable_variables
        for name, values, n in (
            ("optimizer_variables", optimizer_variables, len(own)),
            ("trainable_variables", trainable_variables, len(theirs)),
        ):
            if len(values) != n:
                raise ValueError(
                    f"Argument `{name}` must be a list of {n} tensors, one for each variable. "
                    f"Received a list of length {len(values)}."
                )
        mapping = [*zip(theirs, trainable_variables), *zip(own, optimizer_variables)]
        with StatelessScope(state_mapping=mapping) as scope:
            self.apply(grads)
        return (
            [scope.get_current_value(v) for v in theirs],
            [scope.get_current_value(v) for v in own],
        )
