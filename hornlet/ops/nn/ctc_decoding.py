"""The label sequences that a network trained with `ctc_loss` reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, integer, tensor
from hornlet.ops.function import op


@op
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> Any:
    """Label sequences read off the scores of each step.

    Args:
        inputs: scores before the softmax, shape ``(batch, steps, classes)``.
        sequence_lengths: number of steps of each sample, shape ``(batch,)``.
        strategy: "greedy" takes the best class of each step; "beam_search" keeps the sequences
            that are likeliest over all their alignments.
        beam_width: how many sequences the beam search keeps.
        top_paths: how many of them it returns.
        merge_repeated: whether the greedy strategy counts a class in successive steps once.
        mask_index: the class that is the blank.

    Returns:
        The sequences, int32 of shape ``(1 or top_paths, batch, steps)``, filled up with -1; and
        for "greedy" minus the sum of the scores taken, shape ``(batch, 1)``, for "beam_search"
        the log-likelihoods, shape ``(batch, top_paths)``.

    >>> scores = np.array([[[0.0, 5.0, 0.0], [0.0, 5.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 5.0]]])
    >>> keras.ops.ctc_decode(scores, np.array([4]))[0]
    array([[[ 1,  2, -1, -1]]], dtype=int32)
    """
    x = tensor(inputs, "inputs")
    x = cast_to(x, numpy_dtype(result_type(x.dtype, "float32")))
    lengths = cast_to(integer(sequence_lengths, "sequence_lengths"), "int32")
    if x.ndim != 3 or lengths.shape != x.shape[:1]:
        raise ValueError(
            "Argument `inputs` must have shape (batch, steps, classes) and `sequence_lengths` "
            f"(batch,). Received: inputs.shape={x.shape}, sequence_lengths.shape={lengths.shape}"
        )
    if strategy == "greedy":
        return greedy(x, lengths, merge_repeated, mask_index)
    if strategy != "beam_search":
        raise ValueError(
            "Argument `strategy` must be 'greedy' or 'beam_search'. "
            f"Received: strategy={strategy!r}"
        )
    log_p = emit("log_softmax", x, axis=2)
    return emit(
        "ctc_beam_search", log_p, lengths, width=int(beam_width), top=int(top_paths),
        blank=int(mask_index) % x.shape[2],
    )  # fmt: skip


def greedy(x: Any, lengths: Any, merge_repeated: Any, blank: Any) -> Any:
    n, steps, _ = x.shape
    step = np.arange(steps, dtype="int32")
    running = emit("less", step, emit("reshape", lengths, shape=(n, 1)))
    taken = emit("argmax", x, axis=2, keepdims=False)
    scores = emit("max", x, axis=(2,), keepdims=False)
    scores = emit("where", running, scores, np.zeros((), x.dtype))
    labels = emit("where", running, taken, np.int32(blank))
    said = emit("not_equal", labels, blank)
    if merge_repeated and steps > 1:
        whole = (0, n, 1)
        before = emit("slice", labels, index=(whole, (0, steps - 1, 1)))
        after = emit("slice", labels, index=(whole, (1, steps, 1)))
        fresh = emit("concatenate", np.ones((n, 1), bool), emit("not_equal", before, after), axis=1)
        said = emit("logical_and", said, fresh)
    # Sorting by step, silent steps last, moves what is said to the front.
    order = emit("argsort", emit("where", said, step, np.int32(steps)), axis=1)
    labels = emit("where", said, labels, np.int32(-1))
    labels = emit("take_along_axis", labels, order, axis=1)
    total = emit("sum", scores, axis=(1,), keepdims=True)
    return emit("reshape", cast_to(labels, "int32"), shape=(1, n, steps)), emit("negative", total)
