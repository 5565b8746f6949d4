"""Products of vectors, matrices and tensors, all reduced to `matmul`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError, differing
from hornlet.ops.arguments import (
    axis_of,
    cast_to,
    promoted,
    size_of,
    square_matrices,
    tensor,
)
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import expanded, flat, moved, part, spread


@op
def matmul(x1: Any, x2: Any) -> Any:
    """The matrix product of the last two axes, the axes before them broadcast.

    A tensor of one axis is a row on the left and a column on the right.

    >>> keras.ops.matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    x1, x2 = tensor(x1, "x1"), tensor(x2, "x2")
    if x1.dtype == x2.dtype == np.int8:  # sums of products outgrow a byte
        x1, x2 = cast_to(x1, "int32"), cast_to(x2, "int32")
    x1, x2 = promoted(x1, x2)
    if x1.ndim == 0 or x2.ndim == 0:
        raise ValueError(
            "`matmul` needs tensors of rank 1 or more. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}"
        )
    n, m = x1.shape[-1], x2.shape[-2 if x2.ndim > 1 else 0]
    if n != m:
        raise SizeError(
            f"Inner dimensions of `matmul` must agree: the last axis of `x1` has size {n}, the "
            f"rows of `x2` are {m}. Received: x1.shape={x1.shape}, x2.shape={x2.shape}",
            (n, m),
        )
    return multiplied(x1, x2)


def multiplied(x1, x2):
    if x1.ndim > 1 and x2.ndim > 1:
        if x1.ndim > 2 and x2.ndim == 2:
            # One large product is faster than a batch of small ones with the same right side.
            rows = emit("reshape", x1, shape=(size_of(x1.shape[:-1]), x1.shape[-1]))
            y = emit("matmul", rows, x2)
            return emit("reshape", y, shape=(*x1.shape[:-1], x2.shape[-1]))
        return emit("matmul", x1, x2)
    left, right = x1.ndim == 1, x2.ndim == 1
    if left:
        x1 = emit("reshape", x1, shape=(1, *x1.shape))
    if right:
        x2 = emit("reshape", x2, shape=(*x2.shape, 1))
    y = multiplied(x1, x2)
    shape = y.shape[:-2] + (() if left else y.shape[-2:-1]) + (() if right else y.shape[-1:])
    return emit("reshape", y, shape=shape)


@op
def dot(x1: Any, x2: Any) -> Any:
    """The sum of products over the last axis of ``x1`` and the last but one of ``x2``.

    >>> keras.ops.dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array(11.)
    """
    x1, x2 = promoted(x1, x2)
    if x1.ndim == 0 or x2.ndim == 0:
        return emit("multiply", x1, x2)
    if x2.ndim == 1:
        return contracted(x1, x2, [x1.ndim - 1], [0])
    return contracted(x1, x2, [x1.ndim - 1], [x2.ndim - 2])


@op
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """The sum of products over the given axes of ``x1`` and ``x2``.

    Args:
        x1, x2: tensors.
        axes: the last ``axes`` of ``x1`` against the first of ``x2``, or a pair of axis lists.

    >>> keras.ops.tensordot(np.ones((2, 3)), np.ones((3, 4)), 1).shape
    (2, 4)
    """
    x1, x2 = promoted(x1, x2)
    if isinstance(axes, int):
        axes = range(x1.ndim - axes, x1.ndim), range(axes)
    first, second = ([a] if isinstance(a, int) else list(a) for a in axes)
    first = [axis_of(a, x1.ndim, "axes") for a in first]
    second = [axis_of(a, x2.ndim, "axes") for a in second]
    return contracted(x1, x2, first, second)


def contracted(x1, x2, first, second):
    sizes = [x1.shape[a] for a in first]
    if sizes != (found := [x2.shape[a] for a in second]):
        raise SizeError(
            f"Axes to sum over differ in size: x1.shape={x1.shape} on axes {tuple(first)}, "
            f"x2.shape={x2.shape} on axes {tuple(second)}.",
            *differing(sizes, found)[:1],
        )
    inner = size_of(sizes)
    keep1 = [a for a in range(x1.ndim) if a not in first]
    keep2 = [a for a in range(x2.ndim) if a not in second]
    shape = tuple(x1.shape[a] for a in keep1) + tuple(x2.shape[a] for a in keep2)
    x1 = emit("transpose", x1, axes=(*keep1, *first))
    x2 = emit("transpose", x2, axes=(*second, *keep2))
    x1 = emit("reshape", x1, shape=(size_of(x1.shape[:len(keep1)]), inner))
    x2 = emit("reshape", x2, shape=(inner, size_of(x2.shape[len(second):])))
    return emit("reshape", emit("matmul", x1, x2), shape=shape)


@op
def inner(x1: Any, x2: Any) -> Any:
    """The sum of products over the last axes of ``x1`` and ``x2``.

    >>> keras.ops.inner(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array(11.)
    """
    x1, x2 = promoted(x1, x2)
    if x1.ndim == 0 or x2.ndim == 0:
        return emit("multiply", x1, x2)
    return contracted(x1, x2, [x1.ndim - 1], [x2.ndim - 1])


@op
def outer(x1: Any, x2: Any) -> Any:
    """The products of every element of ``x1`` with every element of ``x2``.

    >>> keras.ops.outer(np.array([1, 2]), np.array([3, 4]))
    array([[3, 4],
           [6, 8]])
    """
    x1, x2 = promoted(x1, x2)
    return emit("multiply", emit("reshape", x1, shape=(size_of(x1.shape), 1)), flat(x2))


@op
def vdot(x1: Any, x2: Any) -> Any:
    """The sum of products of all elements, ``x1`` conjugated.

    >>> keras.ops.vdot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array(11.)
    """
    x1, x2 = (flat(x) for x in promoted(x1, x2))
    if x1.dtype.kind == "c":
        x1 = emit("conj", x1)
    return contracted(x1, x2, [0], [0])


@op
def cross(
    x1: Any,
    x2: Any,
    axisa: Any = -1,
    axisb: Any = -1,
    axisc: Any = -1,
    axis: int | Sequence[int] | None = None,
) -> Any:
    """The cross product of vectors of two or three components.

    >>> keras.ops.cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = promoted(x1, x2)
    x1 = moved(x1, axisa, x1.ndim - 1)
    x2 = moved(x2, axisb, x2.ndim - 1)
    if x1.shape[-1] not in (2, 3) or x2.shape[-1] not in (2, 3):
        raise ValueError(
            "`x1`'s dim on `axis` must be either 2 or 3, and so must `x2`'s. "
            f"Received: x1.shape={x1.shape}, x2.shape={x2.shape}"
        )
    a, b = ([part(x, x.ndim - 1, i, i + 1, False) for i in range(x.shape[-1])] for x in (x1, x2))
    flat_pair = len(a) == len(b) == 2

    def minor(i, j):
        zero = np.zeros((), x1.dtype)
        ai, aj = (a[k] if k < len(a) else zero for k in (i, j))
        bi, bj = (b[k] if k < len(b) else zero for k in (i, j))
        return emit("subtract", emit("multiply", ai, bj), emit("multiply", aj, bi))

    if flat_pair:
        return minor(0, 1)
    parts = [minor(1, 2), minor(2, 0), minor(0, 1)]
    shape = np.broadcast_shapes(*[p.shape for p in parts])
    parts = [expanded(spread(p, shape), len(shape)) for p in parts]
    return moved(emit("concatenate", *parts, axis=len(shape)), len(shape), axisc)


@op
def kron(x1: Any, x2: Any) -> Any:
    """The Kronecker product: every element of ``x1`` times the whole of ``x2``, as blocks.

    >>> keras.ops.kron(np.array([1, 2]), np.array([1, 1]))
    array([1, 1, 2, 2])
    """
    x1, x2 = promoted(x1, x2)
    rank = max(x1.ndim, x2.ndim)
    a, b = ((1,) * (rank - x.ndim) + x.shape for x in (x1, x2))
    x1 = emit("reshape", x1, shape=tuple(n for size in a for n in (size, 1)))
    x2 = emit("reshape", x2, shape=tuple(n for size in b for n in (1, size)))
    return emit("reshape", emit("multiply", x1, x2), shape=tuple(n * m for n, m in zip(a, b)))


@op
def slogdet(x: Any) -> Any:
    """The signs and the logarithms of the absolute values of determinants.

    Args:
        x: shape ``(..., M, M)``.

    Returns:
        ``(sign, log|det|)``, both of shape ``(...,)``.

    >>> keras.ops.slogdet(np.array([[0.0, 1.0], [1.0, 0.0]]))
    (array(-1.), array(0.))
    """
    return emit("slogdet", square_matrices(x))


@op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Sums of products written as subscripts, e.g. ``"ij,jk->ik"`` for the matrix product.

    Args:
        subscripts: one letter per axis, operands apart by commas; ``...`` for any leading axes;
            letters that do not stand after ``->`` are summed over.
        operands: tensors.

    >>> keras.ops.einsum("ij,ij->i", np.ones((2, 3)), np.ones((2, 3)))
    array([3., 3.])
    """
    unknown = [name for name in kwargs if name not in ("optimize", "out", "preferred_element_type")]
    if unknown:
        raise TypeError(f"`einsum` does not know the argument `{unknown[0]}`.")
    xs = promoted(*operands)
    if xs[0].dtype.kind in "biu" and xs[0].dtype.itemsize < 4 and xs[0].dtype.kind != "b":
        kind = xs[0].dtype
        if len(xs) > 1 and all(tensor(x).dtype == kind for x in operands) and kind == np.int8:
            xs = [emit("cast", x, dtype=np.dtype("int32")) for x in xs]
    terms, result = spelled_terms(subscripts, [x.ndim for x in xs])
    sizes: dict[Any, int] = {}
    for term, x in zip(terms, xs):
        for letter, n in zip(term, x.shape):
            if sizes.setdefault(letter, n) != n:
                if 1 not in (n, sizes[letter]) or letter.isalpha():
                    raise SizeError(
                        f"`einsum` index '{letter}' has sizes {sizes[letter]} and {n}. Received: "
                        f"'{subscripts}' with shapes {[tuple(x.shape) for x in xs]}",
                        (n, sizes[letter]),
                    )
                sizes[letter] = max(n, sizes[letter])
    pending = [on_diagonal(x, term) for x, term in zip(xs, terms)]
    while len(pending) > 1:
        (x, a), (y, b) = pending.pop(0), pending.pop(0)
        wanted = set(result).union(*(term for _, term in pending)) if pending else set(result)
        pending.insert(0, pair(x, a, y, b, wanted))
    x, term = pending[0]
    gone = tuple(i for i, letter in enumerate(term) if letter not in result)
    if gone:
        x = emit("sum", x, axis=gone, keepdims=False)
        term = [letter for letter in term if letter in result]
    return emit("transpose", x, axes=tuple(term.index(letter) for letter in result))


def spelled_terms(subscripts, ranks):
    """The letters of each operand and of the result; ellipses become digits-like marks."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(
            f"`einsum` subscripts name {len(terms)} operands, {len(ranks)} were given. "
            f"Received: '{subscripts}'"
        )
    dots = 0
    for term, rank in zip(terms, ranks):
        letters = len(term.replace("...", ""))
        if letters != rank and ("..." not in term or letters > rank):
            raise ValueError(f"`einsum` term '{term}' does not fit a tensor of rank {rank}.")
        dots = max(dots, rank - letters)
    marks = [chr(0x2460 + i) for i in range(dots)]
    spelled = []
    for term, rank in zip(terms, ranks):
        before, has_dots, after = term.partition("...")
        k = rank - len(before) - len(after)
        spelled.append([*before, *(marks[dots - k:] if has_dots and k else []), *after])
    if arrow:
        before, has_dots, after = right.partition("...")
        result = [*before, *(marks if has_dots else []), *after]
        known = {letter for term in spelled for letter in term}
        for letter in result:
            if letter not in known or result.count(letter) > 1:
                raise ValueError(f"`einsum` result index '{letter}' is unknown or repeated.")
    else:
        everything = [letter for term in spelled for letter in term]
        once = sorted(c for c in set(everything) if everything.count(c) == 1 and c not in marks)
        result = [*marks, *once]
    return spelled, result


def on_diagonal(x, term):
    """A letter that stands twice in one term takes the diagonal of its two axes."""
    term = list(term)
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            i = term.index(letter)
            j = term.index(letter, i + 1)
            n = x.shape[i]
            y = moved(x, (i, j), (0, 1))
            y = emit("reshape", y, shape=(n * n, *y.shape[2:]))
            y = emit("take", y, np.arange(n, dtype="int32") * (n + 1), axis=0)
            term = [letter, *(c for k, c in enumerate(term) if k not in (i, j))]
            x = y
    return x, term


def pair(x, a, y, b, wanted):
    """The product of two terms, summed over letters not ``wanted``: one batched matmul."""
    x, a = summed(x, a, set(b) | wanted)
    y, b = summed(y, b, set(a) | wanted)
    x, y, shared = matched(x, a, y, b)
    batch = [c for c in a if c in b and c in wanted]
    inner = [c for c in a if c in b and c not in wanted]
    left = [c for c in a if c not in b]
    right = [c for c in b if c not in a]
    x = emit("transpose", x, axes=tuple(a.index(c) for c in batch + left + inner))
    y = emit("transpose", y, axes=tuple(b.index(c) for c in batch + inner + right))
    sizes = x.shape[:len(batch) + len(left)] + y.shape[len(batch) + len(inner):]
    if not inner and not left and not right:
        return emit("multiply", x, y), batch
    nb, nl = len(batch), len(left)
    lead = x.shape[:nb]
    m, k = size_of(x.shape[nb:nb + nl]), size_of(x.shape[nb + nl:])
    n = size_of(y.shape[nb + len(inner):])
    groups = (size_of(lead),) if lead else ()
    x = emit("reshape", x, shape=(*groups, m, k))
    y = emit("reshape", y, shape=(*groups, k, n))
    z = emit("matmul", x, y)
    return emit("reshape", z, shape=sizes), batch + left + right


def summed(x, term, wanted):
    gone = tuple(i for i, c in enumerate(term) if c not in wanted)
    if gone:
        x = emit("sum", x, axis=gone, keepdims=False)
    return x, [c for c in term if c in wanted]


def matched(x, a, y, b):
    """Sizes of 1 among the axes of an ellipsis broadcast to the other term's."""
    shared = [c for c in a if c in b]
    grow_x, grow_y = list(x.shape), list(y.shape)
    for c in shared:
        n = max(x.shape[a.index(c)], y.shape[b.index(c)])
        grow_x[a.index(c)] = grow_y[b.index(c)] = n
    return spread(x, tuple(grow_x)), spread(y, tuple(grow_y)), shared
