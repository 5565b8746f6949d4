"""Connectionist temporal classification: the likelihood of a label sequence over all alignments."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.control import scan
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, floating, tensor, wide
from hornlet.ops.function import op

NEVER = -1e30  # log of a probability that counts as 0; finite, so that gradients are


def _shifted(alpha, k):
    """Each row moved `k` places to the right, impossible states coming in."""
    n, m = alpha.shape
    edge = np.full((n, k), NEVER, alpha.dtype)
    kept = emit("slice", alpha, index=((0, n, 1), (0, m - k, 1)))
    return emit("concatenate", edge, kept, axis=1)


@op
def ctc_loss(
    target: Any, output: Any, target_length: Any, output_length: Any, mask_index: Any = 0
) -> Any:
    """Minus the log-likelihood of label sequences, summed over all alignments with blanks.

    Graves et al., 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf

    Args:
        target: integer labels, shape ``(batch, labels)``.
        output: logits, shape ``(batch, steps, classes)``.
        target_length: number of labels of each sample, shape ``(batch,)``.
        output_length: number of steps of each sample, shape ``(batch,)``.
        mask_index: the class that is the blank.

    Returns:
        One loss per sample, in float32 for half precision.

    >>> logits = np.zeros((1, 2, 2))
    >>> keras.ops.ctc_loss(np.array([[1]]), logits, np.array([1]), np.array([2])).round(4)
    array([0.2877])
    """
    target, output = cast_to(tensor(target), np.dtype("int32")), wide(floating(output))[0]
    lengths = cast_to(tensor(target_length), np.dtype("int32"))
    steps = cast_to(tensor(output_length), np.dtype("int32"))
    n, n_labels = target.shape
    n_steps, m = output.shape[1], 2 * n_labels + 1
    # States are blank, label 1, blank, label 2, ..., blank.
    blank = np.full((n, n_labels, 1), mask_index, np.int32)
    pairs = emit("concatenate", blank, emit("reshape", target, shape=(n, n_labels, 1)), axis=2)
    pairs = emit("reshape", pairs, shape=(n, m - 1))
    states = emit("concatenate", pairs, np.full((n, 1), mask_index, np.int32), axis=1)
    log_p = emit("log_softmax", output, axis=2)
    index = emit("broadcast_to", emit("reshape", states, shape=(n, 1, m)), shape=(n, n_steps, m))
    emitted = emit("take_along_axis", log_p, index, axis=2)
    emitted = emit("transpose", emitted, axes=(1, 0, 2))
    # A label may follow another label at once, if it is not the same.
    before = emit("concatenate", np.full((n, 2), mask_index, np.int32), states, axis=1)
    before = emit("slice", before, index=((0, n, 1), (0, m, 1)))
    jumps = emit("not_equal", states, before)
    jumps = emit("logical_and", jumps, np.arange(m) % 2 == 1)  # every other state is a label
    start = np.where(np.arange(m) < 2, 0.0, NEVER).astype(output.dtype)
    alpha = emit("add", emit("reshape", emit("slice", emitted, index=(
        (0, 1, 1), (0, n, 1), (0, m, 1))), shape=(n, m)), start)  # fmt: skip

    def step(alpha, at):
        e, t = at
        jumped = emit("where", jumps, _shifted(alpha, 2), np.asarray(NEVER, alpha.dtype))
        new = emit("logaddexp", emit("logaddexp", alpha, _shifted(alpha, 1)), jumped)
        running = emit("reshape", emit("less", t, steps), shape=(n, 1))
        return emit("where", running, emit("add", new, e), alpha), None

    rest = emit("slice", emitted, index=((1, n_steps, 1), (0, n, 1), (0, m, 1)))
    if n_steps > 1:
        alpha, _ = scan(step, alpha, (rest, np.arange(1, n_steps, dtype=np.int32)))
    # The last state is the last label or the blank after it.
    places = emit("reshape", emit("multiply", lengths, np.int32(2)), shape=(n, 1))
    after = emit("take_along_axis", alpha, places, axis=1)
    last = emit("maximum", emit("subtract", places, np.int32(1)), np.int32(0))
    last = emit("take_along_axis", alpha, last, axis=1)
    last = emit("where", emit("greater", places, np.int32(0)), last, np.asarray(NEVER, alpha.dtype))
    return emit("negative", emit("reshape", emit("logaddexp", after, last), shape=(n,)))
