"""The table of primitives: one row holds a name, a shape rule, a kernel and a gradient rule.

Rows live in `engine/ops/<family>.py`; nothing else in the engine knows any of them by name except
the few that broadcasting and differentiation need (`add`, `sum`, `reshape`, `cast`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from hornlet.engine.spec import SizeError, Spec, differing

PRIMITIVES: dict[str, Primitive] = {}
UFUNCS: dict[np.ufunc, str] = {}  # NumPy ufunc -> name of the row whose kernel it is


class Primitive:
    """One row of the table.

    Args:
        name: the row's name, as `emit` is given it.
        shape: `shape(*specs, **attributes)` gives one `Spec`, or a tuple for several outputs.
        kernel: `kernel(*arrays, out, **attributes)` writes `out` (a tuple for several outputs).
        vjp: `vjp(dy, y, *inputs, **attributes)` gives a cotangent (or None) per input, written in
            primitives; None when the primitive has no derivative.
        promote: "same" brings the inputs to their common dtype, "float" makes that a float too,
            None leaves them as they come. `unpromoted` leading inputs are left out of it.
        scratch: `scratch(*specs, **attributes)` gives the Specs of work arrays, which the kernel
            then receives as `scratch=`.
        view: `view(x, **attributes)` gives an ndarray view of the first input, whatever others
            there are, or None when a copy is needed.
        elementwise: an output element depends only on the inputs' elements at its own place.
        inplace: indices of the inputs whose memory an output may take over.
        prepare: `prepare(*arrays, out, **attributes)` gives a list of calls without arguments that
            do what the kernel does on these arrays; a program makes them once. None: the kernel.
    """

    __slots__ = (
        "elementwise", "inplace", "kernel", "name", "prepare", "promote", "scratch", "shape",
        "unpromoted", "view", "vjp",
    )  # fmt: skip

    def __init__(
        self, name, shape, kernel, vjp, promote, scratch, view, elementwise, inplace, unpromoted,
        prepare,
    ):  # fmt: skip
        self.name = name
        self.shape = shape
        self.kernel = kernel
        self.vjp = vjp
        self.promote = promote
        self.scratch = scratch
        self.view = view
        self.elementwise = elementwise
        self.inplace = inplace
        self.unpromoted = unpromoted
        self.prepare = prepare

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def calls(
        self, arrays: Sequence[Any], outs: tuple, attributes: dict, scratch: tuple = ()
    ) -> list[Callable[[], Any]]:
        """The calls that run the row on fixed arrays; what a program is made of."""
        kernel = self.kernel
        if kernel is np.maximum or kernel is np.minimum:  # NumPy wants their `out` by name
            return [partial(kernel, *arrays, out=outs)]
        if isinstance(kernel, np.ufunc):
            return [partial(kernel, *arrays, *outs)]
        keywords = {**attributes, "out": outs if len(outs) > 1 else outs[0]}
        if scratch:
            keywords["scratch"] = scratch
        if self.prepare is not None:
            return self.prepare(*arrays, **keywords)
        return [partial(kernel, *arrays, **keywords)]


def primitive(
    name: str,
    *,
    shape: Callable[..., Any],
    kernel: Callable[..., Any],
    vjp: Callable[..., Any] | None = None,
    promote: str | None = None,
    scratch: Callable[..., Any] | None = None,
    view: Callable[..., Any] | None = None,
    elementwise: bool = False,
    inplace: Sequence[int] = (),
    unpromoted: int = 0,
    prepare: Callable[..., Any] | None = None,
) -> Primitive:
    """Adds a row to the table; the arguments are those of `Primitive`."""
    if name in PRIMITIVES:
        raise ValueError(f"There is a primitive named {name!r} already.")
    row = Primitive(
        name, shape, kernel, vjp, promote, scratch, view, elementwise, inplace, unpromoted, prepare
    )
    PRIMITIVES[name] = row
    if isinstance(kernel, np.ufunc):
        UFUNCS.setdefault(kernel, name)
    return row


def broadcast_shapes(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of `shapes`, or a ValueError that names the primitive and the shapes."""
    first = shapes[0]
    if all(s == first for s in shapes):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        shown = " and ".join(str(s) for s in shapes)
        pairs = [p for a, b in combinations(shapes, 2) for p in differing(a, b, alike=1)]
        raise SizeError(
            f"`{name}` received shapes that do not broadcast together: {shown}. "
            "Sizes must be equal or 1, counted from the last axis.",
            *pairs[:1],
        ) from None


def _elementwise_shape(name: str, dtype: str | None):
    fixed = None if dtype is None else np.dtype(dtype)

    def rule(*specs: Spec, **attributes: Any) -> Spec:
        shape = broadcast_shapes(name, *(s.shape for s in specs))
        return Spec(shape, fixed or specs[-1].dtype)

    return rule


def unary(name: str, kernel, vjp=None, promote: str | None = None, dtype: str | None = None):
    """A row for an elementwise function of one array; `dtype` fixes the result's dtype."""
    return primitive(
        name, shape=_elementwise_shape(name, dtype), kernel=kernel, vjp=vjp, promote=promote,
        elementwise=True, inplace=(0,),
    )  # fmt: skip


def binary(name: str, kernel, vjp=None, promote: str | None = "same", dtype: str | None = None):
    """A row for an elementwise function of two arrays that broadcast together."""
    return primitive(
        name, shape=_elementwise_shape(name, dtype), kernel=kernel, vjp=vjp, promote=promote,
        elementwise=True, inplace=(0, 1),
    )  # fmt: skip
