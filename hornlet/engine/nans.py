"""The check for NaN and Inf: stops at the first primitive that makes one and says where it is.

Switched on by the environment variable HORNLET_DEBUG_NANS or by `set_debug_nans`; programs that are
compiled while it is off hold nothing of it.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from hornlet.base.names import current_path
from hornlet.engine.state import STATE

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class NanError(FloatingPointError):
    """A NaN or an Inf was made of finite numbers; the message says by what and where."""

    def at(self, step: str) -> NanError:
        """The same error, with the step that it happened in."""
        head, _, rest = str(self).partition("\n")
        return NanError(f"{head} In {step}.\n{rest}")


class Origin(NamedTuple):
    """Where a primitive was asked for: the layer, and the line of the user's code."""

    layer: str
    line: str
    gradient_of: str = ""  # the primitive whose gradient it is part of


def origin() -> Origin:
    """Where the code that runs now was called from; for a gradient, where its primitive was."""
    node = STATE.differentiated
    if node is not None and node.origin is not None:
        return node.origin._replace(gradient_of=node.primitive.name)
    frame: Any = sys._getframe(1)
    while frame is not None and _is_inner(frame):
        frame = frame.f_back
    line = ""
    if frame is not None:
        code, number = frame.f_code, frame.f_lineno
        text = linecache.getline(code.co_filename, number).strip()
        line = f'  File "{code.co_filename}", line {number}, in {code.co_name}\n    {text}'
    return Origin(current_path(), line)


def _is_inner(frame: Any) -> bool:
    module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return frame.f_code.co_filename.startswith(_PACKAGE) or module in sys.stdlib_module_names - {
        "__main__"
    }


def _kinds(arrays: Sequence[Any]) -> set[str]:
    """Which of "NaN" and "Inf" stand in arrays of floats."""
    found: set[str] = set()
    for x in arrays:
        if x.dtype.kind in "fcV" and x.dtype.names is None and x.size:
            wide = x.astype(np.float32) if x.dtype.kind == "V" else x
            if not np.isfinite(wide).all():
                found.update(["NaN"] if np.isnan(wide).any() else [])
                found.update(["Inf"] if np.isinf(wide).any() else [])
    return found


def _described(x: Any) -> str:
    text = f"{x.dtype} of shape {x.shape}"
    if not x.size or x.dtype.kind not in "fiuV" or x.dtype.names is not None:
        return text
    wide = x.astype(np.float32) if x.dtype.kind == "V" else x
    return f"{text} from {wide.min()} to {wide.max()}"


class Watch:
    """The check round one call of a primitive: `before` it, and `after` it."""

    def __init__(self, name: str, inputs: Sequence[Any], outs: Sequence[Any], where: Any = None):
        self.name, self.inputs, self.outs, self.where = name, inputs, outs, where
        self.known: set[str] = set()
        self.given: list[str] = []

    def before(self) -> None:
        """Notes what the inputs hold: a result may take their place."""
        self.known = _kinds(self.inputs)
        self.given = [_described(x) for x in self.inputs]

    def after(self) -> None:
        """Raises NanError if the results hold what no input held."""
        made = _kinds(self.outs) - self.known
        if not made or not self.inputs:  # a constant was asked for
            return
        where = self.where or origin()
        part = f"the gradient of `{where.gradient_of}`: " if where.gradient_of else ""
        layer = f" in layer '{where.layer}'" if where.layer else ""
        raise NanError(
            f"{part}`{self.name}` made {' and '.join(sorted(made))}{layer}.\n{where.line}\n"
            f"Its inputs: {'; '.join(self.given)}. Look at the numbers that go in there: clip or "
            "scale them, lower the learning rate, or set `clipnorm` in the optimizer."
        )

    def around(self, calls: list[Callable[[], Any]]) -> list[Callable[[], Any]]:
        """The calls with the check round them."""
        return [self.before, *calls, self.after]


@contextmanager
def watching() -> Iterator[None]:
    """A block in which this thread checks."""
    outer = STATE.__dict__.get("nans")
    STATE.nans = True
    try:
        yield
    finally:
        if outer is None:
            del STATE.nans  # the setting for all threads holds again
        else:
            STATE.nans = outer


@contextmanager
def gradient_of(node: Any) -> Iterator[None]:
    """A block in which what is emitted belongs to the gradient of `node`."""
    outer = STATE.differentiated
    STATE.differentiated = node
    try:
        yield
    finally:
        STATE.differentiated = outer


def debug_nans() -> bool:
    """Whether computations stop at the first NaN or Inf that is made of finite numbers.

    >>> keras.config.debug_nans()
    False
    """
    return STATE.nans


def set_debug_nans(value: bool) -> None:
    """Lets computations stop at the first NaN or Inf, with a NanError that says where it was made.

    The environment variable ``HORNLET_DEBUG_NANS=1`` does the same from the start. Steps are
    compiled without fusing, with a check round every primitive: several times as slow. Switched
    off it costs nothing.

    >>> keras.config.set_debug_nans(True)
    >>> try:
    ...     keras.ops.log(np.array([1.0, -1.0], "float32"))
    ... except FloatingPointError as error:
    ...     print(str(error).splitlines()[0])
    `log` made NaN.
    >>> keras.config.set_debug_nans(False)
    """
    if not isinstance(value, bool):
        raise ValueError(f"Argument `value` must be True or False. Received: value={value!r}")
    type(STATE).nans = value
