"""`rearrange`: reshape and transpose by a pattern that names the axes."""

from __future__ import annotations

from typing import Any

from hornlet.engine.emit import emit
from hornlet.ops.arguments import size_of
from hornlet.ops.arguments import tensor as as_tensor
from hornlet.ops.function import op


def axis_groups(side, pattern):
    """The axes of one side of a pattern: a list of lists of names, one per axis."""
    groups, inside = [], None
    for token in side.replace("(", " ( ").replace(")", " ) ").split():
        if token == "(" and inside is None:
            inside = []
        elif token == ")" and inside is not None:
            groups.append(inside)
            inside = None
        elif inside is not None and token.isidentifier():
            inside.append(token)
        elif token.isidentifier():
            groups.append([token])
        elif token == "1":
            groups.append([])
        else:
            raise ValueError(f"Invalid token {token!r} in the pattern {pattern!r}.")
    if inside is not None:
        raise ValueError(f"Unclosed parenthesis in the pattern {pattern!r}.")
    return groups


@op
def rearrange(tensor: Any, pattern: Any, **axes_lengths: Any) -> Any:
    """``tensor`` with its axes split, merged and moved as ``pattern`` says.

    Einops: Clear and Reliable Tensor Manipulations, Rogozhnikov, 2022.

    Args:
        tensor: tensor.
        pattern: such as ``"b (h p) c -> b h (p c)"``: names of axes before and after.
        axes_lengths: sizes of names that the shape does not settle.

    >>> keras.ops.rearrange(np.zeros((2, 6)), "b (h p) -> h b p", p=3).shape
    (2, 2, 3)
    """
    x = as_tensor(tensor, "tensor")
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError(f"Argument `pattern` must hold '->'. Received: {pattern!r}")
    before, after = axis_groups(left, pattern), axis_groups(right, pattern)
    if len(before) != x.ndim:
        raise ValueError(
            f"The pattern {pattern!r} names {len(before)} axes; the tensor has shape {x.shape}."
        )
    sizes = dict(axes_lengths)
    for group, n in zip(before, x.shape):
        unknown = [name for name in group if name not in sizes]
        known = size_of(sizes[name] for name in group if name in sizes)
        if len(unknown) == 1 and known and n % known == 0:
            sizes[unknown[0]] = n // known
        elif unknown or known != n:
            raise ValueError(
                f"An axis of size {n} does not fit {' '.join(group) or '1'} in the pattern "
                f"{pattern!r} with sizes {axes_lengths}."
            )
    names = [name for group in before for name in group]
    order = [name for group in after for name in group]
    if sorted(names) != sorted(order) or len(set(names)) != len(names):
        raise ValueError(f"Both sides of the pattern {pattern!r} must name the same axes, once.")
    x = emit("reshape", x, shape=tuple(sizes[name] for name in names))
    x = emit("transpose", x, axes=tuple(names.index(name) for name in order))
    return emit("reshape", x, shape=tuple(size_of(sizes[n] for n in group) for group in after))
