"""Scaled dot-product attention."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, floating, operand, promoted, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.order import repeat


@op
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: Any = None,
) -> Any:
    """``softmax(query @ key.T * scale + bias) @ value``, head by head.

    Attention Is All You Need, Vaswani et al., 2017.

    Args:
        query: shape ``(batch, targets, heads, size)``.
        key, value: shape ``(batch, sources, key heads, size)``; the heads of the query are a
            multiple of the key heads.
        bias: added to the logits, broadcast to ``(batch, heads, targets, sources)``.
        mask: booleans that broadcast to the same shape; false places are not attended to.
        scale: factor of the logits, ``1 / sqrt(size)`` by default.
        is_causal: attend to no source later than the target.
        flash_attention: must not be true.
        attn_logits_soft_cap: if given, logits become ``cap * tanh(logits / cap)``.

    >>> x = np.ones((1, 2, 1, 4), "float32")
    >>> keras.ops.dot_product_attention(x, x, x).shape
    (1, 2, 1, 4)
    """
    if flash_attention:
        raise ValueError("Flash attention is not supported; leave `flash_attention` out.")
    query, key, value = (floating(x) for x in promoted(query, key, value))
    for name, x in (("query", query), ("key", key), ("value", value)):
        if x.ndim != 4:
            raise ValueError(
                f"`dot_product_attention` only supports 4D inputs. Received: {name}.shape={x.shape}"
            )
    heads, groups = query.shape[2], key.shape[2]
    if groups == 0 or heads % groups or value.shape[2] != groups:
        raise ValueError(
            "The heads of `query` must be a multiple of those of `key` and `value`. Received: "
            f"query.shape={query.shape}, key.shape={key.shape}, value.shape={value.shape}"
        )
    if heads != groups:
        key, value = (repeat(x, heads // groups, 2) for x in (key, value))
    dtype = query.dtype
    wide = numpy_dtype(result_type(dtype, "float32"))
    q = cast_to(emit("transpose", query, axes=(0, 2, 1, 3)), wide)
    k = cast_to(emit("transpose", key, axes=(0, 2, 3, 1)), wide)
    logits = emit("matmul", q, k)
    logits = emit(
        "multiply", logits, 1.0 / math.sqrt(key.shape[-1]) if scale is None else operand(scale)
    )
    if bias is not None:
        logits = emit("add", logits, cast_to(tensor(bias, "bias"), wide))
    if attn_logits_soft_cap is not None:
        capped = emit("tanh", emit("divide", logits, attn_logits_soft_cap))
        logits = emit("multiply", capped, attn_logits_soft_cap)
    never = -0.7 * float(np.finfo(np.float32).max)
    if mask is not None:
        logits = emit("where", cast_to(tensor(mask, "mask"), "bool"), logits, never)
    if is_causal:
        seen = np.tri(logits.shape[2], logits.shape[3], dtype=bool)
        logits = emit("where", seen, logits, never)
    shares = cast_to(emit("softmax", logits, axis=3), dtype)
    y = emit("matmul", shares, emit("transpose", value, axes=(0, 2, 1, 3)))
    return emit("transpose", y, axes=(0, 2, 1, 3))
